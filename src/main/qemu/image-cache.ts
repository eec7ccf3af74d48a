/**
 * Images on a host of another machine: fetched from the control plane once, kept, checked.
 *
 *   open ─► asked with the checksum of what is kept ─► 304: the kept file
 *                                                 └─► 200: .part ─► checksum right? ─► ID.CHECKSUM
 *
 *   IC1  bytes that do not have the checksum that was told are never given to a guest;
 *   IC2  what is kept has at most `bytes_max` together: those that were not used for longest go
 *        first, and one that is larger alone goes with the next;
 *   IC3  a file that is being read stays readable, though it was cleared away meanwhile.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Asked } from './control-line.ts';

export interface ImageCacheAbout {
  readonly directory: string;
  readonly bytes_max: number;
  readonly ask: (path: string, headers: Readonly<Record<string, string>>) => Promise<Asked>;
}

/** A guest that comes waits for its kernel: small pieces would take their time one by one. */
const PIECE_BYTES = 1024 * 1024;
const KEPT = /^([0-9a-f-]{36})\.([0-9a-f]{32})$/;

export class ImageCache {
  readonly #about: ImageCacheAbout;
  readonly #fetching = new Map<string, Promise<string | null>>();

  constructor(about: ImageCacheAbout) {
    this.#about = about;
  }

  /** Null: there are no such bytes. Throws when they cannot be had now: that may pass. */
  async open(id: string): Promise<AsyncIterable<Uint8Array> | null> {
    const under_way = this.#fetching.get(id) ?? this.#bring(id);
    this.#fetching.set(id, under_way);
    const path = await under_way.finally(() => this.#fetching.delete(id));
    if (path === null) return null;
    return createReadStream('', { fd: await open(path, 'r'), highWaterMark: PIECE_BYTES });
  }

  async #bring(id: string): Promise<string | null> {
    const { directory, ask } = this.#about;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const kept = (await readdir(directory)).find((name) => KEPT.exec(name)?.[1] === id);
    const etag = kept === undefined ? {} : { 'if-none-match': `"${KEPT.exec(kept)?.[2]}"` };
    const asked = await ask(`/images/${id}/file`, etag);
    if (asked.is === 'lost') throw new Error('no control plane answers');
    const { status, headers, body } = asked.response;
    if (status === 304 && kept !== undefined) return this.#used(join(directory, kept));
    const checksum = /^"([0-9a-f]{32})"$/.exec(headers.get('etag') ?? '')?.[1];
    if (status === 404) return null;
    if (status !== 200 || body === null || checksum === undefined) {
      throw new Error(`the control plane answers ${status} for the image ${id}`);
    }
    return this.#keep(id, checksum, body);
  }

  async #used(path: string): Promise<string> {
    const now = new Date();
    await utimes(path, now, now);
    return path;
  }

  /** IC1 */
  async #keep(id: string, checksum: string, bytes: AsyncIterable<Uint8Array>): Promise<string> {
    const { directory } = this.#about;
    const part = join(directory, `${randomUUID()}.part`);
    const path = join(directory, `${id}.${checksum}`);
    try {
      const came = await written(part, bytes);
      if (came !== checksum) throw new Error(`other bytes came than those of the image ${id}`);
      await this.#makeRoom((await stat(part)).size);
      await rename(part, path);
      return path;
    } finally {
      await rm(part, { force: true });
    }
  }

  /** IC2 */
  async #makeRoom(more_bytes: number): Promise<void> {
    const { directory, bytes_max } = this.#about;
    const names = (await readdir(directory)).filter((name) => KEPT.test(name));
    const files = await Promise.all(
      names.map(async (name) => ({ name, ...(await stat(join(directory, name))) })),
    );
    let all_bytes = more_bytes + files.reduce((sum, { size }) => sum + size, 0);
    for (const { name, size } of files.toSorted((a, b) => a.mtimeMs - b.mtimeMs)) {
      if (all_bytes <= bytes_max) return;
      await rm(join(directory, name), { force: true });
      all_bytes -= size;
    }
  }
}

async function written(path: string, bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const sum = createHash('md5');
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const piece of bytes) {
      sum.update(piece);
      await file.writeFile(piece);
    }
    await file.sync();
    return sum.digest('hex');
  } finally {
    await file.close();
  }
}
