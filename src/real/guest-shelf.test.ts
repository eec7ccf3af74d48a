/**
 * Goal: both shelves keep what every GuestShelf promises; a broken file is told, not lost.
 * Method: the contract on each; then a file with half a value in it, and a path that cannot be.
 * Mutants tried: without the wait for the save before, the last save is not always the one kept;
 * with `JSON.stringify` at writing time, a value changed meanwhile is kept as it became.
 */
import { equal, match, ok } from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { guestShelfContract } from '../core/ports/guest-shelf.contract.ts';
import { SimGuestShelf } from '../sim/guest-shelf.ts';
import { FileGuestShelf } from './guest-shelf.ts';

const directory = await mkdtemp(join(tmpdir(), 'guest-shelf-'));
after(() => rm(directory, { recursive: true }));
let files = 0;

for (const [promise, holds] of Object.entries(guestShelfContract)) {
  test(`file shelf: ${promise}`, () => {
    const path = join(directory, `new-${files++}`, 'guests.json');
    return holds({ shelf: new FileGuestShelf(path), reopen: () => new FileGuestShelf(path) });
  });
  test(`sim shelf: ${promise}`, () => {
    const shelf = new SimGuestShelf();
    return holds({ shelf, reopen: () => shelf });
  });
}

test('half a value is refused with the name of its file, and left as it is', async () => {
  const path = join(directory, 'half.json');
  await writeFile(path, '{"guests":[');
  const reply = await new FileGuestShelf(path).load();
  ok(reply.is === 'no');
  match(reply.why, /half\.json/);
  equal(await readFile(path, 'utf8'), '{"guests":[');
});

test('a place that cannot be written is refused, and the next save is tried again', async () => {
  const blocked = join(directory, 'a-file');
  await writeFile(blocked, '');
  const shelf = new FileGuestShelf(join(blocked, 'guests.json'));
  equal((await shelf.save(1)).is, 'no');
  await rm(blocked);
  equal((await shelf.save(2)).is, 'done');
  equal(await readFile(join(blocked, 'guests.json'), 'utf8'), '2');
});
