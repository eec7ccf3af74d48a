/**
 * Runs as the compute API's migrations.
 *
 *   run            type             status
 *   live-migrate   live-migration   preparing · running · running (post-copy)
 *                                     · completed · cancelled · error
 *   resize-server  resize           pre-migrating · migrating · post-migrating · finished
 *   cold-migrate   migration          · confirming · confirmed · reverting · reverted · error
 *   evacuate-…     evacuation       pre-migrating · done · completed (the host is clean) · error
 *
 * What became of a finished resize is told by the runs that came after it. The API wants a number
 * for a migration; it is made of the last 31 bits of the run's id: the first tell the time.
 */
import { type RunRow, runSteps, runs } from '../../conductor/rows.ts';
import type { View } from '../../ledger/draft.ts';
import type { Deadline, Transfer } from '../../ports/order.ts';
import { evacuations } from '../../servers/evacuations.ts';
import { micros } from '../times.ts';
import type { Owner } from './run-view.ts';

export const LIVE_MIGRATE = 'live-migrate';

/** By saga. */
const types: Readonly<Record<string, string>> = {
  [LIVE_MIGRATE]: 'live-migration',
  'resize-server': 'resize',
  'cold-migrate': 'migration',
  'evacuate-server': 'evacuation',
};

export const isMigration = ({ saga }: RunRow): boolean => Object.hasOwn(types, saga);

/** A migration with what is told of it. */
export interface Moved {
  readonly run: RunRow;
  readonly owner: Owner;
  readonly status: string;
  /** Null: it never came so far as to have one. */
  readonly source: string | null;
  readonly dest: string | null;
}

/** e.g. '…ffffffff' → 2147483647 */
export const migrationId = ({ id }: RunRow): number =>
  Number.parseInt(id.slice(-8), 16) & 0x7fffffff;

export function migrationStatus(view: View, run: RunRow): string {
  switch (types[run.saga]) {
    case 'live-migration':
      return liveStatus(run);
    case 'evacuation':
      return coldStatus(run, isQuarantined(view, run) ? 'done' : 'completed');
    default:
      return coldStatus(run, fateOf(view, run));
  }
}

function liveStatus({ state, cancel_requested, cursor, input, error }: RunRow): string {
  switch (state) {
    case 'running':
      return cursor === 'fence' || cursor === 'claim' ? 'preparing' : 'running';
    case 'retreating':
      return 'preparing';
    case 'undoing':
      return 'running';
    case 'done':
      return 'completed';
    case 'undone':
      return cancel_requested || input['aborted'] === true || error?.reason === 'aborted'
        ? 'cancelled'
        : 'error';
    case 'stuck':
      return 'error';
  }
}

/** It may run over there already, and fetch the rest of its memory: only its host can tell. */
export const mayFetch = ({ run, status }: Moved): boolean =>
  status === 'running' && (run.input['deadline'] as Deadline | undefined)?.action === 'post-copy';

export const asSeen = (moved: Moved, seen: Transfer | null): Moved =>
  seen?.post_copy ? { ...moved, status: 'running (post-copy)' } : moved;

/** What a stopped server's move is at, by the step that comes next. */
const phases: Readonly<Record<string, string>> = {
  park: 'migrating',
  ship: 'migrating',
  switch: 'post-migrating',
  resized: 'post-migrating',
};

function coldStatus({ state, cursor }: RunRow, when_done: string): string {
  switch (state) {
    case 'running':
      return phases[cursor ?? ''] ?? 'pre-migrating';
    case 'retreating':
      return 'pre-migrating';
    case 'undoing':
      return 'migrating';
    case 'done':
      return when_done;
    case 'undone':
    case 'stuck':
      return 'error';
  }
}

/** The dead host is not clean yet. */
const isQuarantined = (view: View, { id, server_uuid }: RunRow): boolean =>
  view
    .rows(evacuations)
    .by('server_uuid', server_uuid ?? '')
    .some(({ run_id }) => run_id === id);

/** Whether it was confirmed or reverted since. A revert that turned round has changed nothing. */
function fateOf(view: View, { id, server_uuid }: RunRow): string {
  const later = view
    .rows(runs)
    .by('server_uuid', server_uuid ?? '')
    .filter(({ input, state }) => input['migration'] === id && state !== 'undone');
  const last = later.toSorted((a, b) => b.started_at_ms - a.started_at_ms)[0];
  if (last === undefined) return 'finished';
  if (last.state === 'stuck') return 'error';
  const stem = last.saga === 'revert-resize' ? 'revert' : 'confirm';
  return last.state === 'done' ? `${stem}ed` : `${stem}ing`;
}

/** The host that a step of the run made known; null until then. */
const hostIn = ({ known }: RunRow, step: string, name: string): string | null => {
  const made = known[step] as Readonly<Record<string, unknown>> | null | undefined;
  const host = made?.[name];
  return typeof host === 'string' ? host : null;
};

/** From where to where: as the run knows it, or, once that is undone, as its log has it. */
export function sidesOf(view: View, run: RunRow): Pick<Moved, 'source' | 'dest'> {
  const lines = view
    .rows(runSteps)
    .by('run_id', run.id)
    .toSorted((a, b) => a.position - b.position);
  const asked = (...names: readonly string[]): string | null =>
    lines.findLast(({ name, host }) => names.includes(name) && host !== null)?.host ?? null;
  return {
    source: hostIn(run, 'fence', 'source') ?? asked('switchover', 'park'),
    dest: hostIn(run, 'claim', 'host') ?? asked('landing', 'boot'),
  };
}

export const changedAt = (run: RunRow): number => run.ended_at_ms ?? run.started_at_ms;

const migrationCore = ({ run, status, source, dest }: Moved) => ({
  id: migrationId(run),
  status,
  source_compute: source,
  source_node: source,
  dest_compute: dest,
  dest_node: dest,
  dest_host: null,
  created_at: micros(run.started_at_ms),
  updated_at: micros(changedAt(run)),
});

export const migrationView = (moved: Moved, version: number) => ({
  ...migrationCore(moved),
  instance_uuid: moved.run.server_uuid,
  old_instance_type_id: null,
  new_instance_type_id: null,
  ...(version >= 23 ? { migration_type: types[moved.run.saga] } : {}),
  ...(version >= 59 ? { uuid: moved.run.id } : {}),
  ...(version >= 80 ? moved.owner : {}),
});

const MIB = 1024 ** 2;

/** As a thing of its server: how far its memory is. Of its disk nothing is measured. */
export const serverMigrationView = (moved: Moved, version: number, seen: Transfer | null) => ({
  ...migrationCore(asSeen(moved, seen)),
  server_uuid: moved.run.server_uuid,
  memory_total_bytes: seen && (seen.sent_mib + seen.remaining_mib) * MIB,
  memory_processed_bytes: seen && seen.sent_mib * MIB,
  memory_remaining_bytes: seen && seen.remaining_mib * MIB,
  disk_total_bytes: null,
  disk_processed_bytes: null,
  disk_remaining_bytes: null,
  ...(version >= 59 ? { uuid: moved.run.id } : {}),
  ...(version >= 80 ? moved.owner : {}),
});
