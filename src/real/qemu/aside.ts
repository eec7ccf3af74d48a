/**
 * Guests that are set aside, and guests that come off: both stand beside the guest of their UUID.
 *
 *   guests/UUID ──park──► aside/HASH ──unpark──► guests/UUID       HASH: of the step's key
 *                             │ ship
 *                             ▼  a file after the other, by sockets
 *                         aside/HASH (a cold landing) ──land──► guests/UUID
 *
 * A folder in guests/ whose record says `parked` was on its way between the two when we died: it is
 * set aside. A landing that was cut short keeps waiting; one that is `taken` has its guest. Nothing
 * runs from aside/, so no path of a socket is in there.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { HypervisorReply } from '../../core/ports/hypervisor.ts';
import type { GuestSpec, StepKey } from '../../core/ports/order.ts';
import { type Decision, done, no } from '../../core/ports/reply.ts';
import { OUTFIT_FILES, type Outfit, outfitFile } from './command-line.ts';
import { addressOf, type Knock, knock, type Parcel, type Said } from './door.ts';
import { CONSOLE, GuestFolder, type GuestRecord } from './guest-folder.ts';
import { failed, foldersIn, type House, onGuest, outcome } from './house.ts';
import { give, host } from './memory-file.ts';
import { grow } from './outfit.ts';
import { run, switchOff } from './power.ts';
import type { Resident } from './resident.ts';

export const asideIn = (directory: string): string => join(directory, 'aside');

/** All that is a guest's own, besides its record. */
const FILES: readonly string[] = [...OUTFIT_FILES, CONSOLE];

const folderOf = (house: House, key: StepKey): GuestFolder =>
  new GuestFolder(
    asideIn(house.directory),
    createHash('sha256').update(key).digest('hex').slice(0, 32),
  );

// ── setting aside ────────────────────────────────────────────────────────────────────────────────

export async function park(
  house: House,
  key: StepKey,
  uuid: string,
  grace_ms: number,
): HypervisorReply<void> {
  if (house.beside.has(key)) return done(undefined);
  return onGuest(house, key, uuid, async (guest) => {
    const { stage, wanted, made_by, switched_by } = guest.record;
    if (stage !== 'here' || guest.sending !== null) return failed('it is on the move');
    await switchOff(guest, wanted === 'off' ? 0 : grace_ms);
    const ran = wanted !== 'off';
    const record: GuestRecord = {
      ...guest.record,
      ...{ made_by: key, switched_by: null, stage: 'parked', ran, wanted: 'off', process: null },
    };
    const kept = await guest.folder.keep(record);
    if (kept.is === 'no') return failed(kept.why);
    house.guests.delete(uuid);
    await moveAside(house, house.engine.guest(guest.folder, record));
    return outcome(await house.steps.close(made_by, switched_by), undefined);
  });
}

/** Its folder leaves those of the guests. */
export async function moveAside(house: House, guest: Resident): Promise<void> {
  const { record } = guest;
  const folder = folderOf(house, record.made_by);
  await rename(guest.folder.path, folder.path);
  house.beside.set(record.made_by, house.engine.guest(folder, record));
}

export async function unpark(
  house: House,
  key: StepKey,
  uuid: string,
  parked: StepKey,
): HypervisorReply<void> {
  const closed = await house.steps.close(parked);
  if (closed.is === 'no') return failed(closed.why);
  const there = house.guests.get(uuid);
  if (there?.record.made_by === key) return there.turns.take(() => asItWas(there));
  const aside = house.beside.get(parked);
  if (aside?.record.stage !== 'parked') return done(undefined);
  if (there !== undefined) return no({ why: 'exists', made_by: there.record.made_by });
  house.beside.delete(parked);
  const folder = new GuestFolder(foldersIn(house.directory), uuid);
  const { ran = false, ...record } = aside.record;
  const wanted = ran ? 'running' : 'off';
  const settled: GuestRecord = { ...record, made_by: key, stage: 'here', wanted };
  const guest = house.engine.guest(folder, settled);
  house.guests.set(uuid, guest);
  return guest.turns.take(async () => {
    await rename(aside.folder.path, folder.path);
    const kept = await guest.keep();
    return kept.is === 'no' ? failed(kept.why) : asItWas(guest);
  });
}

