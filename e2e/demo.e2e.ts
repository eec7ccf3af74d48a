/**
 * Goal: the demonstration boots a real guest, moves it while it counts, and loses no tick; it ends
 * with what it promises to programs; no process and no file of it stays behind.
 * Method: the real command, with real processes; skipped where there is no QEMU.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { ROOT } from './product.ts';

const run = promisify(execFile);
const CLI = join(ROOT, 'dist/main/cli.js');
const there = ['/usr/bin/qemu-system-x86_64', '/bin/busybox'].every((path) => existsSync(path));
const skip = there ? false : 'needs QEMU and busybox: apt-get install qemu-system-x86';

test('plimsoll demo', { skip }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'p-'));
  const kernel = `plimsoll-guest-${process.getuid?.() ?? 0}`;
  const env = { ...process.env, TMPDIR: folder };
  // Fetched once, and not every time anew.
  const kept = join(tmpdir(), kernel);
  if (existsSync(kept)) await run('cp', ['-r', kept, join(folder, kernel)]);
  const { stdout } = await run(process.execPath, [CLI, 'demo', '--format', 'json'], { env });
  const report = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  deepEqual(Object.keys(report), [
    ...['booted_ms', 'moved', 'total_ms', 'downtime_ms', 'ticks_lost', 'ticks_repeated'],
  ]);
  deepEqual([report.moved, report.ticks_lost, report.ticks_repeated], [true, 0, 0]);
  ok(report.booted_ms > 0 && report.total_ms > 0 && report.downtime_ms < report.total_ms);
  deepEqual(await readdir(folder), [kernel]);
  const all = await run('ps', ['-eo', 'args']);
  equal(all.stdout.includes(folder), false, 'a process of it is left');
  await rm(folder, { recursive: true });
});
