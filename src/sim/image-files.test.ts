/**
 * Goal: the simulated twin keeps the contract, and its MD5 is MD5.
 * Method: the contract; sums of every length around a block beside Node's.
 */
import { equal } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import { imageFilesContract } from '../core/ports/image-files.contract.ts';
import { SimImageFiles } from './image-files.ts';
import { md5 } from './md5.ts';

for (const [promise, holds] of Object.entries(imageFilesContract)) {
  test(`simulated images: ${promise}`, () => holds(new SimImageFiles()));
}

test('MD5 is MD5', () => {
  for (let length = 0; length < 200; length++) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 37 + length) & 255);
    equal(md5(bytes), createHash('md5').update(bytes).digest('hex'));
  }
});
