/** Runs test files with node:test and counts what it counted. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './command.ts';
import { failed, type Outcome } from './stage.ts';

/** Longer than any test may take; what hangs is a failure, with its name. */
const TEST_TIMEOUT_MS = 10 * 60_000;

export async function nodeTest(
  files: readonly string[],
  concurrency: number,
  timeout_ms = TEST_TIMEOUT_MS,
): Promise<Outcome> {
  if (files.length === 0) return failed('there are no test files');
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-test-'));
  const tap = join(folder, 'totals.tap');
  const { code } = await run(process.execPath, [
    '--test',
    `--test-concurrency=${concurrency}`,
    `--test-timeout=${timeout_ms}`,
    '--enable-source-maps',
    '--test-reporter=./tools/test/reporter.ts',
    '--test-reporter-destination=stdout',
    '--test-reporter=tap',
    `--test-reporter-destination=${tap}`,
    ...files,
  ]);
  const outcome = totals(readFileSync(tap, 'utf8'));
  rmSync(folder, { recursive: true });
  if (outcome.passed + outcome.failed === 0) return failed('no test was run');
  if (code !== 0 && outcome.failed === 0) return failed(`node --test ended with ${code}`);
  return outcome;
}

/** The counts in the last lines of a TAP stream, e.g. `# pass 12`. */
export function totals(tap: string): Outcome {
  const count = (word: string): number =>
    Number(new RegExp(`^# ${word} (\\d+)$`, 'm').exec(tap)?.[1] ?? 0);
  return {
    passed: count('pass'),
    failed: count('fail') + count('cancelled'),
    skipped: count('skipped') + count('todo'),
    notes: failures(tap).map((name) => `failed: ${name}`),
  };
}

/** The names of what failed, without the files and suites around them, which fail in sympathy. */
const failures = (tap: string): string[] =>
  [...tap.matchAll(/^( *)not ok \d+ - (.*)\n(?:\1 {2}.*\n)*?\1 {2}failureType: '(\w+)'/gm)]
    .filter(([, , , type]) => type !== 'subtestsFailed')
    .map(([, , name]) => name ?? '');
