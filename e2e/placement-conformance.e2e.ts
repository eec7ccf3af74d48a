/**
 * Goal: upstream's own functional tests of Placement pass.
 * Method: their files, played by the runner beside this repository against the executable that it
 * ships, a fresh server for each file. Without the files, or the Python package that reads them,
 * the test is skipped, and says so.
 *
 *   ../shared/conformance/placement/run.py --start 'tools/placement-conformance {port} {db}'
 */
import { equal, match } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { ROOT } from './product.ts';

const PYTHON = '/usr/bin/python3';
const FILES = join(ROOT, '../shared/conformance/placement');
const run = promisify(execFile);

const needed = [PYTHON, join(FILES, 'run.py'), '/usr/lib/python3/dist-packages/gabbi'];
const gap = needed.find((path) => !existsSync(path));
const skip = gap === undefined ? false : `no ${gap} here`;
/** A range of ports of our own, since several checkouts may be tested at once. */
const PORT_BASE = 20_000 + (process.pid % 400) * 50;

test('upstream’s conformance files pass', { skip }, async (t) => {
  const { stdout } = await run(
    PYTHON,
    [
      join(FILES, 'run.py'),
      ...['--gabbits', join(FILES, 'gabbits')],
      ...['--port-base', String(PORT_BASE)],
      ...['--start', 'tools/placement-conformance {port} {db}'],
    ],
    { cwd: ROOT, maxBuffer: 2 ** 26 },
  ).catch((failed: { stdout?: string }) => ({ stdout: failed.stdout ?? String(failed) }));
  const last = stdout.trimEnd().split('\n').at(-1) ?? '';
  t.diagnostic(last);
  const complaints = stdout.split('\n').filter((line) => line.includes('first failure'));
  equal(complaints.join('\n'), '');
  match(last, /^[1-9]\d* passed, 0 failed, 0 skipped$/);
});
