/**
 * What libvirt gives as a screenshot, as a PNG file: newer ones give that, older ones PPM, which is
 * `P6 WIDTH HEIGHT 255`, one space, three bytes a pixel.
 */
import { deflateSync } from 'node:zlib';
import { pngOf } from '../../core/base/png.ts';

const PNG = '\x89PNG';
const PPM = /^P6\s+(\d+)\s+(\d+)\s+255\s/;
const HEADER_BYTES_MAX = 64;

/** Null: it is neither. */
export function pngFrom(given: Uint8Array): Uint8Array | null {
  const start = Buffer.from(given.subarray(0, HEADER_BYTES_MAX)).toString('latin1');
  if (start.startsWith(PNG)) return given;
  const found = PPM.exec(start);
  if (found === null) return null;
  const [header, width, height] = [found[0], Number(found[1]), Number(found[2])];
  const rgb = given.subarray(header.length);
  if (rgb.length !== width * height * 3) return null;
  return pngOf({ width, height, rgb }, deflateSync);
}
