/**
 * Goal: the directory of images keeps the contract; nothing half done outlives a crash; what names
 * another file is refused however it is named.
 * Method: the contract in fresh directories; leftovers written by hand; headers changed by a byte.
 * Mutants that this killed: no `finally rm`; the data-file bit taken for bit 1; extensions not
 * walked.
 */
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { imageFilesContract, pieces, qcow2 } from '../core/ports/image-files.contract.ts';
import { openImageFiles } from './image-files.ts';
import { objection } from './qcow2.ts';

const ID = '11111111-2222-3333-4444-555555555555';

async function within(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'plimsoll-images-'));
  await work(directory).finally(() => rm(directory, { recursive: true }));
}

for (const [promise, holds] of Object.entries(imageFilesContract)) {
  test(`a directory of images: ${promise}`, () =>
    within(async (directory) => holds(await openImageFiles(directory))));
}

test('what a crash left half done is cleared away; whole files stay', () =>
  within(async (directory) => {
    await writeFile(join(directory, '.x.part'), 'half');
    await writeFile(join(directory, ID), 'whole');
    await openImageFiles(directory);
    deepEqual(await readdir(directory), [ID]);
  }));

test('what another process may still be writing stays, unless it is old', () =>
  within(async (directory) => {
    await writeFile(join(directory, '.old.part'), 'half');
    await writeFile(join(directory, '.new.part'), 'half');
    const long_ago = new Date(Date.now() - 2 * 3_600_000);
    await utimes(join(directory, '.old.part'), long_ago, long_ago);
    await openImageFiles(directory, { shared: true });
    deepEqual(await readdir(directory), ['.new.part']);
  }));

test('a refusal leaves nothing behind, and files are for their owner alone', () =>
  within(async (directory) => {
    const files = await openImageFiles(directory, { size_bytes_max: 4 });
    const saved = await files.save(ID, 'raw', pieces([1, 2, 3], [4, 5]));
    deepEqual(saved, { is: 'no', why: { why: 'too-large', size_bytes_max: 4 } });
    deepEqual(await readdir(directory), []);
    ok((await files.save(ID, 'raw', pieces([1, 2, 3, 4]))).is === 'done');
    equal((await stat(join(directory, ID))).mode & 0o077, 0);
  }));

test('an id that is no UUID never becomes a path', () =>
  within(async (directory) => {
    const files = await openImageFiles(directory);
    await rejects(async () => files.open('../../etc/passwd'), /not an image's id/);
  }));

const headOf = (change: (head: DataView) => void) => Buffer.from(qcow2(change));
const cases: readonly [string, (head: DataView) => void, RegExp][] = [
  ['a backing file far away', (head) => head.setUint32(8, 1), /backing file/],
  ['a data file by its bit', (head) => head.setUint32(76, 4), /data file/],
  ['a data file by its name', (head) => head.setUint32(104, 0x44415441), /names a data file/],
  ['a version nobody knows', (head) => head.setUint32(4, 4), /version 4/],
  ['a header longer than the file', (head) => head.setUint32(100, 4096), /no possible length/],
];
for (const [what, change, sentence] of cases) {
  test(`a qcow2 with ${what} is refused`, () => match(String(objection(headOf(change))), sentence));
}

test('other features and extensions do no harm', () => {
  equal(objection(headOf((head) => head.setUint32(76, 1))), null);
  equal(objection(headOf((head) => head.setUint32(104, 0x6803f857))), null);
});
