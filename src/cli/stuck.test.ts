/**
 * Goal: stuck operations are listed with what each holds, and are reset by what was asked for.
 * Method: a client that gives answers of our own API's shape, held to its schema.
 */
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import test from 'node:test';
import { Value } from 'typebox/value';
import { StuckOperation } from '../core/api/plimsoll/stuck.ts';
import { operation as sample } from './samples.fixture.ts';
import type { Session } from './session.ts';
import { listStuck, resetOperation } from './stuck.ts';

const { id, saga, server_uuid, step, waits, started_at_ms } = sample;
const times = { started_at_ms, ended_at_ms: null, error: 'a bug' };
const operation = { id, saga, server_uuid, state: 'stuck', step, waits, ...times };
const holds = [{ consumer_uuid: id, host: 'h1', amounts: { VCPU: 2, MEMORY_MB: 512 } }];
const stuck = { operation, was: 'running', since_ms: 1_795_255_200_000, holds };

function session(answer: unknown) {
  const said: string[] = [];
  const asked: unknown[] = [];
  const ask = (...about: unknown[]) => {
    asked.push(about);
    return Promise.resolve(answer);
  };
  const client = { get: ask, post: ask } as unknown as Session['client'];
  const print = (text: string) => void said.push(text);
  return { client, format: 'table' as const, print, said, asked };
}

test('what is stuck is told with what it holds', async () => {
  ok(Value.Check(StuckOperation, stuck));
  const one = session({ stuck: [stuck] });
  equal(await listStuck(one), 0);
  match(
    one.said.join('\n'),
    /live-migrate .* running +claim +2026-.* h1: 2 VCPU, 512 MEMORY_MB +a bug/,
  );
  const none = session({ stuck: [] });
  await listStuck(none);
  deepEqual(none.said, ['No operation is stuck.']);
});

test('a reset asks for what was said, and tells how to follow it', async () => {
  const one = session({ operation: { ...operation, state: 'undoing' } });
  equal(await resetOperation(one, id, 'undo'), 0);
  deepEqual(one.asked, [[`/operations/${id}/reset`, { how: 'undo' }]]);
  match(one.said.join('\n'), /is undoing; `plimsoll operation watch 0190/);
  await rejects(resetOperation(session(null), 'x', 'retry'), /there is no operation x/);
});
