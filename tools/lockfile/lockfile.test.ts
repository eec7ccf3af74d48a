/**
 * Goal: `npm ci` takes our lockfile on a fresh machine.
 * Method: the real lockfile is asked for gaps; the search for gaps is shown one.
 */
import { deepEqual } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { LOCKFILE, type Lockfile, machineOf, missing } from './main.ts';

test('no optional package is left out (node tools/lockfile/main.ts adds what is)', () => {
  deepEqual(Object.keys(missing(JSON.parse(readFileSync(LOCKFILE, 'utf8')) as Lockfile)), []);
});

test('a gap is found, and filled with the machine that the name says', () => {
  const lock: Lockfile = {
    packages: {
      'node_modules/a': {
        dev: true,
        optionalDependencies: { '@a/linux-x64-musl': '1.0.0', '@a/linux-x64': '1.0.0' },
      },
      'node_modules/@a/linux-x64': { version: '1.0.0', os: ['linux'], cpu: ['x64'] },
    },
  };
  deepEqual(missing(lock), {
    'node_modules/@a/linux-x64-musl': {
      version: '1.0.0',
      dev: true,
      optional: true,
      os: ['linux'],
      cpu: ['x64'],
      libc: ['musl'],
    },
  });
});

test('machines are read from names', () => {
  deepEqual(machineOf('@b/cli-darwin-arm64'), { os: ['darwin'], cpu: ['arm64'] });
  deepEqual(machineOf('@o/binding-linux-arm-musleabihf'), {
    os: ['linux'],
    cpu: ['arm'],
    libc: ['musl'],
  });
  deepEqual(machineOf('@o/binding-win32-ia32-msvc'), { os: ['win32'], cpu: ['ia32'] });
});
