/**
 * The door of one host for guests that come from others: the little that two drivers say to each
 * other about a migration, a line of JSON each way. Memory goes from QEMU to QEMU.
 *
 *   source                                destination
 *     open    ──────────────────────────►   the landing is there: stream to here
 *     arrive  ──────────────────────────►   the guest has come, and stands still at the source for
 *                                           good: it runs now (`taken`), or never will (`refused`)
 *     settle  ──────────────────────────►   asked later: was it taken? If not, it never will be
 *
 *     recover ──────────────────────────►   the wire was cut: the rest of it is awaited there
 *
 *   and of a guest that comes off (aside.ts)
 *     bring   ──────────────────────────►   a file of it: stream to here
 *     land    ──────────────────────────►   these were all its files: it is here now (`taken`)
 *
 * The address of a landing names its door, its guest and its step: no other landing ever has it.
 */
import { rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { StepKey } from '../../core/ports/order.ts';
import { FileGuestShelf } from '../guest-shelf.ts';
import { connectTo, freePlace, listenAt, type Place } from './places.ts';
import { within } from './waiting.ts';

export interface LandingName {
  readonly uuid: string;
  readonly landing: StepKey;
}

/** How the guest is to be streamed there, as its engine says. */
export type OpenLanding = object;

export type Knock = 'open' | 'arrive' | 'settle' | 'recover' | 'bring' | 'land';
export interface Said {
  readonly is: 'ready' | 'taken' | 'refused';
  readonly why?: string;
  readonly open?: OpenLanding;
  /** Where a file is awaited, or the rest of its memory. */
  readonly at?: Place;
}

/** What a guest that comes off consists of, as its source says. */
export type Parcel = Readonly<Record<string, unknown>>;

export type Doorman = (knock: Knock, name: LandingName, parcel: Parcel) => Promise<Said>;

const OPENED_WITHIN_MS = 5_000;
const ANSWER_WITHIN_MS = 20_000;

export function addressOf(door: Place, { uuid, landing }: LandingName): string {
  const at = 'path' in door ? `unix://${door.path}` : `tcp://${door.host}|${door.port}`;
  return `qemu+${at}#${uuid}/${landing}`;
}

/** Null when it is no address of ours. */
export function whereTo(address: string): (LandingName & { readonly door: Place }) | null {
  const found = /^qemu\+(unix|tcp):\/\/([^#]+)#([0-9a-f-]{36})\/(.+)$/.exec(address);
  if (found === null) return null;
  const [, scheme, at = '', uuid = '', landing = ''] = found;
  const [host = '', port] = at.split('|');
  const door = scheme === 'unix' ? { path: at } : { host, port: Number(port) };
  return { door, uuid, landing };
}

/** Nobody opened, so nobody can have heard what was not even said. */
export const unheard = { is: 'refused', why: 'nobody answers there' } as const;

/** Null: nobody answered; the knock may have been heard. */
export async function knock(
  address: string,
  what: Knock,
  parcel: Parcel = {},
): Promise<Said | null> {
  const to = whereTo(address);
  if (to === null) return { is: 'refused', why: `${address} is no address of a landing` };
  const { door, ...name } = to;
  const socket = connectTo(door);
  try {
    if (!(await within(OPENED_WITHIN_MS, opened(socket), false))) return unheard;
    return await within(ANSWER_WITHIN_MS, asked(socket, { parcel, knock: what, ...name }), null);
  } finally {
    socket.destroy();
  }
}

const opened = (socket: Socket): Promise<boolean> =>
  new Promise((resolve) => {
    socket.on('connect', () => resolve(true));
    socket.on('error', () => resolve(false));
  });

function asked(socket: Socket, question: unknown): Promise<Said | null> {
  return new Promise((resolve) => {
    socket.on('close', () => resolve(null));
    socket.write(`${JSON.stringify(question)}\n`);
    onLine(socket, (line) => resolve(saidIn(line)));
  });
}

/** A line that breaks is heard by the reader of lines too, who must not be left to throw it. */
const onLine = (socket: Socket, hear: (line: string) => void): void =>
  void createInterface({ input: socket })
    .on('line', hear)
    .on('error', () => {});

/** What is no answer is as good as none. */
function saidIn(line: string): Said | null {
  try {
    return JSON.parse(line) as Said;
  } catch {
    return null;
  }
}

/**
 * Where this host's door is: as it was before, since who asks how a migration ended asks there.
 * A port is drawn at the first start.
 */
export async function doorPlace(directory: string, listen: string | null): Promise<Place> {
  if (listen === null) return { path: join(directory, 'door') };
  const shelf = new FileGuestShelf(join(directory, 'door.json'));
  const found = await shelf.load();
  const before = found.is === 'done' ? (found.value as { port: number } | null) : null;
  if (before !== null) return { host: listen, port: before.port };
  const place = await freePlace(listen, '');
  await shelf.save(place);
  return place;
}

export interface Door {
  close(): Promise<void>;
}

export async function openDoor(wanted: Place, doorman: Doorman): Promise<Door> {
  // Left by a life of ours that was cut short.
  if ('path' in wanted) await rm(wanted.path, { force: true });
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => {});
    onLine(socket, (line) => void answer(socket, line, doorman));
  });
  await listenAt(server, wanted);
  return { close: () => closed(server, open) };
}

type Asked = LandingName & { readonly knock: Knock; readonly parcel?: Parcel };

async function answer(socket: Socket, line: string, doorman: Doorman): Promise<void> {
  try {
    const { knock: what, uuid, landing, parcel = {} } = JSON.parse(line) as Asked;
    socket.write(`${JSON.stringify(await doorman(what, { uuid, landing }, parcel))}\n`);
  } catch {
    socket.destroy(); // no answer is an answer too: asked again later
  }
}

async function closed(server: Server, open: ReadonlySet<Socket>): Promise<void> {
  for (const socket of open) socket.destroy();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
