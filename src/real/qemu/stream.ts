/**
 * A guest's memory and its disk as they leave one QEMU for another.
 *
 *   disk copied ─► memory streamed ─► the guest stands still ─► the rest ─► `completed`
 *
 * QEMU pauses the guest before it hands over and never lets it go on by itself after that.
 */
import { performance } from 'node:perf_hooks';
import { type Decision, done, no } from '../../core/ports/reply.ts';
import type { Accel } from './accel.ts';
import { setBandwidth, setCapabilities } from './capabilities.ts';
import type { Sending } from './departure.ts';
import type { Parcel } from './door.ts';
import { AWAY, copyDisk, endCopy } from './mirror.ts';
import { uriOf } from './places.ts';
import { migrationOf, SWITCHED } from './post-copy.ts';
import type { ProcessGuest } from './process-guest.ts';
import type { Qmp } from './qmp.ts';
import type { Transferred } from './resident.ts';
import { watchForStall } from './stall.ts';
import type { LandingPlaces } from './stream-in.ts';
import { mustStandStill } from './topology.ts';
import { until } from './waiting.ts';

const MIB = 1024 ** 2;
const MIB_PER_MEGABIT = 1e6 / 8 / MIB;
const STREAMED_WITHIN_MS = 3_600_000;
const CANCELLED_WITHIN_MS = 10_000;
const DOWNTIME_MS_MAX = 300;
/** The longest that QEMU allows. */
const DOWNTIME_MS_HASTENED = 2_000_000;

interface StreamWays {
  readonly accel: Accel;
  readonly bandwidth_mib: number | null;
  readonly isClosed: () => boolean;
}

const placesOf = ({ to }: Sending): LandingPlaces => to as unknown as LandingPlaces;

export async function stream(
  guest: ProcessGuest,
  sending: Sending,
  ways: StreamWays,
): Promise<Decision<Parcel, string>> {
  const qmp = await guest.monitor();
  if (qmp === null) return no('its monitor does not answer');
  const stop = watchForStall(qmp, placesOf(sending).disk === null ? null : AWAY);
  return streamOut(guest, qmp, sending, ways).finally(stop);
}

async function streamOut(
  guest: ProcessGuest,
  qmp: Qmp,
  sending: Sending,
  { accel, bandwidth_mib, isClosed }: StreamWays,
): Promise<Decision<Parcel, string>> {
  qmp.forgetEvents();
  const { memory, disk } = placesOf(sending);
  const copied = disk === null ? done(undefined) : await copyDisk(qmp, disk);
  if (copied.is !== 'done') return no(copied.is === 'no' ? copied.why : 'its QEMU is gone');
  if (sending.aborted !== null) return no(sending.aborted);
  await configure(qmp, bandwidth_mib, sending);
  if (mustStandStill(guest.record.spec, accel === 'tcg')) {
    sending.stands_since_ms = performance.now();
    await qmp.ask('stop');
  }
  const begun = await qmp.ask('migrate', { uri: uriOf(memory) });
  if (begun.is !== 'done') return no(begun.is === 'no' ? begun.why : 'its QEMU is gone');
  sending.flows = true;
  if (sending.post_copy) await qmp.ask('migrate-start-postcopy');
  const first = await stage(qmp, 'pre-switchover');
  if (sending.aborted !== null) return no(sending.aborted);
  if (isClosed()) return no('closed');
  if (first !== 'pre-switchover') return no(await whyNot(qmp, first));
  if (sending.post_copy && !(await noted(guest))) return no('it cannot be written down');
  sending.phase = 'handing over';
  sending.stands_since_ms ||= performance.now();
  if (disk !== null) await endCopy(qmp, false);
  await qmp.ask('migrate-continue', { state: 'pre-switchover' });
  const last = await stage(qmp, 'completed', SWITCHED);
  sending.fetched = last === SWITCHED;
  if (!sending.fetched && last !== 'completed') return no(await whyNot(qmp, last));
  return done({ fetches: sending.fetched });
}

/** Known in another life too: there is no way back then by ourselves. */
async function noted({ record, keep }: ProcessGuest): Promise<boolean> {
  if (record.leaving !== null) record.leaving = { ...record.leaving, post_copy: true };
  return (await keep()).is === 'done';
}

