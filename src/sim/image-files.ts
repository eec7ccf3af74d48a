/**
 * Images in the memory of a simulated world. Real: real/image-files.ts. Both keep
 * core/ports/image-files.contract.ts.
 *
 * It knows of a qcow2 no more than its first bytes and whether it has a backing file.
 */
import type { ImageFiles, SavedFile, SaveRefusal } from '../core/ports/image-files.ts';
import { done, no, type Reply } from '../core/ports/reply.ts';
import { md5 } from './md5.ts';

export class SimImageFiles implements ImageFiles {
  readonly #files = new Map<string, Uint8Array>();

  async save(
    id: string,
    disk_format: string,
    stream: AsyncIterable<Uint8Array>,
  ): Promise<Reply<SavedFile, SaveRefusal>> {
    const all: number[] = [];
    try {
      for await (const piece of stream) for (const byte of piece) all.push(byte);
    } catch (error) {
      return no({ why: 'unavailable', message: String(error) });
    }
    const bytes = Uint8Array.from(all);
    const bad = disk_format === 'qcow2' && !standsAlone(bytes);
    if (bad) return no({ why: 'bad-format', message: 'no qcow2 that stands alone' });
    this.#files.set(id, bytes);
    return done({ size_bytes: bytes.length, checksum: md5(bytes) });
  }

  open(id: string): Promise<AsyncIterable<Uint8Array> | null> {
    const bytes = this.#files.get(id);
    return Promise.resolve(bytes === undefined ? null : once(bytes));
  }

  /** For checkers, which take no time. */
  ids = (): readonly string[] => [...this.#files.keys()];

  list(): Promise<readonly string[]> {
    return Promise.resolve(this.ids());
  }

  remove(id: string): Promise<void> {
    this.#files.delete(id);
    return Promise.resolve();
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const standsAlone = (bytes: Uint8Array): boolean =>
  String(bytes.subarray(0, 4)) === '81,70,73,251' &&
  bytes.subarray(8, 16).every((byte) => byte === 0);
