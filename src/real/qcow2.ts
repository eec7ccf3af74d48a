/**
 * What a qcow2 file must not do: lead whoever opens it to another file.
 *
 *   byte   0  magic 'QFI\xfb'      72  incompatible features (version 3 on)
 *          4  version, 2 or 3          bit 2: an external data file
 *          8  backing file: offset 100  length of this header
 *         16  … and its length
 *
 * After the header come extensions (type, length, bytes rounded up to 8); one of them may name a
 * data file too. Only these parts are read; the guest's own bytes never decide anything.
 */
import type { FileHandle } from 'node:fs/promises';

const HEAD_BYTES = 64 * 1024;
const EXTERNAL_DATA = 1n << 2n;
const DATA_FILE_NAME = 0x44415441;
const EXTENSIONS_MAX = 64;

/** Why this is no qcow2 that stands alone; null when it is one. */
export async function qcow2Objection(file: FileHandle, size_bytes: number): Promise<string | null> {
  const head = Buffer.alloc(Math.min(HEAD_BYTES, size_bytes));
  const { bytesRead } = await file.read(head, 0, head.length, 0);
  return objection(head.subarray(0, bytesRead));
}

export function objection(head: Buffer): string | null {
  if (head.length < 72 || head.readUInt32BE(0) !== 0x514649fb) return 'this is not a qcow2 image';
  const version = head.readUInt32BE(4);
  if (version !== 2 && version !== 3) return `qcow2 of version ${version} is not known`;
  if (head.readBigUInt64BE(8) !== 0n) return 'the image has a backing file';
  if (version === 2) return extensionObjection(head, 72);
  if (head.length < 104) return 'the header is cut short';
  if ((head.readBigUInt64BE(72) & EXTERNAL_DATA) !== 0n) return 'the image has a data file';
  const length = head.readUInt32BE(100);
  if (length < 104 || length > head.length) return 'the header has no possible length';
  return extensionObjection(head, length);
}

function extensionObjection(head: Buffer, from: number): string | null {
  let at = from;
  for (let seen = 0; seen < EXTENSIONS_MAX && at + 8 <= head.length; seen++) {
    const type = head.readUInt32BE(at);
    if (type === 0) return null;
    if (type === DATA_FILE_NAME) return 'the image names a data file';
    at += 8 + Math.ceil(head.readUInt32BE(at + 4) / 8) * 8;
  }
  return at + 8 > head.length ? null : 'the image has too many header extensions';
}
