/**
 * Pictures as PNG files (RFC 2083): 24 bits a pixel, no filters.
 *
 *   signature · IHDR size, depth · IDAT rows, packed (zlib) · IEND     each: length kind data CRC
 *
 * Packing is the caller's: `stored` packs nothing and needs nobody; where there is a zlib, its own.
 */
import { assert } from './units.ts';

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Row by row, three bytes a pixel. */
  readonly rgb: Uint8Array;
}

export type Pack = (bytes: Uint8Array) => Uint8Array;

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const BITS = 8;
const TRUE_COLOUR = 2;
const NO_FILTER = 0;

export function pngOf({ width, height, rgb }: Picture, pack: Pack = stored): Uint8Array {
  assert(rgb.length === width * height * 3, `${rgb.length} bytes for ${width} × ${height}`);
  const header = [...big(width), ...big(height), BITS, TRUE_COLOUR, 0, 0, 0];
  return joined([
    Uint8Array.from(SIGNATURE),
    chunk('IHDR', Uint8Array.from(header)),
    chunk('IDAT', pack(rowsOf(width, height, rgb))),
    chunk('IEND', new Uint8Array()),
  ]);
}

/** Each row begins with how it is filtered. */
function rowsOf(width: number, height: number, rgb: Uint8Array): Uint8Array {
  const row = width * 3;
  const rows = new Uint8Array(height * (row + 1)).fill(NO_FILTER);
  for (let y = 0; y < height; y++) {
    rows.set(rgb.subarray(y * row, (y + 1) * row), y * (row + 1) + 1);
  }
  return rows;
}

function chunk(kind: string, data: Uint8Array): Uint8Array {
  const named = joined([Uint8Array.from(kind, (letter) => letter.charCodeAt(0)), data]);
  return joined([big(data.length), named, big(crc32(named))]);
}

const POLYNOMIAL = 0xedb88320;

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
  }
  return ~crc >>> 0;
}

// ── zlib without packing (RFC 1950, 1951) ────────────────────────────────────────────────────────

const ZLIB = [0x78, 0x01];
const BLOCK_BYTES_MAX = 0xffff;

function stored(bytes: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = [Uint8Array.from(ZLIB)];
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES_MAX) {
    const piece = bytes.subarray(at, at + BLOCK_BYTES_MAX);
    const last = at + BLOCK_BYTES_MAX >= bytes.length ? 1 : 0;
    pieces.push(Uint8Array.of(last, ...little(piece.length), ...little(~piece.length)), piece);
  }
  return joined([...pieces, big(adler32(bytes))]);
}

const ADLER = 65_521;

function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % ADLER;
    b = (b + a) % ADLER;
  }
  return ((b << 16) | a) >>> 0;
}

// ── bytes ────────────────────────────────────────────────────────────────────────────────────────

const big = (value: number): Uint8Array =>
  Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
const little = (value: number): Uint8Array => Uint8Array.of(value, value >>> 8);

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export function base64Of(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(at, at + 3);
    const word = (a << 16) | (b << 8) | c;
    for (const shift of [18, 12, 6, 0]) text += LETTERS.charAt((word >>> shift) & 63);
  }
  const missing = (3 - (bytes.length % 3)) % 3;
  return text.slice(0, text.length - missing) + '='.repeat(missing);
}
