/**
 * Whole machines as small texts (trees/*.tree), which unpack to a directory with /proc and /sys.
 *
 *   # what it is, and where that is known from
 *   sys/devices/system/cpu/online: 0-79
 *   [0..79] sys/devices/system/cpu/cpu{n}/topology/physical_package_id: {n/20%2}
 *   sys/bus/pci/devices/0000:3b:01.0/physfn -> ../0000:3b:00.0
 *   proc/cpuinfo:
 *     | model name : …                         several lines
 *
 * `[a..b]` repeats the entry for each n; {n…} counts from left to right with + - * / %, without
 * fractions; `:x2` writes two hexadecimal digits.
 */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Beside the source, also for tests that run from what was built. */
const TREES = join(import.meta.dirname, 'trees').replace('/dist/', '/src/');

export const treeNames = (): readonly string[] =>
  readdirSync(TREES)
    .filter((name) => name.endsWith('.tree'))
    .map((name) => name.slice(0, -'.tree'.length))
    .sort();

/** The root directory of that machine. */
export const unpackTree = (name: string): string =>
  unpack(readFileSync(join(TREES, `${name}.tree`), 'utf8'));

export function unpack(text: string): string {
  const root = mkdtempSync(join(tmpdir(), 'plimsoll-machine-'));
  for (const entry of entriesOf(text)) write(root, entry);
  return root;
}

const ENTRY = /^(?:\[(\d+)\.\.(\d+)\] )?(\S+?)(?: -> (\S+)|:(?: (.*))?)$/;

interface Entry {
  readonly path: string;
  readonly target: string | undefined;
  readonly content: string;
}

function entriesOf(text: string): Entry[] {
  const joined = text.replaceAll(/^#.*\n|^\s*\n/gm, '').replaceAll(/\n\s+\| ?/g, '\r');
  return joined.split('\n').filter(Boolean).flatMap(entriesIn);
}

function entriesIn(line: string): Entry[] {
  const [, first, last, path, target, content = ''] = ENTRY.exec(line.split('\r')[0] ?? '') ?? [];
  if (path === undefined) throw new Error(`no entry of a tree: ${line}`);
  const more = line.split('\r').slice(1);
  const whole = more.length > 0 ? more.join('\n') : content;
  const from = Number(first ?? 0);
  return Array.from({ length: Number(last ?? from) - from + 1 }, (_, at) => ({
    path: filled(path, from + at),
    target: target === undefined ? undefined : filled(target, from + at),
    content: filled(whole, from + at),
  }));
}

const filled = (text: string, n: number): string =>
  text.replaceAll(/\{n((?:[-+*/%]\d+)*)(:x2)?\}/g, (_, steps: string, hex?: string) => {
    const value = counted(n, steps);
    return hex === undefined ? String(value) : value.toString(16).padStart(2, '0');
  });

const counted = (n: number, steps: string): number =>
  [...steps.matchAll(/([-+*/%])(\d+)/g)].reduce((value, [, sign, digits]) => {
    const by = Number(digits);
    switch (sign) {
      case '+':
        return value + by;
      case '-':
        return value - by;
      case '*':
        return value * by;
      case '/':
        return Math.floor(value / by);
      default:
        return value % by;
    }
  }, n);

function write(root: string, { path, target, content }: Entry): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  if (target === undefined) writeFileSync(file, `${content}\n`);
  else symlinkSync(target, file);
}
