/**
 * Cuts what does not get on: a wire that was pulled tells nobody, and the kernel goes on trying for
 * a quarter of an hour. What has moved, of memory and of disk, is looked at again and again; once
 * nothing has for too long, QEMU is told to drop the connection, and the sending fails.
 */
import type { Qmp } from './qmp.ts';

const LOOKED_AT_EVERY_MS = 1_000;
const STALLED_MS = 12_000;

/** Watches until told to stop. */
export function watchForStall(qmp: Qmp, disk_node: string | null): () => void {
  let before = '';
  let unchanged_ms = 0;
  const look = async () => {
    const now = await whatHasMoved(qmp);
    unchanged_ms = now === before && now !== null ? unchanged_ms + LOOKED_AT_EVERY_MS : 0;
    before = now ?? '';
    if (unchanged_ms < STALLED_MS) return;
    unchanged_ms = 0;
    const instances = [
      { type: 'migration' },
      ...(disk_node === null ? [] : [{ type: 'block-node', 'node-name': disk_node }]),
    ];
    // One by one: what is not connected by now is refused, and must not keep the other.
    for (const instance of instances) await qmp.ask('yank', { instances: [instance] });
  };
  const timer = setInterval(() => void look(), LOOKED_AT_EVERY_MS);
  return () => clearInterval(timer);
}

interface Job {
  readonly offset?: number;
}
interface Migration {
  readonly status?: string;
  readonly ram?: { readonly transferred?: number };
}

/** Null: nobody says, or nothing is under way. */
async function whatHasMoved(qmp: Qmp): Promise<string | null> {
  const [jobs, memory] = await Promise.all([
    qmp.ask<readonly Job[]>('query-block-jobs'),
    qmp.ask<Migration>('query-migrate'),
  ]);
  if (jobs.is !== 'done' || memory.is !== 'done') return null;
  const { status, ram } = memory.value;
  return JSON.stringify([jobs.value.map(({ offset }) => offset), status, ram?.transferred]);
}
