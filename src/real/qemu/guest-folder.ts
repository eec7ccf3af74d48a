/**
 * One folder for each guest, named by its UUID: what it is, and all that is its own.
 *
 *   UUID/guest.json    what it is meant to be; whole at every instant (guest-shelf.ts)
 *        pid qmp       written by QEMU: its process, its monitor
 *        console.log   what it wrote on its serial console; its newest part
 *        kernel initramfs disk    copies of its image, its own; once it was rebuilt, in a folder
 *        rescue/                  the same of another image, while it is rescued
 *        memory        only while it is suspended
 *
 * A guest is found again by three things that must agree: its folder names the process, the process
 * began when the folder says, and its QEMU calls itself by the folder's UUID.
 */
import { open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GuestSpec, PowerTarget, StepKey } from '../../core/ports/order.ts';
import type { Decision } from '../../core/ports/reply.ts';
import { FileGuestShelf } from '../guest-shelf.ts';
import type { Outfit } from './command-line.ts';
import type { OpenLanding } from './door.ts';
import { identify, type ProcessIdentity } from './process.ts';

/** What is on disk of a guest. */
export interface GuestRecord {
  readonly version: 1;
  spec: GuestSpec;
  readonly made_by: StepKey;
  switched_by: StepKey | null;
  stage: 'awaited' | 'here' | 'leaving' | 'parked';
  /** Only while set aside: whether it was to run. */
  readonly ran?: boolean;
  /** What it was last told to be; what it is, its process says. */
  wanted: PowerTarget;
  /** Only while leaving: where to, by which step, and whether it goes on there at once. */
  leaving: { readonly address: string; readonly key: StepKey; readonly post_copy?: true } | null;
  /** A part of its memory may be where it came from still. */
  fetches?: true;
  process: ProcessIdentity | null;
  /** Only while awaited: where its memory and its disk are to be sent. */
  open?: OpenLanding | null;
  outfit: Outfit | null;
  /** Runs from this one meanwhile, with its own disk second; left out: it is not rescued. */
  rescue?: Outfit | null;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const RECORD = 'guest.json';
export const CONSOLE = 'console.log';
const CONSOLE_BYTES_MAX = 1024 * 1024;
const CONSOLE_BYTES_KEPT = 256 * 1024;

/** A guest's name becomes a path; anything else than a UUID must not. */
export const isUuid = (text: string): boolean => UUID.test(text);

export class GuestFolder {
  readonly path: string;
  readonly #shelf: FileGuestShelf;

  constructor(all: string, uuid: string) {
    this.path = join(all, uuid);
    this.#shelf = new FileGuestShelf(join(this.path, RECORD));
  }

  file = (name: string): string => join(this.path, name);

  /** Null: there is no whole record, so nothing was ever started here. */
  async load(): Promise<GuestRecord | null> {
    const found = await this.#shelf.load();
    return found.is === 'done' ? (found.value as GuestRecord | null) : null;
  }

  async keep(record: GuestRecord): Promise<Decision<void, string>> {
    return (await this.#shelf.save(record)) as Decision<void, string>;
  }

  /** The process that QEMU itself wrote down: of a start that was cut short. */
  async noted(): Promise<ProcessIdentity | null> {
    const pid = Number(await readFile(this.file('pid'), 'utf8').catch(() => ''));
    if (!(pid > 0)) return null;
    const given = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    const directory = this.path.slice(this.path.lastIndexOf('/') + 1);
    return given.split('\0').includes(directory) ? identify(pid) : null;
  }

  /** Renamed first, so that nothing half removed is taken for a guest. */
  async remove(): Promise<void> {
    const gone = `${this.path}.gone`;
    await rm(gone, { recursive: true, force: true });
    await rename(this.path, gone).catch(() => {});
    await rm(gone, { recursive: true, force: true });
  }

  async consoleText(): Promise<string> {
    const bytes = await this.#consoleEnd();
    return (bytes ?? Buffer.alloc(0)).toString('utf8');
  }

  /** What the guest wrote elsewhere, before it writes anything here. */
  consoleBefore(text: string): Promise<void> {
    return writeFile(this.file(CONSOLE), text);
  }

  /** QEMU appends, so it goes on at the end of whatever is left. */
  async trimConsole(): Promise<void> {
    const file = await open(this.file(CONSOLE), 'r+').catch(() => null);
    if (file === null) return;
    try {
      if ((await file.stat()).size <= CONSOLE_BYTES_MAX) return;
      const kept = await this.#consoleEnd();
      await file.truncate(0);
      if (kept !== null) await file.write(kept, 0, kept.length, 0);
    } finally {
      await file.close();
    }
  }

  async #consoleEnd(): Promise<Buffer | null> {
    const file = await open(this.file(CONSOLE), 'r').catch(() => null);
    if (file === null) return null;
    try {
      const { size } = await file.stat();
      const bytes = Buffer.alloc(Math.min(size, CONSOLE_BYTES_KEPT));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, size - bytes.length);
      return bytes.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  }
}

/** The guests that have folders; what a removal left behind is cleared away. */
export async function uuidsIn(all: string): Promise<string[]> {
  const names = await readdir(all);
  for (const name of names) {
    if (name.endsWith('.gone')) await rm(join(all, name), { recursive: true, force: true });
  }
  return names.filter(isUuid);
}
