/**
 * Goal: F1–F3: listeners hear every event of every batch in order, slow ones are told to start
 * afresh, and those who were away are too.
 * Method: a real ledger on the simulated store, written by hand, with a teller that says one event
 * a changed row.
 * Mutants that this killed: `sees` ignored; the queue never cut; `reset` said without the new id.
 */
import { deepEqual, match } from 'node:assert/strict';
import test from 'node:test';
import { SimClock } from '../../../sim/clock.ts';
import { SimStore } from '../../../sim/store.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { ledgerTables, traits } from '../../ledger/rows.ts';
import { done } from '../../ports/reply.ts';
import { EVENTS_QUEUED_MAX, EventFeed, type Teller } from './feed.ts';

const tell: Teller = (batch) =>
  batch.changes.map(({ row }) => ({
    name: 'server' as const,
    project_id: (row as { id: number }).id % 2 === 0 ? 'even' : null,
    data: { id: (row as { id: number }).id },
  }));

async function fresh() {
  const clock = new SimClock();
  const ledger = await Ledger.open(ledgerTables, new SimStore(ledgerTables), clock);
  const told: number[] = [];
  const feed = new EventFeed(ledger, clock, (batch, view) => {
    told.push(batch.sequence);
    return tell(batch, view);
  });
  const write = (from: number, count: number) =>
    ledger.submit((draft) => {
      for (let id = from; id < from + count; id++) {
        draft.put(traits, { id, name: `T${id}`, updated_at_ms: 0 });
      }
      return done(undefined);
    });
  return { ledger, feed, write, told };
}

const everything = () => true;
const idsIn = (text: string) =>
  [...text.matchAll(/data: \{"id":(\d+)\}/g)].map(([, id]) => Number(id));

test('a listener hears each event once, in order, under its batch', async () => {
  const { feed, write } = await fresh();
  const stream = feed.listen(everything, null);
  match((await stream.next()).value, /^retry: 1000\n: here/);
  await write(1, 2);
  await write(3, 1);
  let text = '';
  while (idsIn(text).length < 3) text += (await stream.next()).value;
  deepEqual(idsIn(text), [1, 2, 3]);
  deepEqual(
    [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => id),
    ['1', '1', '2'],
  );
  await stream.return(undefined);
});

test('a listener hears only what it may', async () => {
  const { feed, write } = await fresh();
  const stream = feed.listen((event) => event.project_id === 'even', null);
  await stream.next();
  await write(1, 4);
  deepEqual(idsIn((await stream.next()).value), [2, 4]);
});

test('who reads too slowly is told once to start afresh, and listens on', async () => {
  const { feed, write, ledger } = await fresh();
  const stream = feed.listen(everything, null);
  await stream.next();
  await write(1, EVENTS_QUEUED_MAX);
  await write(EVENTS_QUEUED_MAX + 1, 1);
  await ledger.read(() => null);
  const text: string = (await stream.next()).value;
  match(text, /^id: 2\nevent: reset\ndata: \{\}\n\n$/);
  await write(5, 1);
  deepEqual(idsIn((await stream.next()).value), [5]);
});

test('who comes back and missed something is told; who missed nothing is not', async () => {
  const { feed, write } = await fresh();
  await write(1, 1);
  match((await feed.listen(everything, 0).next()).value, /event: reset/);
  match((await feed.listen(everything, 1).next()).value, /: here/);
});

test('without listeners nothing is computed', async () => {
  const { feed, write, told } = await fresh();
  await write(1, 1);
  deepEqual(told, []);
  const stream = feed.listen(everything, null);
  await stream.next();
  await write(2, 1);
  await stream.next();
  deepEqual(told, [2]);
});
