/** What the verbs of one driver share: the guests that are here, and what is over. */
import { join } from 'node:path';
import type { HypervisorRefusal, HypervisorReply, Machine } from '../../core/ports/hypervisor.ts';
import type { GuestSpec, StepKey } from '../../core/ports/order.ts';
import { type Decision, done, no, type Reply } from '../../core/ports/reply.ts';
import { GuestFolder, type GuestRecord } from './guest-folder.ts';
import { type ImageSource, prepare } from './outfit.ts';
import type { Place } from './places.ts';
import type { Resident, Trouble } from './resident.ts';
import type { Steps } from './steps.ts';

/** What runs the guests of a house. */
export interface Engine {
  /** The same record is the same guest. */
  guest(folder: GuestFolder, record: GuestRecord): Resident;
  describe(directory: string): Promise<Decision<Machine, string>>;
  /** Lets go of what it holds; guests go on. */
  close(): void;
}

export interface House {
  readonly directory: string;
  readonly engine: Engine;
  /** The address that other hosts reach it by; null: all are on this machine. */
  readonly listen: string | null;
  /** Where guests that come are announced (door.ts). */
  readonly door: Place;
  readonly images: ImageSource;
  readonly steps: Steps;
  /** Ends when the driver is stopped: what goes on by itself looks at it. */
  readonly life: { over: boolean };
  readonly guests: Map<string, Resident>;
  /** What was set aside, and cold landings, by the step that made them so. */
  readonly beside: Map<StepKey, Resident>;
}

export const foldersIn = (directory: string): string => join(directory, 'guests');

export const failed = (why: Trouble): Reply<never, HypervisorRefusal> =>
  no(typeof why === 'string' ? { why: 'failed', message: why } : why);

export function outcome<T>(kept: Reply<void, Trouble>, value: T): Reply<T, HypervisorRefusal> {
  if (kept.is === 'no') return failed(kept.why);
  return kept.is === 'lost' ? kept : done(value);
}

/** Acts on the guest when its turn has come, if it is still there and the step still open. */
export async function onGuest<T>(
  { guests, steps }: House,
  key: StepKey,
  uuid: string,
  act: (guest: Resident) => HypervisorReply<T>,
): HypervisorReply<T> {
  const guest = guests.get(uuid);
  if (guest === undefined) return no({ why: 'unknown-guest' });
  return guest.turns.take(async () => {
    if (guests.get(uuid) !== guest) return no({ why: 'unknown-guest' });
    return steps.closed.has(key) ? no({ why: 'closed' }) : act(guest);
  });
}

/** Writes down a guest that is to be, before there is anything of it. */
export async function makeRoom(
  house: House,
  made_by: StepKey,
  spec: GuestSpec,
  stage: GuestRecord['stage'],
): Promise<Decision<Resident, string>> {
  const folder = new GuestFolder(foldersIn(house.directory), spec.uuid);
  const guest = house.engine.guest(folder, {
    version: 1,
    spec,
    made_by,
    switched_by: null,
    stage,
    wanted: 'running',
    leaving: null,
    process: null,
    outfit: null,
  });
  house.guests.set(spec.uuid, guest);
  const kept = await guest.keep();
  if (kept.is === 'done') return done(guest);
  house.guests.delete(spec.uuid);
  return kept;
}

export async function makeReady(
  house: House,
  guest: Resident,
  disk_image_id?: string,
): Promise<Decision<void, Trouble>> {
  try {
    const { record, folder } = guest;
    const spec = { ...record.spec, ...(disk_image_id && { image_id: disk_image_id }) };
    const outfit = await prepare(spec, house.images, folder.path);
    if (outfit.is === 'no') return outfit;
    record.outfit = outfit.value;
    return await guest.keep();
  } catch (error) {
    return no((error as Error).message); // the disk is full, a file is not to be read …
  }
}

/** Nobody is to go on with it any more: we are stopped, or it is no guest of ours. */
export const isOver = ({ life, guests }: House, guest: Resident): boolean =>
  life.over || guests.get(guest.uuid) !== guest;

/** Leaves nothing of it here. */
export async function putOut({ guests }: House, guest: Resident): Promise<void> {
  await guest.end();
  await guest.folder.remove();
  if (guests.get(guest.uuid) === guest) guests.delete(guest.uuid);
}
