/**
 * Goal: the `qemu` driver keeps H1 to H8 with real guests, and finds them again.
 * Method: the contract between two drivers with directories of their own; then what only a real
 * guest can tell (real-guests.fixture.ts).
 */
import { equal, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { pickAccel, truly } from './accel.ts';
import * as drives from './config-drive.fixture.ts';
import { openQemu } from './engine.ts';
import * as postCopy from './post-copy.fixture.ts';
import * as real from './real-guests.fixture.ts';
import { makeSmallGuest, missing } from './small-guest.ts';

const absent = missing();
// In CI nothing may be left out in silence: there a test that cannot run has failed.
if (absent !== null && process.env['CI'] !== undefined && process.getuid?.() === 0) {
  throw new Error(`real guests: ${absent}`);
}
const skip = absent === null ? false : `real guests: ${absent}`;
const root = mkdtempSync(join(tmpdir(), 'plimsoll-q-'));
const files = absent === null ? makeSmallGuest(root) : { kernel: '', initramfs: '' };
after(() => rmSync(root, { recursive: true, force: true }));

const open: real.Open = async (_side, directory, images, wire) => {
  const opened = await openQemu({ directory, images, accel: 'tcg', ...wire });
  ok(opened.is === 'done', JSON.stringify(opened));
  return opened.value;
};

const tests: readonly (readonly [string, real.RealGuestTest])[] = [
  ...real.contractTests({}),
  ['a guest that is moved there and back counts on', real.thereAndBack],
  ['a paused guest moves, stands still, and counts on once it may', real.movesPaused],
  ['a paused guest that is refused at the door stays, and goes next time', real.refusedAtTheDoor],
  ['a driver that died finds its guests again, and what is over', real.foundAgain],
  ['it goes on over there, and fetches the rest whatever fails but QEMU', postCopy.fetchesOn],
  ['… and stays where it is if it is not taken then', postCopy.refusedHalfThere],
  ['… and has crashed there if its source goes down then', postCopy.losesTheRest],
  ['vCPUs and memory are where they were claimed, or it does not start', real.whereItWasClaimed],
  ['an image of a rebuilt guest has what it has on its disk', real.imageOfTheRebuilt],
  ['the disk of its own goes along', real.diskGoesAlong],
  ['it reads its config drive, on whichever host it is', drives.readsItsDrive],
  ['… and after a move while it is off', drives.driveGoesAlong],
  ['what is set aside outlives the driver, and its disk goes along and grows', real.setAside],
];
for (const [promise, play] of tests) {
  test(`qemu: ${promise}`, { skip }, real.played({ root, files, open }, play));
}

test('a /dev/kvm is not believed: an accelerator is tried', { skip }, async () => {
  ok(await truly('tcg'));
  ok(!(await truly('none-such')));
  ok(!(await truly('tcg', 1)), 'it cannot count that far in no time');
  const plain = join(root, 'cpuinfo');
  writeFileSync(plain, 'flags\t\t: fpu vme de pse\n');
  equal(await pickAccel(plain), 'tcg');
});