async function configure(
  qmp: Qmp,
  bandwidth_mib: number | null,
  { hastened, deadline }: Sending,
): Promise<void> {
  const more = deadline?.action === 'post-copy' ? (['postcopy-ram'] as const) : [];
  await setCapabilities(qmp, ['events', 'pause-before-switchover', ...more]);
  await setBandwidth(qmp, bandwidth_mib);
  await qmp.ask('migrate-set-parameters', {
    'downtime-limit': hastened ? DOWNTIME_MS_HASTENED : DOWNTIME_MS_MAX,
  });
}

/** How far the migration is, once it is there or at its end. */
async function stage(qmp: Qmp, ...wanted: readonly string[]): Promise<string> {
  const stages = [...wanted, 'failed', 'cancelled'];
  const found = await qmp.event(
    ({ event, data }) => event === 'MIGRATION' && stages.includes(String(data?.['status'])),
    STREAMED_WITHIN_MS,
  );
  return String(found?.data?.['status'] ?? 'gone');
}

async function whyNot(qmp: Qmp, stopped: string): Promise<string> {
  const said = await qmp.ask<{ 'error-desc'?: string }>('query-migrate');
  const why = said.is === 'done' ? said.value['error-desc'] : undefined;
  return why ?? `the migration is ${stopped}`;
}

// ── when nothing comes of it ─────────────────────────────────────────────────────────────────────

export async function putBack(guest: ProcessGuest): Promise<void> {
  const qmp = await guest.monitor();
  if (qmp === null) return;
  await qmp.ask('migrate_cancel');
  const cancelled = await until(CANCELLED_WITHIN_MS, async () => !(await isMoving(qmp)) || null);
  // Cut off as it was handed over: QEMU does not go back then, and its memory is nowhere else.
  if (cancelled === null && guest.record.leaving?.post_copy) return guest.end();
  if (guest.record.outfit?.disk != null) await endCopy(qmp, true);
  await goOnAsBefore(guest, qmp);
}

/**
 * One that was paused stays so. If all of its memory had left, its QEMU neither touches its disk
 * nor sends it anew before it has gone on: so it does, for an instant.
 */
async function goOnAsBefore(guest: ProcessGuest, qmp: Qmp): Promise<void> {
  const status = await guest.status();
  if (status !== 'running' && (!guest.isPaused || status === 'postmigrate')) await guest.goOn();
  if (guest.isPaused) await qmp.ask('stop');
}

const OVER = ['none', 'completed', 'failed', 'cancelled', 'gone'];
const isMoving = async (qmp: Qmp): Promise<boolean> => !OVER.includes(await migrationOf(qmp));

/** All of its memory has left. */
export const isStreamed = async (qmp: Qmp): Promise<boolean> =>
  (await migrationOf(qmp)) === 'completed';

// ── while it goes on ─────────────────────────────────────────────────────────────────────────────

export async function stopStream(guest: ProcessGuest, sending: Sending): Promise<void> {
  const qmp = await guest.monitor();
  if (placesOf(sending).disk !== null)
    await qmp?.ask('block-job-cancel', { device: 'mirror', force: true });
  await qmp?.ask('migrate_cancel');
}

/** The guest is let stand still for so long that whatever is left goes in one piece. */
export async function hurry(guest: ProcessGuest): Promise<void> {
  const qmp = await guest.monitor();
  await qmp?.ask('migrate-set-parameters', { 'downtime-limit': DOWNTIME_MS_HASTENED });
}

interface Migration {
  readonly ram?: Readonly<
    Record<
      'transferred' | 'remaining' | 'dirty-sync-count' | 'dirty-pages-rate' | 'page-size',
      number
    >
  > & { /** Megabits a second. */ readonly mbps?: number };
}

export async function transfer(guest: ProcessGuest): Promise<Transferred | null> {
  const said = await (await guest.monitor())?.ask<Migration>('query-migrate');
  const ram = said?.is === 'done' ? said.value.ram : undefined;
  if (ram === undefined) return null;
  return {
    passes: ram['dirty-sync-count'],
    sent_mib: Math.round(ram.transferred / MIB),
    remaining_mib: Math.round(ram.remaining / MIB),
    dirty_mib_per_s: Math.round((ram['dirty-pages-rate'] * ram['page-size']) / MIB),
    carried_mib_per_s: (ram.mbps ?? 0) * MIB_PER_MEGABIT,
  };
}
