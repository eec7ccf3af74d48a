/**
 * Goal: nothing that failed, or was not run, can look as if it had passed.
 * Method: the parts that read other programs' totals, on what those programs print, good and bad;
 * and node:test itself on files that pass, fail, crash and hold no test.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { tempestOutcome } from './compute-conformance.ts';
import { nodeTest } from './node-test.ts';
import { counted, inWords, leftOut, passed, sum } from './stage.ts';
import { shareOutcome } from './stages.ts';

const only = (count: { passed?: number; failed?: number; skipped?: number }) => ({
  passed: 0,
  failed: 0,
  skipped: 0,
  ...count,
});
const counts = ({ passed, failed, skipped }: ReturnType<typeof only>) => ({
  passed,
  failed,
  skipped,
});

function file(context: TestContext, code: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-sample-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'sample.test.mjs');
  writeFileSync(path, `import test from 'node:test';\nimport assert from 'node:assert';\n${code}`);
  return path;
}

test('node:test is counted as it counts itself', async (context) => {
  const good = file(context, "test('a', () => {}); test('b', { skip: true }, () => {});");
  deepEqual(counts(await nodeTest([good], 1)), only({ passed: 1, skipped: 1 }));

  const bad = file(context, "test('a', () => {}); test('wrong', () => assert.equal(1, 2));");
  const outcome = await nodeTest([bad], 1);
  deepEqual(counts(outcome), only({ passed: 1, failed: 1 }));
  match(outcome.notes.join(), /failed: wrong/);
});

test('a file that crashes or never ends a test is a failure', async (context) => {
  const crash = file(context, "test('a', () => {}); throw new Error('at once');");
  equal((await nodeTest([crash], 1)).failed > 0, true);
  const stuck = file(context, "test('a', () => new Promise(() => {}));");
  equal((await nodeTest([stuck], 1, 300)).failed > 0, true);
});

test('no files is a failure, not a success of nothing', async () => {
  deepEqual(counts(await nodeTest([], 1)), only({ failed: 1 }));
});

test('a share of seeds passes only whole, with its report', () => {
  const line = (seeds: number, violations: number) =>
    JSON.stringify({ seeds, operations: 9, faults: 9, violations });
  deepEqual(counts(shareOutcome(0, line(250, 0), 250)), only({ passed: 250 }));
  deepEqual(counts(shareOutcome(1, line(250, 2), 250)), only({ passed: 247, failed: 3 }));
  deepEqual(shareOutcome(0, line(250, 0), 250).notes, [`seeds: ${line(250, 0)}`], 'figures');
  equal(shareOutcome(0, line(249, 0), 250).failed, 1, 'one seed too few');
  equal(shareOutcome(1, line(250, 0), 250).failed, 1, 'an exit code that says otherwise');
  equal(shareOutcome(0, 'Segmentation fault', 250).failed, 1, 'no report');
  equal(shareOutcome(0, 'null', 250).failed, 1, 'a report of nothing');
});

test("another suite's closing line is believed only when it is one", () => {
  deepEqual(counts(counted('x', '7 passed, 2 failed, 1 skipped')), {
    passed: 7,
    failed: 2,
    skipped: 1,
  });
  equal(counted('x', 'Traceback (most recent call last)').failed, 1);
  equal(counted('x', '').failed, 1);
});

test('what is left out is a skip on a laptop and a failure where CI is true', (context) => {
  const before = process.env['CI'];
  context.after(() => {
    if (before === undefined) delete process.env['CI'];
    else process.env['CI'] = before;
  });
  process.env['CI'] = 'true';
  deepEqual(counts(leftOut('chromium')), only({ failed: 1 }));
  delete process.env['CI'];
  deepEqual(counts(leftOut('chromium')), only({ skipped: 1 }));
});

test('the closing line adds up', () => {
  const all = sum([passed, passed, only({ failed: 2 }), only({ skipped: 3 })].map(withNotes));
  equal(inWords(all), '2 passed, 2 failed, 3 skipped');
});

const withNotes = (outcome: ReturnType<typeof only>) => ({ ...outcome, notes: [] });

test('of the tests that must pass, one that did not run has failed; the rest is open', () => {
  const ran = 'Totals\n======\n - Passed: 7\n - Skipped: 1\n - Failed: 0\n';
  deepEqual(counts(tempestOutcome(ran, 7, 3)), only({ passed: 7, skipped: 3 }));
  deepEqual(counts(tempestOutcome(ran, 9, 3)), only({ passed: 7, failed: 2, skipped: 3 }));
  deepEqual(counts(tempestOutcome('', 9, 3)), only({ failed: 9, skipped: 3 }));
});
