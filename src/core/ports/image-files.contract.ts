/** What every ImageFiles promises: F1 and F3. Both twins are held to it. */
import { assert } from '../base/units.ts';
import type { ImageFiles } from './image-files.ts';

const ID = '11111111-2222-3333-4444-555555555555';
const OTHER = '11111111-2222-3333-4444-666666666666';

export async function* pieces(...all: readonly (readonly number[])[]): AsyncGenerator<Uint8Array> {
  for (const piece of all) yield Uint8Array.from(piece);
}

async function* broken(): AsyncGenerator<Uint8Array> {
  yield Uint8Array.of(1, 2, 3);
  throw new Error('the client went away');
}

export async function bytesOf(files: ImageFiles, id: string): Promise<number[] | null> {
  const stream = await files.open(id);
  if (stream === null) return null;
  const bytes: number[] = [];
  for await (const piece of stream) bytes.push(...piece);
  return bytes;
}

/** A qcow2 header of version 3, with what a test changes in it. */
export function qcow2(change: (head: DataView) => void = () => {}): number[] {
  const head = new DataView(new ArrayBuffer(112));
  head.setUint32(0, 0x514649fb);
  head.setUint32(4, 3);
  head.setUint32(100, 104);
  change(head);
  return [...new Uint8Array(head.buffer)];
}

export const imageFilesContract: Readonly<Record<string, (files: ImageFiles) => Promise<void>>> = {
  'keeps all of the bytes, and tells their size and sum (F1)': async (files) => {
    const saved = await files.save(ID, 'raw', pieces([104, 101], [], [108, 108, 111]));
    assert(saved.is === 'done', 'refused');
    assert(saved.value.size_bytes === 5, `size ${saved.value.size_bytes}`);
    assert(saved.value.checksum === '5d41402abc4b2a76b9719d911017c592', saved.value.checksum);
    assert(String(await bytesOf(files, ID)) === '104,101,108,108,111', 'other bytes');
  },
  'keeps nothing of a stream that breaks off (F1)': async (files) => {
    const saved = await files.save(ID, 'raw', broken());
    assert(saved.is === 'no' && saved.why.why === 'unavailable', 'taken');
    assert((await bytesOf(files, ID)) === null, 'half a file is there');
  },
  'lists what is there, and nothing that was removed': async (files) => {
    assert(String(await files.list()) === '', 'not empty');
    await files.save(ID, 'raw', pieces([1]));
    await files.save(OTHER, 'qcow2', pieces([2]));
    assert(String(await files.list()) === ID, 'another list');
    await files.remove(ID);
    assert(String(await files.list()) === '', 'it is still listed');
  },
  'leaves the old file alone when the new one is refused (F1)': async (files) => {
    await files.save(ID, 'raw', pieces([1]));
    await files.save(ID, 'qcow2', pieces([2]));
    assert(String(await bytesOf(files, ID)) === '1', 'the old file is gone');
  },
  'takes a qcow2 that stands alone, and refuses what is none (F3)': async (files) => {
    assert((await files.save(ID, 'qcow2', pieces(qcow2()))).is === 'done', 'refused');
    const text = await files.save(ID, 'qcow2', pieces([1, 2, 3]));
    assert(text.is === 'no' && text.why.why === 'bad-format', 'three bytes were taken for a qcow2');
  },
  'refuses a qcow2 with a backing file (F3)': async (files) => {
    const backed = qcow2((head) => head.setUint32(12, 104));
    const saved = await files.save(ID, 'qcow2', pieces(backed));
    assert(saved.is === 'no' && saved.why.why === 'bad-format', 'taken');
  },
  'never looks into raw bytes (F3)': async (files) => {
    const backed = qcow2((head) => head.setUint32(12, 104));
    assert((await files.save(ID, 'raw', pieces(backed))).is === 'done', 'refused');
  },
  'removes, also what is not there': async (files) => {
    await files.save(ID, 'raw', pieces([1]));
    await files.remove(ID);
    await files.remove(ID);
    assert((await bytesOf(files, ID)) === null, 'still there');
  },
};
