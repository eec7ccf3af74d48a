/**
 * Guests that leave.
 *
 *   here ─► leaving (on disk) ─► disk copied ─► memory streamed ─► stands still ─► arrived?
 *     taken     it is gone from here
 *     refused   it never will be there: it is here as before, as after an abort or a failure
 *     unheard   nobody opened the door, so nobody took it: as after an abort
 *     silence   it stands still until the door answers (`settle`), be it in another life (H4)
 *
 * QEMU pauses the guest before it hands over and never lets it go on by itself after that; the
 * destination's QEMU starts standing still. So between the two it runs in at most one place.
 */
import { performance } from 'node:perf_hooks';
import type { HypervisorReply } from '../../core/ports/hypervisor.ts';
import type { Deadline, StepKey } from '../../core/ports/order.ts';
import { type Decision, done, lost, no } from '../../core/ports/reply.ts';
import { knock, type OpenLanding, unheard, whereTo } from './door.ts';
import { failed, type House, onGuest, putOut } from './house.ts';
import { AWAY, copyDisk, endCopy } from './mirror.ts';
import { uriOf } from './places.ts';
import { goOn } from './power.ts';
import type { Qmp } from './qmp.ts';
import type { Resident } from './resident.ts';
import { watchForStall } from './stall.ts';
import { DOWNTIME_MS_HASTENED, keepDeadline } from './steering.ts';
import { pause, until } from './waiting.ts';

export interface Sending {
  readonly key: StepKey;
  readonly address: string;
  readonly to: OpenLanding;
  /** Past handing over there is no way back by abort. */
  phase: 'streaming' | 'handing over';
  /** Why it is to stop. */
  aborted: string | null;
  hastened: boolean;
  readonly deadline: Deadline | null;
  readonly began_at_ms: number;
  stands_since_ms: number;
}

type Departed = { readonly downtime_ms: number };

const MIB = 1024 ** 2;
const STREAMED_WITHIN_MS = 3_600_000;
const TIMER_MS_MAX = 2 ** 31 - 1;
const CANCELLED_WITHIN_MS = 10_000;
const SETTLED_EVERY_MS = 1_000;
const BANDWIDTH_MIB_MAX = 2047;
const DOWNTIME_MS_MAX = 300;

export async function send(
  house: House,
  key: StepKey,
  uuid: string,
  address: string,
  deadline: Deadline | null = null,
): HypervisorReply<Departed> {
  const before_ms = house.steps.departed.get(key);
  if (before_ms !== undefined) return done({ downtime_ms: before_ms });
  const begun = await onGuest(house, key, uuid, (guest) => begin(guest, key, address, deadline));
  if (begun.is !== 'done') return begun;
  const { guest, sending } = begun.value;
  const streamed = await streamWatched(house, guest, sending);
  if (house.guests.get(uuid) !== guest) return no({ why: 'unknown-guest' });
  return streamed.is === 'done'
    ? handOver(house, guest, sending)
    : guest.turns.take(() => resume(house, guest, streamed.why));
}

async function begin(
  guest: Resident,
  key: StepKey,
  address: string,
  deadline: Deadline | null,
): HypervisorReply<{ guest: Resident; sending: Sending }> {
  const { record } = guest;
  if (record.stage !== 'here' || guest.sending !== null) return failed('it is on the move already');
  const now = await guest.power();
  if (now !== (isPaused(guest) ? 'paused' : 'running')) return failed(`it is ${now}`);
  if (whereTo(address)?.uuid !== guest.uuid) return failed(`${address} awaits another guest`);
  const said = await knock(address, 'open');
  if (said?.open === undefined) return failed(said?.why ?? 'nobody answers there');
  const to = said.open;
  if ((to.disk !== null) !== (record.outfit?.disk != null)) return failed('their disks differ');
  const sending: Sending = {
    ...{ key, address, to, deadline, phase: 'streaming', aborted: null, hastened: false },
    began_at_ms: performance.now(),
    stands_since_ms: 0,
  };
  Object.assign(record, { stage: 'leaving', leaving: { address, key } });
  const kept = await guest.keep();
  if (kept.is === 'no') {
    Object.assign(record, { stage: 'here', leaving: null });
    return failed(kept.why);
  }
  guest.sending = sending;
  return done({ guest, sending });
}

async function streamWatched(house: House, guest: Resident, sending: Sending) {
  const qmp = await guest.monitor();
  if (qmp === null) return no('its monitor does not answer');
  const stop = watchForStall(qmp, sending.to.disk === null ? null : AWAY);
  const leave = keepDeadline(guest, sending);
  return stream(house, qmp, sending).finally(() => {
    stop();
    leave();
  });
}

/** `done`: the guest stands still for good, and its memory has left; `no`: it is here. */
async function stream(house: House, qmp: Qmp, sending: Sending): Promise<Decision<void, string>> {
  qmp.forgetEvents();
  const { to } = sending;
  const copied = to.disk === null ? done(undefined) : await copyDisk(qmp, to.disk);
  if (copied.is !== 'done') return no(copied.is === 'no' ? copied.why : 'its QEMU is gone');
  if (sending.aborted !== null) return no(sending.aborted);
  await configure(qmp, house, sending.hastened);
  const begun = await qmp.ask('migrate', { uri: uriOf(to.memory) });
  if (begun.is !== 'done') return no(begun.is === 'no' ? begun.why : 'its QEMU is gone');
  const first = await stage(qmp, 'pre-switchover', sending.deadline?.after_ms);
  if (sending.aborted !== null) return no(sending.aborted);
  if (house.steps.closed.has(sending.key)) return no('closed');
  if (first !== 'pre-switchover') return no(await whyNot(qmp, first));
  sending.phase = 'handing over';
  sending.stands_since_ms = performance.now();
  if (to.disk !== null) await endCopy(qmp, false);
  await qmp.ask('migrate-continue', { state: 'pre-switchover' });
  const last = await stage(qmp, 'completed');
  return last === 'completed' ? done(undefined) : no(await whyNot(qmp, last));
}

