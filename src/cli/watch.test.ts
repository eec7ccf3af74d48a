/**
 * Goal: whoever watches an operation reads what it waits for and until when, once.
 * Method: a client that gives one look after another; times are in UTC.
 */
import { deepEqual, equal } from 'node:assert/strict';
import test from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { operation } from './samples.fixture.ts';
import type { Session } from './session.ts';
import { watchOperation } from './watch.ts';

const [fence] = operation.steps;
const at_ms = Date.UTC(2026, 10, 21, 12, 0, 0);
const place = {
  ...fence,
  name: 'place',
  state: 'started',
  started_at_ms: at_ms,
  ended_at_ms: null,
};
const waits = { for_what: 'No valid host was found.', since_ms: at_ms, until_ms: at_ms + 600_000 };
const placed = { ...place, state: 'done', ended_at_ms: at_ms + 60_000 };
const waiting = { ...operation, state: 'running', ended_at_ms: null, steps: [place], waits };
const done = {
  ...waiting,
  state: 'done',
  ended_at_ms: at_ms + 60_000,
  steps: [placed],
  waits: null,
};

async function watched(format: 'table' | 'json', looks: readonly object[]): Promise<string[]> {
  const lines: string[] = [];
  const left = [...looks];
  async function* events() {
    for (;;) yield { name: 'reset', data: {} };
  }
  const client = { get: async () => ({ operation: left.shift() }), events };
  const print = (line: string) => lines.push(stripVTControlCharacters(line));
  const session = { client, format, print } as unknown as Session;
  equal(await watchOperation(session, operation.id), 0);
  return lines;
}

test('what it waits for is told once, with the time until when', async () => {
  deepEqual(await watched('table', [waiting, waiting, done]), [
    '12:00:00  place          started',
    '12:00:00  waits          until 12:10:00 for: No valid host was found.',
    '12:01:00  place          done',
    `${operation.saga} ${operation.id}: done`,
  ]);
});

test('a step that waits for others, or is asked again, says so', async () => {
  const joined = { ...place, name: 'joined', kind: 'wait' };
  const boot = { ...place, name: 'boot', kind: 'ask', host: 'host-1', attempts: 3 };
  const looks = [{ ...waiting, steps: [joined, boot], waits: null }, done];
  deepEqual((await watched('table', looks)).slice(0, 2), [
    '12:00:00  joined         started: waits for what was begun before it',
    '12:00:00  boot           started on host-1, asked 3 times',
  ]);
});

test('programs read it as it is', async () => {
  const [, line = ''] = await watched('json', [waiting, done]);
  deepEqual(JSON.parse(line), { waits });
});
