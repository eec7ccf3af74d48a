/**
 * Goal: our PNG files hold the picture that was put in, packed or not; our base64 is everybody's.
 * Method: zlib unpacks them and counts their CRCs again; Buffer writes the same base64. Mutants
 * that died: a CRC begun at 0, a last block without its mark, rows without their filter's byte.
 */
import { deepEqual, equal } from 'node:assert/strict';
import test from 'node:test';
import { crc32, deflateSync, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { base64Of, type Picture, pngOf } from './png.ts';

const picture = fc
  .record({ width: fc.integer({ min: 1, max: 200 }), height: fc.integer({ min: 1, max: 130 }) })
  .chain(({ width, height }) => {
    const bytes = width * height * 3;
    return fc
      .uint8Array({ minLength: 1, maxLength: 64 })
      .map((some): Picture => ({ width, height, rgb: repeated(some, bytes) }));
  });

const repeated = (some: Uint8Array, bytes: number): Uint8Array =>
  Uint8Array.from({ length: bytes }, (_, at) => some[at % some.length] ?? 0);

/** Kind and data of each chunk, whose CRC is right. */
function chunksOf(png: Buffer): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const named = png.subarray(at + 4, at + 8 + length);
    equal(png.readUInt32BE(at + 8 + length), crc32(named));
    found.set(named.toString('latin1', 0, 4), named.subarray(4));
    at += length + 12;
  }
  return found;
}

for (const [packing, pack] of [
  ['stored', undefined],
  ['packed by zlib', deflateSync],
] as const) {
  test(`a picture that is ${packing} is in its PNG as it was`, () => {
    let blocks_many = 0;
    fc.assert(
      fc.property(picture, (given) => {
        const png = Buffer.from(pngOf(given, pack));
        equal(png.toString('latin1', 1, 4), 'PNG');
        const chunks = chunksOf(png);
        deepEqual([...chunks.keys()], ['IHDR', 'IDAT', 'IEND']);
        const { width, height, rgb } = given;
        deepEqual(
          [chunks.get('IHDR')?.readUInt32BE(0), chunks.get('IHDR')?.readUInt32BE(4)],
          [width, height],
        );
        const rows = inflateSync(chunks.get('IDAT') ?? Buffer.alloc(0));
        if (rows.length > 0xffff) blocks_many++;
        for (let y = 0; y < height; y++) {
          const row = rows.subarray(y * (width * 3 + 1), (y + 1) * (width * 3 + 1));
          equal(row[0], 0);
          equal(
            Buffer.compare(row.subarray(1), rgb.subarray(y * width * 3, (y + 1) * width * 3)),
            0,
          );
        }
      }),
      { numRuns: 40 },
    );
    equal(blocks_many > 0, true, 'no picture took more than one block');
  });
}

test('base64 is as everybody writes it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) =>
      equal(base64Of(bytes), Buffer.from(bytes).toString('base64')),
    ),
  );
});
