/**
 * Suspending: a guest's memory as a file.
 *
 *   stand still ─► QEMU streams to a socket of ours ─► memory.part ─► fsync ─► memory
 *   memory ─► a socket of the new QEMU ─► it reads all of it ─► file removed ─► the guest goes on
 *
 * By sockets, since QEMU's sandbox lets it start no helper. Whether `memory` is there says whether
 * the guest is suspended: it is removed after it was read, and before the guest goes on.
 */
import { createReadStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { type Decision, done, no } from '../../core/ports/reply.ts';
import { setBandwidth, setCapabilities } from './capabilities.ts';
import { connectTo, listenAt, type Place } from './places.ts';
import type { ProcessGuest } from './process-guest.ts';
import type { Qmp } from './qmp.ts';
import { MEMORY } from './resident.ts';
import { until, within } from './waiting.ts';

const MOVED_WITHIN_MS = 600_000;
const STREAM = 'stream';

/** The guest's QEMU is ended when its memory is on disk; what fails leaves it standing still. */
export async function suspend(guest: ProcessGuest, qmp: Qmp): Promise<Decision<void, string>> {
  const part = guest.folder.file(`${MEMORY}.part`);
  const stopped = await qmp.ask('stop');
  if (stopped.is !== 'done') return no('it would not stand still');
  const written = await writeMemory(guest, qmp, part);
  if (written.is === 'no') return written;
  await rename(part, guest.folder.file(MEMORY));
  await guest.end();
  return done(undefined);
}

async function writeMemory(
  guest: ProcessGuest,
  qmp: Qmp,
  part: string,
): Promise<Decision<void, string>> {
  const file = await open(part, 'w', 0o600);
  const path = guest.folder.file(STREAM);
  const visitor = await host({ path });
  try {
    qmp.forgetEvents();
    await setCapabilities(qmp, []);
    await setBandwidth(qmp, null);
    const begun = await qmp.ask('migrate', { uri: `unix:${path}` });
    const socket = begun.is === 'done' ? await within(MOVED_WITHIN_MS, visitor.socket, null) : null;
    if (socket === null) return no('its memory was not given');
    await file.writeFile(socket);
    const info = await until(MOVED_WITHIN_MS, () => ended(qmp));
    await file.sync();
    return info === 'completed' ? done(undefined) : no('its memory was not written');
  } finally {
    visitor.close();
    await file.close();
    await rm(path, { force: true });
  }
}

async function ended(qmp: Qmp): Promise<string | null> {
  const said = await qmp.ask<{ status?: string }>('query-migrate');
  if (said.is !== 'done') return 'lost';
  const { status = '' } = said.value;
  return ['completed', 'failed', 'cancelled'].includes(status) ? status : null;
}

/** Brings the guest back to where it was; it stands still. */
export async function restore(guest: ProcessGuest): Promise<Decision<Qmp, string>> {
  const started = await guest.launch(true);
  if (started.is === 'no') return started;
  const qmp = started.value;
  const path = guest.folder.file(STREAM);
  await rm(path, { force: true });
  const asked = await qmp.ask('migrate-incoming', { uri: `unix:${path}` });
  if (asked.is !== 'done') return no('its memory was not taken');
  const given = await give(guest.folder.file(MEMORY), { path });
  await rm(path, { force: true });
  if (given.is === 'no') return given;
  if (!(await hasArrived(guest))) return no('its memory was not read');
  await rm(guest.folder.file(MEMORY), { force: true });
  return started;
}

/**
 * Sends a file to whoever listens there. No: nobody took any of it. Whether all of it was
 * taken only the reader knows: QEMU hangs up as soon as it has read all, which may look like an
 * error from here.
 */
export async function give(file: string, place: Place): Promise<Decision<void, string>> {
  const socket = connectTo(place);
  socket.resume(); // nothing is said back; its end is to be seen
  try {
    return done(await pipeline(createReadStream(file), socket));
  } catch (error) {
    return socket.bytesWritten > 0 ? done(undefined) : no((error as Error).message);
  }
}

/** Whether all that was sent to this QEMU is there, and the guest could go on. */
export async function hasArrived(guest: ProcessGuest): Promise<boolean> {
  const status = await until(
    MOVED_WITHIN_MS,
    async () => {
      const found = await guest.status();
      return found === 'inmigrate' ? null : (found ?? 'gone');
    },
    2,
  );
  return status === 'paused';
}

/** A socket for one visitor. */
export async function host(
  wanted: Place,
): Promise<{ place: Place; socket: Promise<Socket>; close: () => void }> {
  if ('path' in wanted) await rm(wanted.path, { force: true });
  const server = createServer();
  const socket = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const place = await listenAt(server, wanted);
  return { place, socket, close: () => server.close() };
}
