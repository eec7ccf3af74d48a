/**
 * Goal: whoever watches an operation reads what it waits for and until when, once; and of a guest
 * that is on its way how far it is, though no event tells.
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

/** `told` false: no event comes after the first, and it looks again by itself. */
async function watched(
  format: 'table' | 'json',
  looks: readonly object[],
  told = true,
): Promise<string[]> {
  const lines: string[] = [];
  const left = [...looks];
  async function* events() {
    while (told) yield { name: 'reset', data: {} };
    await new Promise(() => {});
  }
  const client = { get: async () => ({ operation: left.shift() }), events };
  const print = (line: string) => lines.push(stripVTControlCharacters(line));
  const session = { client, format, print } as unknown as Session;
  equal(await watchOperation(session, operation.id, async () => 'a while' as const), 0);
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

test('of a guest that is sent: until when it has time, once, and how far it is', async () => {
  const deadline = { after_s: 60, action: 'pause' };
  const first = { passes: 0, sent_mib: 0, remaining_mib: 512, dirty_mib_per_s: 0 };
  const later = { passes: 2, sent_mib: 640.4, remaining_mib: 40, dirty_mib_per_s: 25 };
  const until_ms = at_ms + 60_000;
  const sent = [
    { ...first, left_ms: null, until_ms },
    { ...later, left_ms: 1_500, until_ms },
    { ...later, left_ms: null, until_ms: null },
    { ...later, left_ms: 900, until_ms: null, post_copy: true },
  ].map((transfer) => ({ ...waiting, waits: null, deadline, transfer }));
  deepEqual((await watched('table', [...sent, done], false)).slice(1, -2), [
    '          sends          until 12:01:00, 60 s from its beginning: it stands still for the rest then',
    '          sends          pass 1, 0 MiB sent, 512 MiB left of it, 0 MiB/s written, no estimate yet',
    '          sends          pass 3, 640 MiB sent, 40 MiB left of it, 25 MiB/s written, about 2 s to go',
    '          sends          pass 3, 640 MiB sent, 40 MiB left of it, 25 MiB/s written, no end in sight',
    '          sends          it runs there already, and fetches 40 MiB, about 1 s to go',
  ]);
});

test('programs read it as it is', async () => {
  const [, line = ''] = await watched('json', [waiting, done]);
  deepEqual(JSON.parse(line), { waits });
});
