/**
 * The files below a root directory, as /proc and /sys offer them: small texts, numbers, links.
 *
 *   T1  nothing is written, and nothing is run;
 *   T2  what is not there or cannot be read is null or empty, never a failure;
 *   T3  a file gives FILE_BYTES_MAX at most, a directory NAMES_MAX names, and all of it together
 *       PROBLEMS_MAX problems.
 */
import { closeSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { basename, join } from 'node:path';
import { byText } from '../../core/base/order.ts';
import { cpuSet } from '../../core/topology/cpu-set.ts';

export const FILE_BYTES_MAX = 262_144;
const NAMES_MAX = 16_384;
const PROBLEMS_MAX = 100;
/** No machine has more CPUs. */
const CPUS_MAX = 65_536;

export class Tree {
  /** What could not be made sense of, a sentence each. */
  readonly problems: string[] = [];
  readonly #root: string;
  /** The kernel says of none of its files how long it is, so each is read into this. */
  readonly #bytes = Buffer.allocUnsafe(FILE_BYTES_MAX);

  constructor(root: string) {
    this.#root = root;
  }

  odd(problem: string): void {
    if (this.problems.length < PROBLEMS_MAX) this.problems.push(problem);
  }

  /** Without the white space around it; null: there is none. */
  text(path: string): string | null {
    try {
      return readInto(this.#bytes, join(this.#root, path)).toString('latin1').trim();
    } catch {
      return null;
    }
  }

  /** Decimal, or hexadecimal with 0x; null where no such number is. */
  number(path: string): number | null {
    const text = this.text(path);
    return text !== null && /^(-?\d{1,15}|0x[0-9a-f]{1,12})$/i.test(text) ? Number(text) : null;
  }

  /** e.g. `0-3,8`; null: no file, or no set in it. An empty file is an empty set. */
  cpus(path: string): readonly number[] | null {
    const text = this.text(path);
    if (text === null || text === '') return text === null ? null : [];
    const set = cpuSet(text, CPUS_MAX);
    if (set === null) this.odd(`${path} is no set of CPUs: ${text.slice(0, 40)}`);
    return set;
  }

  names(path: string): readonly string[] {
    try {
      return readdirSync(join(this.#root, path)).sort(byText).slice(0, NAMES_MAX);
    } catch {
      return [];
    }
  }

  /** The last name of what a link leads to. */
  link(path: string): string | null {
    try {
      return basename(readlinkSync(join(this.#root, path)));
    } catch {
      return null;
    }
  }
}

/** As much of the file as there is room for. */
function readInto(bytes: Buffer, path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(file, bytes, length, bytes.length - length, null);
    }
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}
