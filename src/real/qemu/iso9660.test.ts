/**
 * Goal: what is put into a volume is read from it again, by either of its two sets of names; the
 * system's own tool knows it by its label; and it is the same on every host.
 * Method: a reader that follows a volume from its descriptors, written from the format's text.
 * Mutants that these killed: a parent that is the directory itself; files without their versions;
 * names of Joliet the other way round; a file that begins where the one before it ends.
 */
import { deepEqual, equal } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { type VolumeFile, volume } from './iso9660.ts';

const SECTOR = 2048;
const large = Buffer.alloc(5000, 'x');
const files: readonly VolumeFile[] = [
  { path: 'openstack/latest/meta_data.json', bytes: Buffer.from('{"uuid": "u"}') },
  { path: 'openstack/latest/user_data', bytes: large },
  { path: 'openstack/content/0000', bytes: Buffer.alloc(0) },
  { path: 'ec2/latest/meta-data.json', bytes: Buffer.from('{}') },
];

interface Found {
  readonly name: string;
  readonly bytes: Buffer | null;
  readonly at: number;
}

/** The entries of a directory; null: of a directory. */
function entriesAt(all: Buffer, sector: number, joliet: boolean): Found[] {
  const found: Found[] = [];
  for (let at = sector * SECTOR; all[at] !== 0; at += all[at] ?? 0) {
    const from = all.readUInt32LE(at + 2);
    equal(from, all.readUInt32BE(at + 6));
    const size = all.readUInt32LE(at + 10);
    const raw = Buffer.from(all.subarray(at + 33, at + 33 + (all[at + 32] ?? 0)));
    const name = joliet && raw.length > 1 ? raw.swap16().toString('utf16le') : raw.toString();
    const bytes = (all[at + 25] ?? 0) & 2 ? null : all.subarray(from * SECTOR).subarray(0, size);
    found.push({ name, bytes, at: from });
  }
  return found;
}

function read(all: Buffer, sector: number, joliet: boolean, above = sector): [string, Buffer][] {
  const [self, parent, ...rest] = entriesAt(all, sector, joliet);
  deepEqual([self?.name, self?.at, parent?.name, parent?.at], ['\0', sector, '\x01', above]);
  return rest.flatMap(({ name, bytes, at }): [string, Buffer][] =>
    bytes === null
      ? read(all, at, joliet, sector).map(([path, held]) => [`${name}/${path}`, held])
      : [[name, bytes]],
  );
}

const rootOf = (all: Buffer, descriptor: number): number =>
  all.readUInt32LE(descriptor * SECTOR + 156 + 2);

test('all files are found by both kinds of names', () => {
  const all = volume('config-2', files);
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const joliet = read(all, rootOf(all, 17), true);
  deepEqual(
    joliet,
    sorted.map(({ path, bytes }) => [path, Buffer.from(bytes)]),
  );
  const plain = read(all, rootOf(all, 16), false);
  deepEqual(plain.map(([path]) => path).sort(), [
    'EC2/LATEST/META-DATA.JSON;1',
    'OPENSTACK/CONTENT/0000.;1',
    'OPENSTACK/LATEST/META_DATA.JSON;1',
    'OPENSTACK/LATEST/USER_DATA.;1',
  ]);
  deepEqual(plain.find(([path]) => path.includes('USER'))?.[1], large);
});

test('path tables name each directory after the one above it', () => {
  const all = volume('config-2', files);
  const [from, length] = [all.readUInt32LE(16 * SECTOR + 140), all.readUInt32LE(16 * SECTOR + 132)];
  const rows: [string, number][] = [];
  for (let at = from * SECTOR; at < from * SECTOR + length; ) {
    const size = all[at] ?? 0;
    rows.push([all.toString('latin1', at + 8, at + 8 + size), all.readUInt16LE(at + 6)]);
    at += 8 + size + (size % 2);
  }
  deepEqual(rows, [
    ['\0', 1],
    ['EC2', 1],
    ['OPENSTACK', 1],
    ['LATEST', 2],
    ['CONTENT', 3],
    ['LATEST', 3],
  ]);
});

test('the same files are the same volume, and blkid knows it by its label', (t) => {
  const all = volume('config-2', files);
  equal(all.length % (1 << 20), 0);
  equal(volume('config-2', files).equals(all), true);
  if (!existsSync('/usr/sbin/blkid')) {
    t.skip('no blkid here');
    return;
  }
  const directory = mkdtempSync(join(tmpdir(), 'volume-'));
  writeFileSync(join(directory, 'config'), all);
  const told = spawnSync('/usr/sbin/blkid', ['-p', '-o', 'export', join(directory, 'config')]);
  rmSync(directory, { recursive: true });
  const said = told.stdout.toString().split('\n');
  deepEqual([said.includes('LABEL=config-2'), said.includes('TYPE=iso9660')], [true, true]);
});
