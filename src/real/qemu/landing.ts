/**
 * Guests that come.
 *
 *   receive ─► awaited: made ready, its address given ─► arrive: stands still ─► taken (on disk)
 *                   └─ sealed, closed, destroyed: never                       ─► goes on
 *
 * `taken` is on disk before the guest runs, and `arrive` and `seal` take turns: so whoever asks the
 * one after the other hears the same (H5).
 */
import type { HypervisorReply } from '../../core/ports/hypervisor.ts';
import type { GuestSpec, StepKey } from '../../core/ports/order.ts';
import { type Decision, done, no } from '../../core/ports/reply.ts';
import { welcomeOff } from './aside.ts';
import { addressOf, type Knock, type LandingName, type Parcel, type Said } from './door.ts';
import { failed, type House, isOver, makeReady, makeRoom, outcome, putOut } from './house.ts';
import type { Resident, Trouble } from './resident.ts';

export async function receive(
  house: House,
  key: StepKey,
  spec: GuestSpec,
): HypervisorReply<{ address: string }> {
  const { steps, guests } = house;
  const address = addressOf(house.door, { uuid: spec.uuid, landing: key });
  if (steps.taken.has(key)) return done({ address });
  if (steps.closed.has(key)) return no({ why: 'closed' });
  const there = guests.get(spec.uuid);
  if (there !== undefined) {
    const { made_by } = there.record;
    if (made_by !== key) return no({ why: 'exists', made_by });
    return there.turns.take(() => awaitIt(house, there, address));
  }
  const made = await makeRoom(house, key, spec, 'awaited');
  if (made.is === 'no') return failed(made.why);
  return made.value.turns.take(() => awaitIt(house, made.value, address));
}

/** Once it was made ready it stays so; a life that ended meanwhile left it half done. */
async function awaitIt(
  house: House,
  guest: Resident,
  address: string,
): HypervisorReply<{ address: string }> {
  const { steps, guests } = house;
  const { made_by } = guest.record;
  if (steps.taken.has(made_by)) return done({ address });
  if (guests.get(guest.uuid) !== guest) return no({ why: 'closed' });
  const half = guest.record.open == null;
  const ready = half ? await prepareLanding(house, guest) : done(undefined);
  const closed = steps.closed.has(made_by);
  if (ready.is === 'no' || closed) await putOut(house, guest);
  return closed ? no({ why: 'closed' }) : outcome(ready, { address });
}

/** An address that is gone, or a disk that is full, is the host's trouble, and not our end. */
const prepareLanding = (house: House, guest: Resident): Promise<Decision<void, Trouble>> =>
  prepare(house, guest).catch((error: Error) => no(error.message));

async function prepare(house: House, guest: Resident): Promise<Decision<void, Trouble>> {
  const ready = await makeReady(house, guest);
  return ready.is === 'no' ? ready : guest.awaitIt();
}

/** Who knocks, and what is said. */
export async function answerDoor(
  house: House,
  knock: Knock,
  name: LandingName,
  parcel: Parcel,
): Promise<Said> {
  if (knock === 'settle') {
    const sealed = await seal(house, name.uuid, name.landing);
    if (sealed.is !== 'done') throw new Error('it cannot be written down'); // no answer is given
    return { is: sealed.value.landed ? 'taken' : 'refused' };
  }
  if (knock === 'recover') return awaitRest(house, name);
  if (house.steps.taken.has(name.landing)) return { is: 'taken' };
  if (house.beside.has(name.landing)) return welcomeOff(house, knock, name.landing, parcel);
  const guest = house.guests.get(name.uuid);
  if (guest === undefined) return { is: 'refused', why: 'it is not awaited' };
  return guest.turns.take(() => welcome(house, guest, knock, name, parcel));
}

/** The rest of one that runs here already. */
async function awaitRest({ steps, guests }: House, { uuid, landing }: LandingName): Promise<Said> {
  const guest = steps.taken.has(landing) ? guests.get(uuid) : undefined;
  const at = (await guest?.postCopy?.awaitRest()) ?? null;
  return at === null ? { is: 'refused', why: 'it fetches nothing' } : { is: 'ready', at };
}

async function welcome(
  house: House,
  guest: Resident,
  knock: Exclude<Knock, 'settle' | 'recover'>,
  { uuid, landing }: LandingName,
  parcel: Parcel,
): Promise<Said> {
  const { steps, guests } = house;
  const { record } = guest;
  if (steps.taken.has(landing)) return { is: 'taken' };
  const awaits = record.made_by === landing && record.stage === 'awaited';
  if (steps.closed.has(landing) || !awaits || guests.get(uuid) !== guest) {
    return { is: 'refused', why: 'it is not awaited' };
  }
  if (knock === 'arrive') return arrive(house, guest, landing, parcel);
  const open = await guest.welcome(parcel);
  return open.is === 'no' ? { is: 'refused', why: open.why } : { is: 'ready', open: open.value };
}

async function arrive(
  house: House,
  guest: Resident,
  landing: StepKey,
  parcel: Parcel,
): Promise<Said> {
  const { console_log, power } = parcel;
  const arrived = await guest.hasArrived(parcel);
  if (arrived.is === 'no') return { is: 'refused', why: arrived.why };
  // What it wrote before comes along; a disk that is full is no reason to keep the guest from it.
  await guest.folder.consoleBefore(String(console_log ?? '')).catch(() => {});
  const noted = power === 'paused' ? await toStayPaused(guest) : done(undefined);
  if (noted.is === 'no') return { is: 'refused', why: noted.why };
  house.steps.taken.set(landing, true);
  const kept = await house.steps.keep();
  // Perhaps it is on disk after all, so it is neither run nor refused: `settle` is asked later.
  if (kept.is === 'no') throw new Error(kept.why);
  await goOnHere(guest);
  watchRest(house, guest);
  // That it is here follows from `taken`: nobody waits for that to be written down.
  void guest.turns.take(guest.keep);
  return { is: 'taken' };
}

/** If a part of it is not here yet: nobody else knows when it never will be. */
export function watchRest(house: House, guest: Resident): void {
  if (guest.record.fetches) void guest.postCopy?.watchRest(() => isOver(house, guest));
}

/** Noted before it is ours: whoever finds it taken, in another life too, is not to run it. */
function toStayPaused(guest: Resident): Promise<Decision<void, string>> {
  guest.record.wanted = 'paused';
  return guest.keep();
}

/** The guest is ours: it runs here from now on, or stands still if it did so before. */
export async function begin(guest: Resident): Promise<void> {
  await goOnHere(guest);
  await guest.keep();
}

async function goOnHere(guest: Resident): Promise<void> {
  await guest.settleIn();
  if (!guest.isPaused) await guest.goOn();
  guest.record.stage = 'here';
}

export async function seal(
  house: House,
  uuid: string,
  landing: StepKey,
): HypervisorReply<{ landed: boolean }> {
  const { steps, guests } = house;
  const guest = guests.get(uuid);
  const decide = async (): HypervisorReply<{ landed: boolean }> => {
    if (steps.taken.has(landing)) {
      const half = (await guests.get(uuid)?.postCopy?.isFetching()) ?? false;
      return half ? failed('its memory is on its way still') : done({ landed: true });
    }
    const kept = await steps.close(landing);
    const awaited = guests.get(uuid);
    if (kept.is === 'done' && awaited?.record.made_by === landing) await putOut(house, awaited);
    return outcome(kept, { landed: false });
  };
  return guest === undefined ? decide() : guest.turns.take(decide);
}
