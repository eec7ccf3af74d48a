/**
 * Goal: a configuration file is read with the line of each setting, texts as they were written, and
 * what is no such file at all is told with its line.
 * Method: files as operators write them, good and bad.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { readConfigFile } from './config-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'plimsoll-config-'));
after(() => rmSync(directory, { recursive: true }));

function read(text: string) {
  const path = join(directory, 'plimsoll.yaml');
  writeFileSync(path, text);
  const { entries, wrong } = readConfigFile(path);
  const plain = (line: string) => line.replace(`${directory}/`, '');
  return {
    entries: entries.map(({ key, given, where }) => [key, given, plain(where)]),
    wrong: wrong.map(plain),
  };
}

test('each setting with its line, and texts as they were written', () => {
  const { entries, wrong } = read(`# of the first machine
plimsoll:
  port: 0x10
  database:
  policy: 'pack'
  shared: true
pci:
  alias:
    - { name: gpu, vendor_id: 8086, product_id: 0010 }
agent:
metrics:
  weight_setting: { cpu.percent: -1.0 }
`);
  deepEqual(wrong, []);
  deepEqual(entries, [
    ['plimsoll.port', '0x10', 'plimsoll.yaml:3'],
    ['plimsoll.database', '', 'plimsoll.yaml:4'],
    ['plimsoll.policy', 'pack', 'plimsoll.yaml:5'],
    ['plimsoll.shared', 'true', 'plimsoll.yaml:6'],
    ['pci.alias', [{ name: 'gpu', vendor_id: '8086', product_id: '0010' }], 'plimsoll.yaml:8'],
    ['metrics.weight_setting', { 'cpu.percent': '-1.0' }, 'plimsoll.yaml:12'],
  ]);
});

test('what is no such file is told with its line', () => {
  deepEqual(read('').wrong, []);
  deepEqual(read('- a\n').wrong, ['plimsoll.yaml:1: a configuration file must be an object']);
  deepEqual(read('plimsoll:\n  port: 1\nagent: 7\npci: [a]\n').wrong, [
    'plimsoll.yaml:3: the section agent must be an object',
    'plimsoll.yaml:4: the section pci must be an object',
  ]);
  match(
    read('plimsoll:\n  port: 1\n  port: 2\n').wrong[0] ?? '',
    /yaml:3: Map keys must be unique/,
  );
  equal(read('plimsoll: { port: 1\n').wrong.length, 1);
  const circle = read('pci:\n  alias: &a\n    - *a\n').wrong;
  deepEqual(circle, ['plimsoll.yaml:3: it must be written out, without *']);
  match(readConfigFile('/nonexistent').wrong[0] ?? '', /file cannot be read: ENOENT.*nonexistent/);
  match(readConfigFile(directory).wrong[0] ?? '', /cannot be read/);
});
