/**
 * Goal: whatever is asked of a server while something is being done to it has one outcome, which
 * pairs.md names, and whenever it comes every promise holds.
 * Method: each way in which a saga can begin × each thing that can be asked, after every commit of
 * the first. Those that are refused leave nothing, so all are asked in one world; each other one
 * has a world for every commit. For an evacuation the host dies in that instant, and comes back.
 *
 * Caught by it when it was written: a server put away after the resize, or the rescue, that it
 * waited for; a guest that stayed aside, and was then destroyed, when its host died during a move.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { allSagas } from '../../core/sagas/all.ts';
import {
  expected,
  type PairOutcome,
  plainSeconds,
  playEach,
  playRefused,
  type Second,
  type Seen,
  weightySeconds,
} from '../pairs.ts';
import { type Scenario, scenarios } from '../scenarios-of-sagas.ts';

/** One macrotask: by then every promise has run dry. */
const drain = () => new Promise<void>((resolve) => setImmediate(resolve));

for (const scenario of scenarios) {
  test(`${scenario.name}, and meanwhile anything that is refused`, async () => {
    const seen = await playRefused(scenario, drain, plainSeconds);
    judged(seen, scenario, plainSeconds);
  });

  for (const second of weightySeconds) {
    test(`${scenario.name}, and meanwhile ${second}`, async () => {
      judged(await playEach(scenario, drain, second), scenario, [second]);
    });
  }
}

function judged({ outcomes, failures }: Seen, scenario: Scenario, seconds: readonly Second[]) {
  deepEqual(failures, []);
  const wanted = seconds.map((second) => `${second}: ${expected(scenario, second)}`);
  deepEqual([...outcomes.keys()].toSorted(), wanted.toSorted());
  for (const times of outcomes.values()) ok(times > 1, 'asked but once');
}

test('every saga is a first of a pair', () => {
  const firsts = new Set(scenarios.map(({ saga }) => saga));
  deepEqual(
    allSagas.map(({ name }) => name).filter((name) => !firsts.has(name)),
    [],
  );
});

const shown: Readonly<Record<PairOutcome, string>> = {
  refused: '409',
  cancels: 'cancels',
  waits: 'waits',
  joins: 'joins',
};

const line = (scenario: Scenario): string => {
  const cells = weightySeconds.map((second) => shown[expected(scenario, second)]);
  return `| ${[scenario.name, scenario.saga, ...cells, '409'].join(' | ')} |`;
};

test('pairs.md says the same', () => {
  const text = readFileSync(
    new URL('../../../src/sim/scenarios/pairs.md', import.meta.url),
    'utf8',
  );
  const said = text.split('\n').filter((one) => one.startsWith('| ') && !one.startsWith('| Under'));
  equal(said.filter((one) => !one.startsWith('|---')).join('\n'), scenarios.map(line).join('\n'));
});
