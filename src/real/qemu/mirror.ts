/**
 * A guest's own disk goes along: it is copied while the guest writes to it.
 *
 *   destination   serves its empty copy (NBD) ◄── mirror ── source: both are written from then on
 *   source        mirror ready ─► memory … ─► guest stands still ─► mirror ends ─► handed over
 */
import { done, lost, no, type Reply } from '../../core/ports/reply.ts';
import { DISK_NODE } from './command-line.ts';
import { listenerOf, type Place, serverOf } from './places.ts';
import type { Qmp } from './qmp.ts';

const JOB = 'mirror';
/** The node that writes to the disk at the destination. */
export const AWAY = 'away';
/** A copy that makes no end: the caller's deadline is far shorter. */
const COPIED_WITHIN_MS = 3_600_000;
const ENDED_WITHIN_MS = 30_000;

/** The first of these tells how the copying went. */
const COPY_EVENTS = ['BLOCK_JOB_READY', 'BLOCK_JOB_COMPLETED', 'BLOCK_JOB_CANCELLED'];

type Outcome = Reply<void, string>;

async function inOrder(...acts: readonly (() => Promise<Reply<unknown, string>>)[]) {
  for (const act of acts) {
    const outcome = await act();
    if (outcome.is !== 'done') return outcome;
  }
  return done(undefined);
}

/** On the destination, before anything comes. */
export const serveDisk = (qmp: Qmp, place: Place): Promise<Outcome> =>
  inOrder(
    () => qmp.ask('nbd-server-start', { addr: listenerOf(place) }),
    () =>
      qmp.ask('block-export-add', {
        type: 'nbd',
        id: AWAY,
        'node-name': DISK_NODE,
        name: DISK_NODE,
        writable: true,
      }),
  );

/** On the destination, once the source has let go. */
export const endService = (qmp: Qmp): Promise<Outcome> => inOrder(() => qmp.ask('nbd-server-stop'));

/** On the source; `done` when both disks are the same, and stay so. */
export async function copyDisk(qmp: Qmp, place: Place): Promise<Outcome> {
  const server = serverOf(place);
  const begun = await inOrder(
    () => qmp.ask('blockdev-add', { driver: 'nbd', 'node-name': AWAY, server, export: DISK_NODE }),
    () =>
      qmp.ask('blockdev-mirror', {
        'job-id': JOB,
        device: DISK_NODE,
        target: AWAY,
        sync: 'full',
        'copy-mode': 'write-blocking',
      }),
  );
  if (begun.is !== 'done') return begun;
  const ready = await qmp.event(({ event }) => COPY_EVENTS.includes(event), COPIED_WITHIN_MS);
  if (ready === null) return lost;
  return ready.event === 'BLOCK_JOB_READY' ? done(undefined) : no('its disk was not copied');
}

/** On the source, while the guest stands still, or when nothing comes of it: ours alone again. */
export async function endCopy(qmp: Qmp, force: boolean): Promise<Outcome> {
  const cancelled = await qmp.ask('block-job-cancel', { device: JOB, force });
  if (cancelled.is === 'done') {
    const [, ...ends] = COPY_EVENTS;
    if ((await qmp.event(({ event }) => ends.includes(event), ENDED_WITHIN_MS)) === null) {
      return lost;
    }
  }
  return inOrder(() => qmp.ask('blockdev-del', { 'node-name': AWAY }));
}
