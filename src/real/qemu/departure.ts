/**
 * Guests that leave.
 *
 *   here ─► leaving (on disk) ─► disk copied ─► memory streamed ─► stands still ─► arrived?
 *     taken     it is gone from here
 *     refused   it never will be there: it is here as before, as after an abort or a failure
 *     unheard   nobody opened the door, so nobody took it: as after an abort
 *     silence   it stands still until the door answers (`settle`), be it in another life (H4)
 *
 * The guest is paused before it is handed over and never goes on by itself after that; at the
 * destination it stands still until it was taken. So between the two it runs in at most one place.
 */
import { performance } from 'node:perf_hooks';
import type { HypervisorReply } from '../../core/ports/hypervisor.ts';
import type { Deadline, StepKey } from '../../core/ports/order.ts';
import { type Decision, done, lost, no } from '../../core/ports/reply.ts';
import { knock, type OpenLanding, type Parcel, unheard, whereTo } from './door.ts';
import { failed, type House, isOver, onGuest, putOut } from './house.ts';
import type { Resident } from './resident.ts';
import { keepDeadline } from './steering.ts';
import { pause } from './waiting.ts';

export interface Sending {
  readonly key: StepKey;
  readonly address: string;
  readonly to: OpenLanding;
  /** Past handing over there is no way back by abort. */
  phase: 'streaming' | 'handing over' | 'sending the rest';
  /** Why it is to stop. */
  aborted: string | null;
  hastened: boolean;
  /** It is to go on over there before all of it is. */
  post_copy: boolean;
  /** Its memory has begun to flow. */
  flows: boolean;
  /** It does go on over there, and the rest follows. */
  fetched: boolean;
  readonly deadline: Deadline | null;
  readonly began_at_ms: number;
  stands_since_ms: number;
}

type Departed = { readonly downtime_ms: number };

const SETTLED_EVERY_MS = 1_000;

const NO_POST_COPY = 'this driver has no guest go on there before all of its memory has come';

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
  const leave = keepDeadline(guest, sending);
  const streamed = await guest.stream(sending, () => house.steps.closed.has(key)).finally(leave);
  if (house.guests.get(uuid) !== guest) return no({ why: 'unknown-guest' });
  return streamed.is === 'done'
    ? handOver(house, guest, sending, streamed.value)
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
  if (now !== (guest.isPaused ? 'paused' : 'running')) return failed(`it is ${now}`);
  if (whereTo(address)?.uuid !== guest.uuid) return failed(`${address} awaits another guest`);
  if (deadline?.action === 'post-copy' && guest.postCopy === null) return failed(NO_POST_COPY);
  const to = await announce(guest, address, deadline);
  if (to.is === 'no') return failed(to.why);
  const sending: Sending = {
    ...{ key, address, to: to.value, deadline, phase: 'streaming', aborted: null, hastened: false },
    ...{ post_copy: false, flows: false, fetched: false },
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

/** What was offered and not taken is as it was before. */
async function announce(
  guest: Resident,
  address: string,
  deadline: Deadline | null,
): Promise<Decision<OpenLanding, string>> {
  const offered = await guest.offer();
  if (offered.is === 'no') return offered;
  const said = await knock(address, 'open', offered.value);
  const why = said?.open === undefined ? said?.why : guest.misfit(said.open, deadline);
  if (said?.open !== undefined && why === null) return done(said.open);
  await guest.stay();
  return no(why ?? 'nobody answers there');
}

async function handOver(
  house: House,
  guest: Resident,
  sending: Sending,
  brought: Parcel,
): HypervisorReply<Departed> {
  const console_log = await guest.folder.consoleText();
  const said = await knock(sending.address, 'arrive', {
    ...brought,
    console_log,
    power: guest.isPaused ? 'paused' : 'running',
  });
  const downtime_ms = Math.round(performance.now() - sending.stands_since_ms);
  const isThere = said?.is !== 'taken' || (await restIsThere(house, guest, sending));
  return guest.turns.take(async () => {
    guest.sending = null;
    if (said === null || !isThere) {
      void settleInTime(house, guest);
      return lost;
    }
    if (said.is !== 'taken') return resume(house, guest, said.why ?? 'it was not taken');
    return leave(house, guest, sending.key, downtime_ms);
  });
}

/** It runs there by now. False: whether all of it is there nobody can tell. */
async function restIsThere(house: House, guest: Resident, sending: Sending): Promise<boolean> {
  if (!sending.fetched || guest.postCopy === null) return true;
  sending.phase = 'sending the rest';
  return guest.postCopy.sendRest(sending.address, () => isOver(house, guest));
}

async function leave(
  house: House,
  guest: Resident,
  key: StepKey,
  downtime_ms: number,
): HypervisorReply<Departed> {
  house.steps.departed.set(key, downtime_ms);
  const kept = await house.steps.close(guest.record.made_by, guest.record.switched_by);
  if (kept.is === 'no') return done({ downtime_ms });
  await guest.depart();
  await putOut(house, guest);
  return done({ downtime_ms });
}

/** It is here as before; whoever calls knows that it never will run there. */
async function resume(house: House, guest: Resident, why: string): HypervisorReply<never> {
  const key = guest.record.leaving?.key;
  const aborted = guest.sending?.aborted ?? null;
  guest.sending = null;
  await guest.stay();
  Object.assign(guest.record, { stage: 'here', leaving: null });
  await guest.keep();
  if (key !== undefined && house.steps.closed.has(key)) return no({ why: 'closed' });
  return aborted === null ? failed(why) : no({ why: 'aborted', message: aborted });
}

/**
 * A guest that was leaving when we died, or when nobody answered. One whose memory has not all
 * left was never announced at the door, so it cannot run there; of any other the door is asked.
 */
export async function settle(house: House, guest: Resident): Promise<void> {
  const { leaving } = guest.record;
  if (leaving === null || guest.sending !== null) return;
  const unsure = await guest.mayHaveLeft();
  if (leaving.post_copy) await guest.postCopy?.getOn(leaving.address);
  const said = unsure ? await knock(leaving.address, 'settle') : null;
  if (unsure && (said === null || said === unheard)) return;
  if (said?.is === 'taken') await leave(house, guest, leaving.key, 0);
  else await resume(house, guest, 'it was not taken');
}

/** Asks again and again, until it is known on which side it is. */
export async function settleInTime(house: House, guest: Resident): Promise<void> {
  while (!isOver(house, guest)) {
    await guest.turns.take(() => settle(house, guest));
    if (guest.record.stage !== 'leaving') return;
    await pause(SETTLED_EVERY_MS);
  }
}
