/**
 * Goal: of libvirt's screenshots only whole pictures are passed on, as PNG.
 * Method: a PPM of known pixels is unpacked again; others are cut short or of another kind. Mutants
 * that died: the header taken along with the pixels; the size not held against them.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import { inflateSync } from 'node:zlib';
import { pngFrom } from './screen.ts';

const PIXELS = Uint8Array.from({ length: 18 }, (_, at) => at * 13);
const ppm = Buffer.concat([Buffer.from('P6\n3 2\n255\n'), PIXELS]);

test('a PPM becomes a PNG of the same pixels', () => {
  const png = Buffer.from(pngFrom(ppm) ?? []);
  ok(png.length > 0);
  const data = png.indexOf('IDAT') + 4;
  const rows = inflateSync(png.subarray(data, data + png.readUInt32BE(data - 8)));
  deepEqual([...rows.subarray(1, 10), ...rows.subarray(11, 20)], [...PIXELS]);
  deepEqual(pngFrom(png), png);
});

test('what is no whole picture is none', () => {
  for (const other of [ppm.subarray(0, -1), Buffer.from('GIF89a'), new Uint8Array()]) {
    equal(pngFrom(other), null);
  }
});
