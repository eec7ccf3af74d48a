/**
 * Switching a guest where it is.
 *
 *   the step before is closed ─► our key on the guest, on disk ─► the guest is touched   (H7)
 *
 * What a guest may be told from which state: anything to `running` and `off`; only one that runs to
 * `paused` and `suspended`.
 */
import { rm } from 'node:fs/promises';
import { never } from '../../core/base/units.ts';
import type { HypervisorRefusal, HypervisorReply } from '../../core/ports/hypervisor.ts';
import type { PowerState, PowerTarget, StepKey } from '../../core/ports/order.ts';
import { done, lost, no, type Reply } from '../../core/ports/reply.ts';
import type { GuestRecord } from './guest-folder.ts';
import { failed, type House, onGuest, outcome } from './house.ts';
import { MEMORY, type Outcome, type Resident } from './resident.ts';

export const power = (
  house: House,
  key: StepKey,
  uuid: string,
  to: PowerTarget,
  grace_ms: number,
  after?: StepKey,
): HypervisorReply<void> =>
  onGuest(house, key, uuid, async (guest) => {
    const { switched_by, made_by } = guest.record;
    if (switched_by === key) return done(undefined);
    if (after !== undefined && after !== (switched_by ?? made_by)) return done(undefined);
    const now = await guest.power();
    if (now === null) return lost;
    const forbidden = (to === 'paused' || to === 'suspended') && now !== 'running' && now !== to;
    if (forbidden) return failed(`it is ${now}`);
    const marked = await mark(house, guest, key, to);
    return marked ?? outcome(await bring(guest, now, to, grace_ms), undefined);
  });

export const reboot = (
  house: House,
  key: StepKey,
  uuid: string,
  grace_ms: number,
): HypervisorReply<void> =>
  onGuest(house, key, uuid, async (guest) => {
    if (guest.record.switched_by === key) return done(undefined);
    const marked = await mark(house, guest, key, 'running');
    if (marked !== null) return marked;
    await switchOff(guest, grace_ms);
    return outcome(await run(guest), undefined);
  });

/**
 * Leaves the key on the guest, and whatever else changes of it, in one write. What stands in its
 * way is returned: among that, that the step was closed while it was made ready.
 */
export async function mark(
  house: House,
  guest: Resident,
  key: StepKey,
  to: PowerTarget,
  also: Partial<GuestRecord> = {},
): Promise<Reply<never, HypervisorRefusal> | null> {
  const { record, sending } = guest;
  if (record.stage !== 'here' || sending !== null) return failed('it is on the move');
  const closed = await house.steps.close(record.switched_by);
  if (closed.is === 'no') return failed(closed.why);
  if (house.steps.closed.has(key)) return no({ why: 'closed' });
  Object.assign(record, also, { switched_by: key, wanted: to });
  const kept = await guest.keep();
  return kept.is === 'no' ? failed(kept.why) : null;
}

async function bring(
  guest: Resident,
  now: PowerState,
  to: PowerTarget,
  grace_ms: number,
): Promise<Outcome> {
  switch (to) {
    case 'running':
      return now === 'running' ? done(undefined) : run(guest);
    case 'off':
      await switchOff(guest, now === 'running' ? grace_ms : 0);
      return done(undefined);
    case 'paused':
      return guest.halt();
    case 'suspended':
      return now === 'suspended' ? done(undefined) : guest.suspend();
    default:
      return never(to);
  }
}

/** Has it run, from wherever it is: its memory, here or on disk, or from the beginning. */
export async function run(guest: Resident): Promise<Outcome> {
  const now = await guest.power();
  if (now === null) return lost;
  if (now === 'paused') return guest.goOn();
  const started = guest.suspended ? await guest.restore() : await guest.start();
  return started.is === 'done' ? guest.goOn() : started;
}

/** Asks it politely, for as long as it is given; then it is ended. */
export async function switchOff(guest: Resident, grace_ms: number): Promise<void> {
  if (grace_ms > 0) await guest.shutDown(grace_ms);
  await guest.end();
  await rm(guest.folder.file(MEMORY), { force: true });
}
