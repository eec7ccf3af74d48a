/**
 * Writes a volume in the format of CDs (ECMA-119), of a few small files: what a guest reads its
 * configuration from. The same files are the same bytes, on whichever host.
 *
 *   sector 16   the volume, names in capitals         17   the same, names as they are (Joliet)
 *          18   the end of these                      19…  path tables, directories, files
 *
 * Both descriptors have directories of their own, and name the same files.
 */
import { posix } from 'node:path';
import { byText } from '../../core/base/order.ts';
import { assert } from '../../core/base/units.ts';

export interface VolumeFile {
  /** E.g. `openstack/latest/meta_data.json`. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

const SECTOR = 2048;
const FIRST = 19;
/** A multiple of this, so that a few bytes more rarely make the device larger. */
const VOLUME_SECTORS = 512;

type Names = 'capitals' | 'joliet';
const ways: readonly Names[] = ['capitals', 'joliet'];

interface Directory {
  /** '' for the root. */
  readonly path: string;
  /** Its place in the path table, from 1. */
  readonly number: number;
}

interface Entry {
  readonly name: string;
  readonly sector: number;
  readonly size: number;
  readonly is_directory: boolean;
}

/** Where everything is. */
interface Plan {
  readonly files: readonly VolumeFile[];
  readonly directories: readonly Directory[];
  readonly sectors: number;
  sectorOfTable(names: Names, order: 'little' | 'big'): number;
  sectorOfDirectory(names: Names, path: string): number;
  sectorOfFile(path: string): number;
}

export function volume(label: string, files: readonly VolumeFile[]): Buffer {
  const plan = planOf(files);
  const all = Buffer.alloc(plan.sectors * SECTOR);
  const put = (sector: number, bytes: Uint8Array) => all.set(bytes, sector * SECTOR);
  put(16, descriptor(plan, label, 'capitals'));
  put(17, descriptor(plan, label, 'joliet'));
  put(18, Buffer.from('\xffCD001\x01', 'latin1'));
  for (const names of ways) {
    for (const order of ['little', 'big'] as const) {
      put(plan.sectorOfTable(names, order), pathTable(plan, names, order));
    }
    for (const { path } of plan.directories) {
      put(plan.sectorOfDirectory(names, path), directory(plan, names, path));
    }
  }
  for (const { path, bytes } of files) put(plan.sectorOfFile(path), bytes);
  return all;
}

// ── where everything is ──────────────────────────────────────────────────────────────────────

function planOf(files: readonly VolumeFile[]): Plan {
  const directories = directoriesOf(files);
  const paths = directories.map(({ path }) => path);
  const tables = FIRST + ways.length * 2;
  const content = tables + ways.length * paths.length;
  const starts = new Map<string, number>();
  let next = content;
  for (const { path, bytes } of files) {
    starts.set(path, next);
    next += Math.ceil(bytes.length / SECTOR);
  }
  return {
    files,
    directories,
    sectors: Math.ceil(next / VOLUME_SECTORS) * VOLUME_SECTORS,
    sectorOfTable: (names, order) => FIRST + ways.indexOf(names) * 2 + Number(order === 'big'),
    sectorOfDirectory: (names, path) =>
      tables + ways.indexOf(names) * paths.length + paths.indexOf(path),
    sectorOfFile: (path) => starts.get(path) ?? content,
  };
}

/** By depth, then by what is above, then by name: as path tables are to be. */
function directoriesOf(files: readonly VolumeFile[]): Directory[] {
  const paths = new Set(['']);
  for (const { path } of files) {
    for (let at = above(path); at !== ''; at = above(at)) paths.add(at);
  }
  return [...paths]
    .sort((a, b) => depthOf(a) - depthOf(b) || byText(a, b))
    .map((path, place) => ({ path, number: place + 1 }));
}

const above = (path: string): string => {
  const found = posix.dirname(path);
  return found === '.' ? '' : found;
};
const depthOf = (path: string): number => (path === '' ? 0 : path.split('/').length);
const nameOf = (path: string): string => posix.basename(path);

// ── directories ──────────────────────────────────────────────────────────────────────────────

function directory(plan: Plan, names: Names, path: string): Buffer {
  const itself = (of: string, name: string): Entry => ({
    ...{ name, sector: plan.sectorOfDirectory(names, of), size: SECTOR, is_directory: true },
  });
  const below = plan.directories
    .filter((one) => one.path !== '' && above(one.path) === path)
    .map((one) => itself(one.path, nameOf(one.path)));
  const files = plan.files
    .filter((one) => above(one.path) === path)
    .map((one) => fileEntry(plan, one));
  const named = [...below, ...files].sort((a, b) => byText(a.name, b.name));
  const records = [itself(path, '\0'), itself(above(path), '\x01'), ...named].map((entry) =>
    record(entry, names),
  );
  const all = Buffer.concat(records);
  assert(all.length <= SECTOR, `${path} has more entries than one sector holds`);
  return all;
}

const fileEntry = (plan: Plan, { path, bytes }: VolumeFile): Entry => ({
  name: nameOf(path),
  sector: plan.sectorOfFile(path),
  size: bytes.length,
  is_directory: false,
});

const IS_DIRECTORY = 2;

function record(entry: Entry, names: Names): Buffer {
  const name = written(entry, names);
  const length = 33 + name.length + Number(name.length % 2 === 0);
  const row = Buffer.alloc(length);
  row[0] = length;
  both32(row, 2, entry.sector);
  both32(row, 10, entry.size);
  row.set(BEGINNING, 18);
  row[25] = entry.is_directory ? IS_DIRECTORY : 0;
  both16(row, 28, 1);
  row[32] = name.length;
  row.set(name, 33);
  return row;
}

/** 1970-01-01, in UTC: of no use to anybody, and the same everywhere. */
const BEGINNING = [70, 1, 1, 0, 0, 0, 0];

function written({ name, is_directory }: Entry, names: Names): Buffer {
  if (name === '\0' || name === '\x01') return Buffer.from(name, 'latin1');
  if (names === 'joliet') return utf16(name);
  const capitals = name.toUpperCase();
  if (is_directory) return Buffer.from(capitals, 'latin1');
  return Buffer.from(`${capitals}${capitals.includes('.') ? '' : '.'};1`, 'latin1');
}

const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();

function pathTable(plan: Plan, names: Names, order: 'little' | 'big'): Buffer {
  const numbers = new Map(plan.directories.map(({ path, number }) => [path, number]));
  const rows = plan.directories.map(({ path }) => {
    const entry = { name: path === '' ? '\0' : nameOf(path), sector: 0, size: 0 };
    const name = written({ ...entry, is_directory: true }, names);
    const row = Buffer.alloc(8 + name.length + (name.length % 2));
    row[0] = name.length;
    const [sector, parent] = [plan.sectorOfDirectory(names, path), numbers.get(above(path)) ?? 1];
    if (order === 'little') {
      row.writeUInt32LE(sector, 2);
      row.writeUInt16LE(parent, 6);
    } else {
      row.writeUInt32BE(sector, 2);
      row.writeUInt16BE(parent, 6);
    }
    row.set(name, 8);
    return row;
  });
  return Buffer.concat(rows);
}

// ── the volume ───────────────────────────────────────────────────────────────────────────────

const PRIMARY = 1;
const SUPPLEMENTARY = 2;
/** Says that names are in UCS-2, level 3. */
const JOLIET = '%/E';
const BLANK: Readonly<Record<Names, string>> = { capitals: ' ', joliet: '\0 ' };

function descriptor(plan: Plan, label: string, names: Names): Buffer {
  const all = Buffer.alloc(SECTOR);
  all[0] = names === 'capitals' ? PRIMARY : SUPPLEMENTARY;
  all.write('CD001\x01', 1, 'latin1');
  const text = (from: number, to: number, said: string) => {
    all.fill(BLANK[names], from, to, 'latin1');
    all.set(names === 'joliet' ? utf16(said) : Buffer.from(said, 'latin1'), from);
  };
  text(8, 40, '');
  text(40, 72, label);
  both32(all, 80, plan.sectors);
  if (names === 'joliet') all.write(JOLIET, 88, 'latin1');
  both16(all, 120, 1);
  both16(all, 124, 1);
  both16(all, 128, SECTOR);
  both32(all, 132, pathTable(plan, names, 'little').length);
  all.writeUInt32LE(plan.sectorOfTable(names, 'little'), 140);
  all.writeUInt32BE(plan.sectorOfTable(names, 'big'), 148);
  const root = { name: '\0', sector: plan.sectorOfDirectory(names, ''), size: SECTOR };
  all.set(record({ ...root, is_directory: true }, names), 156);
  for (const [from, to] of texts) text(from, to, '');
  for (const at of [813, 830, 847, 864]) all.write(NO_TIME, at, 'latin1');
  all[881] = 1;
  return all;
}

/** Whose volume it is, who made it, and which files say so: nobody says. */
const texts = [
  ...[[190, 318] as const, [318, 446] as const, [446, 574] as const],
  ...[[574, 702] as const, [702, 739] as const, [739, 776] as const, [776, 813] as const],
] as const;
const NO_TIME = `${'0'.repeat(16)}\0`;

function both32(into: Buffer, at: number, value: number): void {
  into.writeUInt32LE(value, at);
  into.writeUInt32BE(value, at + 4);
}

function both16(into: Buffer, at: number, value: number): void {
  into.writeUInt16LE(value, at);
  into.writeUInt16BE(value, at + 2);
}
