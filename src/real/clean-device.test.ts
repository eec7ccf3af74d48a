/**
 * Goal: a device is clean when the operator's program says so, and not otherwise.
 * Method: programs that end well, badly, and not at all being there.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { cleanBy } from './clean-device.ts';

const directory = mkdtempSync(join(tmpdir(), 'plimsoll-clean-'));
after(() => rmSync(directory, { recursive: true }));

function program(lines: string): string {
  const path = join(directory, 'clean');
  writeFileSync(path, `#!/bin/sh\n${lines}\n`, { mode: 0o700 });
  return path;
}

test('the program is run with the address, as one argument and nothing else', async () => {
  const clean = cleanBy(program(`printf '%s|' "$@" > ${join(directory, 'said')}`));
  equal((await clean('0000:3b:00.0; reboot')).is, 'done');
  equal(readFileSync(join(directory, 'said'), 'utf8'), '0000:3b:00.0; reboot|');
});

test('whatever else becomes of it, the device is not clean', async () => {
  const failed = await cleanBy(program('echo no such card >&2; exit 3'))('0000:3b:00.0');
  match(failed.is === 'no' ? failed.why : '', /clean ended with 3: no such card$/);
  const absent = await cleanBy('/nonexistent')('0000:3b:00.0');
  deepEqual(absent.is, 'no');
});