async function asItWas(guest: Resident): HypervisorReply<void> {
  if (guest.record.wanted === 'off' || (await guest.power()) === 'running') return done(undefined);
  return outcome(await run(guest), undefined);
}

/** Leaves nothing of the UUID beside its guest; with `made_by`: nothing of that step. */
export async function clear(
  house: House,
  uuid: string,
  made_by: StepKey | undefined,
): Promise<Decision<void, string>> {
  for (const [key, aside] of [...house.beside]) {
    if (aside.uuid !== uuid || (made_by !== undefined && key !== made_by)) continue;
    const closed = await house.steps.close(key);
    if (closed.is === 'no') return closed;
    house.beside.delete(key);
    await aside.folder.remove();
  }
  return done(undefined);
}

// ── a guest that comes off ───────────────────────────────────────────────────────────────────────

export async function receiveOff(
  house: House,
  key: StepKey,
  spec: GuestSpec,
): HypervisorReply<{ readonly address: string }> {
  const { steps, beside } = house;
  const address = addressOf(house.door, { uuid: spec.uuid, landing: key });
  if (steps.taken.has(key) || beside.has(key)) return done({ address });
  if (steps.closed.has(key)) return no({ why: 'closed' });
  const landing = house.engine.guest(folderOf(house, key), {
    ...{ version: 1, spec, made_by: key, switched_by: null, stage: 'awaited', wanted: 'off' },
    ...{ leaving: null, process: null, outfit: null },
  });
  beside.set(key, landing);
  await mkdir(landing.folder.path, { recursive: true, mode: 0o700 });
  const kept = await landing.keep();
  if (kept.is === 'no') beside.delete(key);
  return outcome(kept, { address });
}

/** Gives a copy of what was set aside to a landing, a file after the other. */
export async function ship(
  house: House,
  uuid: string,
  parked: StepKey,
  address: string,
): HypervisorReply<void> {
  const first = await knock(address, 'open');
  if (first?.is === 'taken') return done(undefined);
  const aside = house.beside.get(parked);
  if (aside?.uuid !== uuid) return no({ why: 'unknown-guest' });
  if (first === null || first.is === 'refused') return failed(first?.why ?? 'nobody answers there');
  const sizes: Record<string, number> = {};
  const { outfit } = aside.record;
  const path = (file: string) =>
    aside.folder.file(file === CONSOLE ? file : outfitFile(outfit, file));
  for (const file of FILES.filter((name) => existsSync(path(name)))) {
    const ready = await knock(address, 'bring', { file });
    if (ready?.at === undefined) return failed(ready?.why ?? 'nobody answers there');
    const given = await give(path(file), ready.at);
    if (given.is === 'no') return failed(`${file}: ${given.why}`);
    sizes[file] = (await stat(path(file))).size;
  }
  if (house.beside.get(parked) !== aside) return no({ why: 'unknown-guest' });
  const landed = await knock(address, 'land', { sizes, outfit: outfit && unfolded(outfit) });
  return landed?.is === 'taken' ? done(undefined) : failed(landed?.why ?? 'nobody answers there');
}

/** As it is where its files came to: in the guest's folder itself, rebuilt or not. */
function unfolded({ folder: _, ...outfit }: Outfit): Outfit {
  return outfit;
}

/** What comes to a landing, by file. */
const coming = new WeakMap<Resident, Map<string, Promise<void>>>();
const refused = (why: string): Said => ({ is: 'refused', why });

/** Who knocks at a cold landing, and what is said. */
export async function welcomeOff(
  house: House,
  what: Knock,
  landing: StepKey,
  parcel: Parcel,
): Promise<Said> {
  const guest = house.beside.get(landing);
  if (guest?.record.stage !== 'awaited') return refused('it is not awaited');
  if (house.steps.closed.has(landing)) return refused('it is not awaited any more');
  if (what === 'open') return { is: 'ready' };
  if (what === 'bring') return bring(house, guest, String(parcel['file']));
  if (what !== 'land') return refused('it is awaited off');
  return guest.turns.take(() => land(house, guest, parcel));
}

