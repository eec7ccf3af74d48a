/**
 * The guest shelf as a file: written beside, flushed, renamed over the old one. Twin:
 * sim/guest-shelf.ts.
 *
 *   NAME.json.new ── write ── fsync ──► rename to NAME.json ── fsync of the directory
 *
 * So the file is whole at every instant (GS2). Saves are written one after another; those that wait
 * while one is being written become one.
 */
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { GuestShelf } from '../core/ports/guest-shelf.ts';
import { done, no, type Reply } from '../core/ports/reply.ts';

export class FileGuestShelf implements GuestShelf {
  readonly #path: string;
  /** What is to be written next, and who waits for it. */
  #next: { text: string; written: Promise<Reply<void, string>> } | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  async load(): Promise<Reply<unknown, string>> {
    try {
      return done(JSON.parse(await readFile(this.#path, 'utf8')));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return done(null);
      return no(`${this.#path}: ${(error as Error).message}`);
    }
  }

  save(value: unknown): Promise<Reply<void, string>> {
    const text = JSON.stringify(value);
    if (this.#next !== null) {
      this.#next.text = text;
      return this.#next.written;
    }
    const written = this.#last.then(() => this.#writeNext());
    this.#next = { text, written };
    this.#last = written;
    return written;
  }

  async #writeNext(): Promise<Reply<void, string>> {
    const text = this.#next?.text ?? 'null';
    this.#next = null;
    try {
      await replace(this.#path, text);
      return done(undefined);
    } catch (error) {
      return no(`${this.#path}: ${(error as Error).message}`);
    }
  }
}

async function replace(path: string, text: string): Promise<void> {
  const beside = `${path}.new`;
  await mkdir(dirname(path), { recursive: true });
  await flushed(beside, 'w', (file) => file.writeFile(text));
  await rename(beside, path);
  await flushed(dirname(path), 'r', async () => {});
}

async function flushed(
  path: string,
  flags: string,
  change: (file: Awaited<ReturnType<typeof open>>) => Promise<void>,
): Promise<void> {
  const file = await open(path, flags);
  try {
    await change(file);
    await file.sync();
  } finally {
    await file.close();
  }
}
