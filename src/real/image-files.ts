/**
 * Images as files of one directory.
 *
 *   bytes ─► .ID.RANDOM.part ─► size, MD5, format checked ─► fsync ─► rename to ID ─► fsync again
 *
 * So a reader finds a whole file or none (F1), and what was answered is on the disk (F2). What a
 * crash left half done is cleared away at the next start; in a directory that several processes
 * share, once nobody has written to it for an hour. The format is checked against what was
 * stated (F3): a `qcow2` must be one that stands alone; `raw` may be anything, and is never looked
 * into, since a guest wrote it.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageFiles, SavedFile, SaveRefusal } from '../core/ports/image-files.ts';
import { done, no, type Reply } from '../core/ports/reply.ts';
import { qcow2Objection } from './qcow2.ts';

export const IMAGE_BYTES_MAX = 64 * 1024 ** 3;

const ABANDONED_AFTER_MS = 3_600_000;

export interface ImageFilesOptions {
  readonly size_bytes_max?: number;
  /** Whether other processes may be writing to it; left out: none is. */
  readonly shared?: boolean;
}

export async function openImageFiles(
  directory: string,
  { size_bytes_max = IMAGE_BYTES_MAX, shared = false }: ImageFilesOptions = {},
): Promise<ImageFiles> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const name of await readdir(directory)) {
    if (name.endsWith('.part')) await clearAway(join(directory, name), shared);
  }
  const pathOf = (id: string) => join(directory, safe(id));
  return {
    save: (id, format, bytes) => save(directory, pathOf(id), format, bytes, size_bytes_max),
    open: (id) => openFile(pathOf(id)),
    list: async () => (await readdir(directory)).filter(isId),
    remove: (id) => rm(pathOf(id), { force: true }),
  };
}

async function clearAway(part: string, shared: boolean): Promise<void> {
  const written = shared ? await stat(part).catch(() => null) : null;
  if (written !== null && Date.now() - written.mtimeMs < ABANDONED_AFTER_MS) return;
  await rm(part, { force: true });
}

const isId = (name: string): boolean => /^[0-9a-f-]{36}$/.test(name);

/** An id is a UUID; anything else must not become a path. */
function safe(id: string): string {
  if (!isId(id)) throw new Error(`${id} is not an image's id`);
  return id;
}

async function save(
  directory: string,
  path: string,
  format: string,
  bytes: AsyncIterable<Uint8Array>,
  size_bytes_max: number,
): Promise<Reply<SavedFile, SaveRefusal>> {
  const part = join(directory, `.${randomUUID()}.part`);
  try {
    const saved = await fill(part, format, bytes, size_bytes_max);
    if (saved.is !== 'done') return saved;
    await rename(part, path);
    await syncDirectory(directory);
    return saved;
  } catch (error) {
    return no({ why: 'unavailable', message: (error as Error).message });
  } finally {
    await rm(part, { force: true });
  }
}

async function fill(
  part: string,
  format: string,
  bytes: AsyncIterable<Uint8Array>,
  size_bytes_max: number,
): Promise<Reply<SavedFile, SaveRefusal>> {
  const file = await open(part, 'wx+', 0o600);
  try {
    const sum = createHash('md5');
    let size_bytes = 0;
    for await (const piece of bytes) {
      size_bytes += piece.length;
      if (size_bytes > size_bytes_max) return no({ why: 'too-large', size_bytes_max });
      sum.update(piece);
      await writeAll(file, piece);
    }
    const objection = format === 'qcow2' ? await qcow2Objection(file, size_bytes) : null;
    if (objection !== null) return no({ why: 'bad-format', message: objection });
    await file.sync();
    return done({ size_bytes, checksum: sum.digest('hex') });
  } finally {
    await file.close();
  }
}

/** One `write` may take less than it was given. */
async function writeAll(file: FileHandle, piece: Uint8Array): Promise<void> {
  for (let at = 0; at < piece.length; ) {
    at += (await file.write(piece, at, piece.length - at)).bytesWritten;
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  await handle.sync().finally(() => handle.close());
}

async function openFile(path: string): Promise<AsyncIterable<Uint8Array> | null> {
  try {
    const handle = await open(path, 'r');
    return createReadStream('', { fd: handle });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
