/**
 * Gives a guest another disk to start from: rebuilt, rescued, unrescued.
 *
 *   made ready in a folder of its own ─► one write of the record: key, outfit, spec ─► restarted
 *                                        (before it: nothing has changed; after it: all has)
 *
 * The old files go last; what a crash leaves of them is cleared away with the guest.
 */
import { mkdir, rm } from 'node:fs/promises';
import { never } from '../../core/base/units.ts';
import type { HypervisorRefusal, HypervisorReply } from '../../core/ports/hypervisor.ts';
import type { GuestSpec, Refit, StepKey } from '../../core/ports/order.ts';
import { type Decision, done, no } from '../../core/ports/reply.ts';
import { OUTFIT_FILES, type Outfit } from './command-line.ts';
import type { GuestRecord } from './guest-folder.ts';
import { type House, onGuest } from './house.ts';
import { prepare } from './outfit.ts';
import { mark, run, switchOff } from './power.ts';
import type { Resident } from './resident.ts';

const RESCUE = 'rescue';

export const refit = (house: House, key: StepKey, uuid: string, to: Refit): HypervisorReply<void> =>
  onGuest(house, key, uuid, async (guest) => {
    const { record } = guest;
    if (record.switched_by === key) return done(undefined);
    const ready = await made(house, guest, to);
    if (ready.is === 'no') return ready;
    const before = { ...record };
    const wanted = to.is === 'rebuilt' ? to.to : 'running';
    const marked = await mark(house, guest, key, wanted, changesOf(record, to, ready.value));
    if (marked !== null) {
      Object.assign(record, before);
      return marked;
    }
    await switchOff(guest, 0);
    if (wanted === 'running') await run(guest); // what does not come up has crashed
    await clear(guest, before);
    return done(undefined);
  });

/** The new outfit in its folder; null: there is nothing to make. */
async function made(
  house: House,
  guest: Resident,
  to: Refit,
): Promise<Decision<Outfit | null, HypervisorRefusal>> {
  if (to.is === 'unrescued') return done(null);
  const { record, folder } = guest;
  const name = to.is === 'rescued' ? RESCUE : otherThan(record.outfit?.folder);
  const path = folder.file(name);
  try {
    await rm(path, { recursive: true, force: true });
    await mkdir(path, { mode: 0o700 });
    const spec = specAfter(record.spec, to);
    const outfit = await prepare(spec, house.images, path);
    return outfit.is === 'no' ? outfit : done({ ...outfit.value, folder: name });
  } catch (error) {
    return no({ why: 'failed', message: (error as Error).message }); // the disk is full, a file is not to be read …
  }
}

function specAfter(spec: GuestSpec, to: Exclude<Refit, { is: 'unrescued' }>): GuestSpec {
  const { image_id } = to;
  if (to.is === 'rescued') return { ...spec, image_id };
  const { name, drive } = to;
  return { ...spec, image_id, name, ...(drive && { drive }) };
}

const otherThan = (folder: string | undefined): string =>
  folder === 'rebuilt' ? 'rebuilt-again' : 'rebuilt';

function changesOf(record: GuestRecord, to: Refit, outfit: Outfit | null): Partial<GuestRecord> {
  switch (to.is) {
    case 'rebuilt': {
      return { outfit, rescue: null, spec: specAfter(record.spec, to) };
    }
    case 'rescued':
      return { rescue: outfit };
    case 'unrescued':
      return { rescue: null };
    default:
      return never(to);
  }
}

/** Takes away the files that the guest had before, and has no more. */
async function clear({ record, folder }: Resident, before: GuestRecord): Promise<void> {
  const gone = (path: string) => rm(folder.file(path), { recursive: true, force: true });
  if (record.rescue == null) await gone(RESCUE);
  if (record.outfit === before.outfit) return;
  if (before.outfit?.folder !== undefined) await gone(before.outfit.folder);
  else for (const name of OUTFIT_FILES) await gone(name);
}
