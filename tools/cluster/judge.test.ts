/**
 * Goal: the checker finds what it is there for, and nothing else.
 * Method: a history of one consumer that a single copy would give, and the same with one event bent
 * in each way that J1–J6 name; each bend is found as what it is.
 */
import { deepEqual } from 'node:assert/strict';
import test from 'node:test';
import type { Event, Outcome } from './history.ts';
import { judge } from './judge.ts';

const at = (began_ms: number, ended_ms = began_ms + 1) => ({ began_ms, ended_ms });
const write = (
  when: number,
  [generation, value]: readonly [number, number],
  outcome: Outcome = 'done',
): Event => ({ is: 'write', consumer: 'c', generation, value, outcome, ...at(when) });
const read = (when: number, generation: number, value: number): Event => {
  return { is: 'read', consumer: 'c', generation, value, ...at(when) };
};
const birth = (when: number, name: string, outcome: Outcome = 'done'): Event => {
  return { is: 'birth', name, id: outcome === 'done' ? name : null, outcome, ...at(when) };
};
const sight = (when: number, id: string, there: boolean): Event => ({
  is: 'sight',
  id,
  there,
  ...at(when),
});
const death = (when: number, id: string): Event => ({ is: 'death', id, ...at(when) });
const glance = (when: number, generation: number): Event => ({
  is: 'glance',
  provider: 'p',
  generation,
  ...at(when),
});

const fair: readonly Event[] = [
  read(0, 1, 10),
  write(10, [1, 11]),
  write(10, [1, 12], 'refused'),
  read(20, 2, 11),
  write(30, [2, 13], 'lost'),
  read(40, 2, 11),
  read(50, 3, 13),
  write(60, [3, 14], 'lost'),
  read(70, 3, 13),
];

const counts = (history: readonly Event[], names: readonly string[] = []) => {
  const { lost, doubled, stale, violations } = judge(history, names);
  return [lost.length, doubled.length, stale.length, violations.length];
};
const none = [0, 0, 0, 0];

test('what one copy would have answered is fair, whatever became of what was lost', () => {
  deepEqual(counts(fair), none);
  const overlapping = { ...read(0, 1, 10), began_ms: 9, ended_ms: 25 };
  deepEqual(counts([...fair, overlapping]), none);
});

test('each bend of a claim is found as what it is', () => {
  deepEqual(counts([...fair, write(12, [1, 99])]), [2, 1, 0, 0], 'granted twice (J1, J2)');
  deepEqual(counts([...fair, write(80, [3, 15])]), [1, 0, 0, 0], 'done, and never seen');
  deepEqual(counts([...fair, read(55, 2, 11)]), [0, 0, 1, 0], 'an old look (J3)');
  deepEqual(counts([...fair, read(80, 4, 77)]), [0, 0, 0, 1], 'claimed by nobody (J4)');
  const refused = [write(75, [3, 16], 'refused'), read(80, 4, 16)];
  deepEqual(counts([...fair, ...refused]), [0, 0, 0, 1], 'refused, and there (J4)');
  deepEqual(counts([glance(0, 5), glance(2, 6), glance(4, 5)]), [0, 0, 1, 0], 'a provider');
  deepEqual(counts([{ ...glance(0, 6), ended_ms: 9 }, glance(1, 5)]), none, 'at once');
});

test('servers: made, seen, gone', () => {
  const life = [birth(0, 's'), sight(2, 's', true), death(4, 's'), sight(6, 's', false)];
  deepEqual(counts([...life, sight(8, 's', false)]), none);
  deepEqual(counts([...life, sight(8, 's', true)]), [0, 0, 1, 0], 'seen after it was gone (J5)');
  deepEqual(counts([birth(0, 's'), sight(2, 's', false)]), [1, 0, 0, 0], 'never there (J5)');
  const late = [birth(0, 's'), sight(2, 's', false), sight(4, 's', true)];
  deepEqual(counts(late), [0, 0, 2, 0], 'there too late (J5)');
  deepEqual(counts([birth(0, 's', 'lost')], ['s', 's']), [0, 1, 0, 0], 'made twice (J6)');
  deepEqual(counts([birth(0, 's', 'refused')], ['s']), [0, 0, 0, 1], 'refused, and there');
});