async function configure(qmp: Qmp, { bandwidth_mib }: House, hastened: boolean): Promise<void> {
  const capabilities = ['events', 'pause-before-switchover'];
  await qmp.ask('migrate-set-capabilities', {
    capabilities: capabilities.map((capability) => ({ capability, state: true })),
  });
  await qmp.ask('migrate-set-parameters', {
    'max-bandwidth': (bandwidth_mib ?? BANDWIDTH_MIB_MAX) * MIB,
    'downtime-limit': hastened ? DOWNTIME_MS_HASTENED : DOWNTIME_MS_MAX,
  });
}

/** How far the migration is, once it is there or at its end. */
async function stage(qmp: Qmp, wanted: string, more_ms = 0): Promise<string> {
  const stages = [wanted, 'failed', 'cancelled'];
  const found = await qmp.event(
    ({ event, data }) => event === 'MIGRATION' && stages.includes(String(data?.['status'])),
    Math.min(more_ms + STREAMED_WITHIN_MS, TIMER_MS_MAX),
  );
  return String(found?.data?.['status'] ?? 'gone');
}

async function whyNot(qmp: Qmp, stopped: string): Promise<string> {
  const said = await qmp.ask<{ 'error-desc'?: string }>('query-migrate');
  const why = said.is === 'done' ? said.value['error-desc'] : undefined;
  return why ?? `the migration is ${stopped}`;
}

async function handOver(
  house: House,
  guest: Resident,
  sending: Sending,
): HypervisorReply<Departed> {
  const console_log = await guest.folder.consoleText();
  const said = await knock(sending.address, 'arrive', {
    console_log,
    power: isPaused(guest) ? 'paused' : 'running',
  });
  const downtime_ms = Math.round(performance.now() - sending.stands_since_ms);
  return guest.turns.take(async () => {
    guest.sending = null;
    if (said === null) {
      void settleInTime(house, guest);
      return lost;
    }
    if (said.is !== 'taken') return resume(house, guest, said.why ?? 'it was not taken');
    return leave(house, guest, sending.key, downtime_ms);
  });
}

async function leave(
  house: House,
  guest: Resident,
  key: StepKey,
  downtime_ms: number,
): HypervisorReply<Departed> {
  house.steps.departed.set(key, downtime_ms);
  const kept = await house.steps.close(guest.record.made_by, guest.record.switched_by);
  if (kept.is === 'done') await putOut(house, guest);
  return done({ downtime_ms });
}

/** It is here as before; whoever calls knows that it never will run there. */
async function resume(house: House, guest: Resident, why: string): HypervisorReply<never> {
  const key = guest.record.leaving?.key;
  const aborted = guest.sending?.aborted ?? null;
  guest.sending = null;
  const qmp = await guest.monitor();
  if (qmp !== null) {
    await qmp.ask('migrate_cancel');
    await until(CANCELLED_WITHIN_MS, async () => ((await isMoving(qmp)) ? null : true));
    if (guest.record.outfit?.disk != null) await endCopy(qmp, true);
    await goOnAsBefore(guest, qmp);
  }
  Object.assign(guest.record, { stage: 'here', leaving: null });
  await guest.keep();
  if (key !== undefined && house.steps.closed.has(key)) return no({ why: 'closed' });
  return aborted === null ? failed(why) : no({ why: 'aborted', message: aborted });
}

/**
 * One that was paused stays so. If all of its memory had left, its QEMU neither touches its disk
 * nor sends it anew before it has gone on: so it does, for an instant.
 */
async function goOnAsBefore(guest: Resident, qmp: Qmp): Promise<void> {
  const status = await guest.status();
  if (status !== 'running' && (!isPaused(guest) || status === 'postmigrate')) await goOn(guest);
  if (isPaused(guest)) await qmp.ask('stop');
}

/** On purpose, and not since it is being sent. */
const isPaused = ({ record }: Resident): boolean => record.wanted === 'paused';

async function migrationOf(qmp: Qmp): Promise<string> {
  const said = await qmp.ask<{ status?: string }>('query-migrate');
  return said.is === 'done' ? (said.value.status ?? 'none') : 'gone';
}

const OVER = ['none', 'completed', 'failed', 'cancelled', 'gone'];
const isMoving = async (qmp: Qmp): Promise<boolean> => !OVER.includes(await migrationOf(qmp));

/**
 * A guest that was leaving when we died, or when nobody answered. One whose memory has not all
 * left was never announced at the door, so it cannot run there; of any other the door is asked.
 */
export async function settle(house: House, guest: Resident): Promise<void> {
  const { leaving } = guest.record;
  if (leaving === null || guest.sending !== null) return;
  const qmp = await guest.monitor();
  const left = qmp !== null && (await migrationOf(qmp)) === 'completed';
  const unsure = left || qmp === null;
  const said = unsure ? await knock(leaving.address, 'settle') : null;
  if (unsure && (said === null || said === unheard)) return;
  if (said?.is === 'taken') await leave(house, guest, leaving.key, 0);
  else await resume(house, guest, 'it was not taken');
}

/** Asks again and again, until it is known on which side it is. */
export async function settleInTime(house: House, guest: Resident): Promise<void> {
  while (!house.life.over && house.guests.get(guest.uuid) === guest) {
    await guest.turns.take(() => settle(house, guest));
    if (guest.record.stage !== 'leaving') return;
    await pause(SETTLED_EVERY_MS);
  }
}
