/**
 * Goal: `plimsoll status` says on a page how the installation is, and with what to go on; its exit
 * code is 1 when the process is not ready, also where nobody can log in.
 * Method: samples held to the API's schema; whole pages, compared.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import type { Static } from 'typebox';
import { Value } from 'typebox/value';
import { Status } from '../core/api/plimsoll/status.ts';
import { notReady, status } from './status.ts';
import type { Format } from './table.ts';

const sample: Static<typeof Status> = {
  ready: true,
  process: 'p-1',
  processes: [
    { name: 'p-1', started_at_ms: 1, lease_until_ms: 2 },
    { name: 'p-2', started_at_ms: 1, lease_until_ms: 2 },
  ],
  database: 'postgresql',
  broker: 'away',
  ledger: { sequence: 12, queued: 0 },
  hosts: { up: 3, down: 1 },
  servers: 7,
  operations: { under_way: { 'create-server': 2 }, waiting: 1, stuck: 0 },
  problems: [{ what: 'nothing is heard of h4', next: 'start the agent there' }],
};

async function say(seen: Static<typeof Status>, format: Format = 'table') {
  let said = '';
  const print = (text: string) => {
    said += stripVTControlCharacters(text);
  };
  const client = { get: async () => seen as never, post: async () => null, events: () => never() };
  const code = await status({ client, format, print }, 'http://h:1');
  return { code, said };
}

async function* never(): AsyncGenerator<never> {}

test('how it is, and what is wrong with the next step', async () => {
  ok(Value.Check(Status, sample));
  const page = `Plimsoll at http://h:1 is ready.

  processes   2: p-1 (asked), p-2
  database    PostgreSQL
  broker      down
  ledger      batch 12, 0 requests queued
  hosts       3 up, 1 down
  servers     7
  operations  2 under way (create-server 2), 1 waiting for room, 0 stuck

! nothing is heard of h4
  next: start the agent there`;
  deepEqual(await say(sample), { code: 0, said: page });
});

test('alone, and not ready', async () => {
  const alone = { ...sample, ready: false, processes: [], problems: [] };
  const { code, said } = await say(alone);
  equal(code, 1);
  ok(said.startsWith('Plimsoll at http://h:1 is down: not ready.\n'));
  ok(said.includes('processes   1: p-1'));
  const { said: json } = await say(alone, 'json');
  deepEqual(JSON.parse(json), alone);
});

test('who cannot be logged in to says what is wrong all the same', () => {
  const wrong = [{ what: 'the database does not answer', next: 'look at it' }];
  const said: string[] = [];
  const print = (text: string) => void said.push(stripVTControlCharacters(text));
  const health = { origin: 'http://h:1', ok: false, wrong };
  equal(notReady(health, { format: 'table', print }), 1);
  equal(notReady(health, { format: 'json', print }), 1);
  ok(said[0]?.includes('! the database does not answer\n  next: look at it'));
  deepEqual(JSON.parse(said[1] ?? ''), { ready: false, problems: wrong });
});
