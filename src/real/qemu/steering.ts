/**
 * What is done to a sending that is under way: stopped, hastened, looked at; by whoever asks for
 * it, or by its own deadline, which needs nobody.
 *
 *   disk copied ─► memory streamed ─► handing over          past handing over nothing can be done
 *   ◄──────── abort, hasten ───────►
 */
import { performance } from 'node:perf_hooks';
import { never } from '../../core/base/units.ts';
import type { HypervisorReply, Transfer } from '../../core/ports/hypervisor.ts';
import type { Deadline, StepKey } from '../../core/ports/order.ts';
import { type Decision, done, no } from '../../core/ports/reply.ts';
import { abortedAt, leftMs } from '../../core/ports/transfer.ts';
import type { Sending } from './departure.ts';
import { failed, type House } from './house.ts';
import type { Resident } from './resident.ts';

export async function abort(house: House, uuid: string, key?: StepKey): HypervisorReply<void> {
  const found = underWay(house, uuid, key);
  if (found.is === 'no') return failed(found.why);
  const { guest, sending } = found.value;
  await stopIt(guest, sending, 'aborted');
  return done(undefined);
}

async function stopIt(guest: Resident, sending: Sending, why: string): Promise<void> {
  sending.aborted = why;
  await guest.stopSending(sending);
}

export async function hasten(house: House, uuid: string, key?: StepKey): HypervisorReply<void> {
  const found = underWay(house, uuid, key);
  if (found.is === 'no') return failed(found.why);
  const { guest, sending } = found.value;
  const hurry = sending.deadline?.action === 'post-copy' ? switchOver : standStill;
  await hurry(guest, sending);
  return done(undefined);
}

/** The guest is let stand still for so long that whatever is left goes in one piece. */
async function standStill(guest: Resident, sending: Sending): Promise<void> {
  sending.hastened = true;
  await guest.hurry();
}

/** The guest goes on over there, and the rest of it follows. */
async function switchOver(guest: Resident, sending: Sending): Promise<void> {
  await guest.postCopy?.switchOver(sending);
}

/** From now on; gives what ends it. */
export function keepDeadline(guest: Resident, sending: Sending): () => void {
  const { deadline } = sending;
  if (deadline === null) return () => {};
  const timer = setTimeout(() => void timeIsUp(guest, sending, deadline), deadline.after_ms);
  return () => clearTimeout(timer);
}

async function timeIsUp(guest: Resident, sending: Sending, deadline: Deadline): Promise<void> {
  if (guest.sending !== sending || sending.phase !== 'streaming') return;
  switch (deadline.action) {
    case 'abort':
      return stopIt(guest, sending, abortedAt(deadline));
    case 'pause':
      return standStill(guest, sending);
    case 'post-copy':
      return switchOver(guest, sending);
    default:
      return never(deadline.action);
  }
}

function underWay(
  house: House,
  uuid: string,
  key: StepKey | undefined,
): Decision<{ guest: Resident; sending: Sending }, string> {
  const guest = house.guests.get(uuid);
  const sending = guest?.sending ?? null;
  if (guest === undefined || sending === null || (key !== undefined && sending.key !== key)) {
    return no('it is not being sent');
  }
  if (sending.phase !== 'streaming') return no('it is being handed over, or runs there already');
  return done({ guest, sending });
}

export async function progress(house: House, uuid: string): HypervisorReply<Transfer | null> {
  const guest = house.guests.get(uuid);
  if (guest === undefined) return no({ why: 'unknown-guest' });
  const transferred = await guest.transfer();
  if (guest.sending === null) return done(null);
  const deadline = deadlineLeft(guest.sending);
  if (transferred === null) {
    const remaining_mib = guest.record.spec.memory_mib;
    const nothing = { passes: 0, sent_mib: 0, dirty_mib_per_s: 0, left_ms: null };
    return done({ ...nothing, remaining_mib, deadline });
  }
  const { carried_mib_per_s, ...seen } = transferred;
  const { hastened, phase } = guest.sending;
  const fetched = phase === 'sending the rest';
  const writes = hastened || fetched ? 0 : seen.dirty_mib_per_s;
  const left_ms = leftMs({ ...seen, dirty_mib_per_s: writes }, carried_mib_per_s);
  return done({ ...seen, left_ms, deadline, ...(fetched && { post_copy: true as const }) });
}

/** How long until then; null: there is none, or it is past. */
function deadlineLeft({ deadline, began_at_ms }: Sending): (Transfer['deadline'] & {}) | null {
  if (deadline === null) return null;
  const in_ms = Math.round(began_at_ms + deadline.after_ms - performance.now());
  return in_ms > 0 ? { in_ms, action: deadline.action } : null;
}
