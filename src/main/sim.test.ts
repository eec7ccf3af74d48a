/**
 * Goal: the command keeps its word: one JSON line at the end, an exit code, and a trace that two
 * processes print alike.
 * Method: run it as CI and people do.
 */
import { equal, match, ok } from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

interface Totals {
  readonly seeds: number;
  readonly violations: number;
  readonly faults: number;
  readonly faults_by_kind: Readonly<Record<string, number>>;
  readonly simulated_hours: number;
  readonly wall_ms: number;
  readonly simulated_hours_per_minute: number;
}

const sim = fileURLToPath(new URL(`./sim${import.meta.url.slice(-3)}`, import.meta.url));
const play = (...flags: readonly string[]) =>
  execFileSync(process.execPath, [sim, ...flags], { encoding: 'utf8' });

test('one seed prints the same bytes in two processes', () => {
  const first = play('--seed', '12');
  equal(play('--seed', '12'), first);
  match(first.trimEnd().split('\n').at(-1) ?? '', /^seed 12 · .* [0-9a-f]{16}$/);
});

test('many seeds end with exactly one JSON line of counts', () => {
  const lines = play('--from', '2000', '--seeds', '3', '--format', 'json').trimEnd().split('\n');
  equal(lines.length, 1);
  const totals = JSON.parse(lines[0] ?? '') as Totals;
  equal(totals.seeds, 3);
  equal(totals.violations, 0);
  const kinds = Object.values(totals.faults_by_kind);
  ok(kinds.length > 3, 'three histories of few kinds of faults');
  equal(
    kinds.reduce((sum, count) => sum + count, 0),
    totals.faults,
  );
  // Each history lasts for a minute at the least.
  ok(totals.simulated_hours >= 0.1, `${totals.simulated_hours} hours`);
  const rate = (totals.simulated_hours * 60_000) / totals.wall_ms;
  ok(Math.abs(totals.simulated_hours_per_minute / rate - 1) < 0.3, 'hours, wall clock and rate');
});

test('what is no number is told so, in one line', () => {
  const { status, stderr } = spawnSync(process.execPath, [sim, '--seeds', 'many'], {
    encoding: 'utf8',
  });
  equal(status, 2);
  match(stderr, /^expected a whole number, got many\n$/);
});