async function bring({ listen }: House, guest: Resident, file: string): Promise<Said> {
  if (!FILES.includes(file)) return refused(`${file} is no file of a guest`);
  const path = join(guest.folder.path, '..', `in-${process.pid}-${bringing++}`);
  const visitor = await host(listen === null ? { path } : { host: listen, port: 0 });
  const written = visitor.socket
    .then((socket) => write(guest.folder.file(`${file}.part`), socket))
    .finally(() => {
      visitor.close();
      return rm(path, { force: true });
    });
  written.catch(() => {}); // told when it lands
  coming.set(guest, (coming.get(guest) ?? new Map<string, Promise<void>>()).set(file, written));
  return { is: 'ready', at: visitor.place };
}
let bringing = 0;

const ZEROS = Buffer.alloc(1 << 20);

/** What is nothing but zeros stays a hole. */
async function write(path: string, bytes: AsyncIterable<Buffer>): Promise<void> {
  const file: FileHandle = await open(path, 'w', 0o600);
  try {
    let at = 0;
    for await (const chunk of bytes) {
      const hole = chunk.length <= ZEROS.length && chunk.equals(ZEROS.subarray(0, chunk.length));
      if (!hole) await file.write(chunk, 0, chunk.length, at);
      at += chunk.length;
    }
    await file.truncate(at);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function land(house: House, guest: Resident, { sizes, outfit }: Parcel): Promise<Said> {
  const { record, folder } = guest;
  const landing = record.made_by;
  if (house.steps.taken.has(landing)) return { is: 'taken' };
  if (house.guests.has(guest.uuid)) return refused('there is a guest of that UUID');
  const whole = await unpack(guest, sizes as Readonly<Record<string, number>>, outfit as Outfit);
  if (whole.is === 'no') return refused(whole.why);
  house.steps.taken.set(landing, true);
  const kept = await house.steps.keep();
  if (kept.is === 'no') throw new Error(kept.why); // perhaps it is on disk after all
  house.beside.delete(landing);
  const home = new GuestFolder(foldersIn(house.directory), guest.uuid);
  await rename(folder.path, home.path);
  house.guests.set(guest.uuid, house.engine.guest(home, record));
  return { is: 'taken' };
}

/** All files are whole, the disk is as large as the flavor says, and the record says it is here. */
async function unpack(
  guest: Resident,
  sizes: Readonly<Record<string, number>>,
  outfit: Outfit | null,
): Promise<Decision<void, string>> {
  const { folder, record } = guest;
  for (const [name, size] of Object.entries(sizes)) {
    const part = folder.file(`${name}.part`);
    await coming.get(guest)?.get(name);
    const { size: is } = await stat(part);
    if (is !== size) return no(`${name} has ${is} bytes of ${size}`);
    await rename(part, folder.file(name));
  }
  const disk = outfit?.disk ?? null;
  const grown =
    disk === null ? done(undefined) : await grow(folder.file('disk'), disk, record.spec);
  if (grown.is === 'no') return grown;
  Object.assign(record, { outfit, stage: 'here' });
  const kept = await guest.keep();
  if (kept.is === 'no') record.stage = 'awaited';
  return kept;
}

// ── finding again ────────────────────────────────────────────────────────────────────────────────

export async function findAside(house: House): Promise<void> {
  const all = asideIn(house.directory);
  for (const name of await readdir(all)) {
    const folder = new GuestFolder(all, name);
    const record = await folder.load();
    const over = record?.stage === 'awaited' && house.steps.closed.has(record.made_by);
    if (record === null || over) await rm(folder.path, { recursive: true, force: true });
    else await found(house, folder, record);
  }
}

async function found(house: House, folder: GuestFolder, record: GuestRecord): Promise<void> {
  const { made_by, stage, spec } = record;
  if (stage === 'here' && house.steps.taken.has(made_by)) {
    await rename(folder.path, join(foldersIn(house.directory), spec.uuid));
    return;
  }
  if (stage === 'here') record.stage = 'awaited';
  house.beside.set(made_by, house.engine.guest(folder, record));
}
