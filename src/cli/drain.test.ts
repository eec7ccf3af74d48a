/**
 * Goal: `drain` says what would go where, follows what it began to its end, and tells by its exit
 * code whether the host is empty.
 * Method: a client that gives answers of our own API's shape, held to its schemas.
 */
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import test from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import type { Static } from 'typebox';
import { Value } from 'typebox/value';
import { Drain, PlannedMove } from '../core/api/plimsoll/drains.ts';
import { cancelDrain, drain, planOfDrain } from './drain.ts';
import type { Session } from './session.ts';

const goes: Static<typeof PlannedMove> = {
  server_uuid: 'u1',
  name: 'web',
  how: 'live',
  to: 'host-2',
  pinned: true,
  why: null,
};
const stays = { ...goes, server_uuid: 'u2', how: 'stays', to: null, why: 'it is paused' } as const;
const running: Static<typeof Drain> = {
  host: 'host-1',
  state: 'running',
  moves_max: 4,
  started_at_ms: 1,
  ended_at_ms: null,
  moves: [{ server_uuid: 'u1', how: 'live', operation_id: 'o1', why: null }],
};
const left = { server_uuid: 'u2', how: 'stays' as const, operation_id: null, why: 'it is paused' };

/** Gives the answers in turn, whatever is asked; null: there is no such host. */
function sessionOf(...answers: readonly unknown[]) {
  const said: string[] = [];
  const asked: string[] = [];
  const next = (path: string) => {
    asked.push(path);
    return Promise.resolve(answers[asked.length - 1] ?? null);
  };
  const client = { get: next, post: next } as unknown as Session['client'];
  const print = (text: string) => void said.push(stripVTControlCharacters(text));
  return { session: { client, format: 'table' as const, print }, said, asked };
}

test('a plan names what stays, and is 1 then', async () => {
  for (const move of [goes, stays]) ok(Value.Check(PlannedMove, move));
  const whole = sessionOf({ plan: [goes] });
  equal(await planOfDrain(whole.session, 'host-1'), 0);
  match(whole.said.join('\n'), /web +u1 +live +host-2 +yes/);
  const partly = sessionOf({ plan: [goes, stays] });
  equal(await planOfDrain(partly.session, 'host-1'), 1);
  match(partly.said.join('\n'), /stays +- +yes +it is paused/);
});

test('a drain is followed to its end, and each move told once', async () => {
  const over = { ...running, state: 'done' as const, ended_at_ms: 2 };
  for (const one of [running, over]) ok(Value.Check(Drain, one));
  const { session, said, asked } = sessionOf({ drain: running }, { drain: over });
  equal(await drain(session, 'host-1', undefined, async () => {}), 0);
  deepEqual(asked, ['/hosts/host-1/drain', '/hosts/host-1/drain']);
  deepEqual(said, ['u1  live  o1', 'host-1: done, 1 servers']);
});

test('what is left on the host is told, and is 1', async () => {
  const moves = [...running.moves, left];
  const { session, said } = sessionOf({ drain: { ...running, state: 'incomplete', moves } });
  equal(await drain(session, 'host-1', 2), 1);
  deepEqual(said.slice(-2), ['u2  stays  it is paused', 'host-1: incomplete, 2 servers']);
});

test('cancelling says so; a host that is not there is a complaint', async () => {
  const { session, said, asked } = sessionOf({ drain: { ...running, state: 'cancelled' } });
  equal(await cancelDrain(session, 'host-1'), 0);
  deepEqual([said, asked], [['host-1: cancelled'], ['/hosts/host-1/drain/cancel']]);
  await rejects(planOfDrain(sessionOf().session, 'host-9'), /there is no host 'host-9'/);
});
