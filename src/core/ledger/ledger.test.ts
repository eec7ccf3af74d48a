/**
 * Goal: the batch protocol, one promise a test: who is told what, when, and by whom.
 * Method: a ledger on the store's twin, and a store whose commit is held until the test lets go.
 */
import { deepEqual, equal, rejects } from 'node:assert/strict';
import test from 'node:test';
import { SimStore, type StoreFaults } from '../../sim/store.ts';
import { table } from '../base/table.ts';
import { millis } from '../base/units.ts';
import { done, no } from '../ports/reply.ts';
import type { Batch, Store } from '../ports/store.ts';
import type { Draft, View } from './draft.ts';
import { BATCH_REQUESTS_MAX, Ledger } from './ledger.ts';

interface NoteRow {
  readonly id: string;
  readonly text: string;
}
const notes = table<NoteRow>({
  name: 'note',
  columns: { id: 'text', text: 'text' },
  primary: ['id'],
  indexes: ['text'],
});

let slept = 0;
const clock = {
  now: () => millis(0),
  wall: () => 42,
  sleep: async () => {
    slept++;
  },
};

async function ledgerOn(faults: StoreFaults = {}) {
  const store = new SimStore([notes], faults);
  return { store, ledger: await Ledger.open([notes], store, clock) };
}

const write =
  (id: string, text = '') =>
  (draft: Draft) => {
    draft.put(notes, { id, text });
    return done(draft.rows(notes).size);
  };
const ids = (view: View) => [...view.rows(notes).values()].map(({ id }) => id).sort();

/** Gives each of the faults once, then none. */
const once =
  <T>(...faults: T[]) =>
  () =>
    faults.shift() ?? null;

test('requests that arrive together are one batch, decided in order on each other', async () => {
  const { ledger } = await ledgerOn();
  const batches: Batch[] = [];
  ledger.subscribe((batch) => batches.push(batch));
  const replies = await Promise.all([ledger.submit(write('a')), ledger.submit(write('b'))]);
  deepEqual(replies, [done(1), done(2)]);
  equal(batches.length, 1);
  equal(ledger.sequence, 1);
});

test('a batch has a bound, and who is over it is in the next', async () => {
  const { ledger } = await ledgerOn();
  const asked = Array.from({ length: BATCH_REQUESTS_MAX + 1 }, (_, n) =>
    ledger.submit(write(`${n}`)),
  );
  await Promise.all(asked);
  equal(ledger.sequence, 2);
});

test('L2: a refusal and a throw leave no trace, and hurt nobody else in the batch', async () => {
  const { ledger } = await ledgerOn();
  const refused = ledger.submit((draft) => {
    write('x')(draft);
    return no('regret');
  });
  const thrown = ledger.submit((draft) => {
    write('y')(draft);
    throw new Error('oops');
  });
  const fine = ledger.submit(write('a'));
  await rejects(thrown, /oops/);
  deepEqual([await refused, await fine], [no('regret'), done(1)]);
  deepEqual(await ledger.read(ids), ['a']);
});

test('a request that writes nothing costs no commit', async () => {
  const { ledger } = await ledgerOn({ onCommit: () => 'refuse' });
  deepEqual(await ledger.submit((draft) => done(draft.now_ms)), done(42));
  equal(ledger.sequence, 0);
});

test('a store that would not, or does not answer begin, is a plain no', async () => {
  const { ledger } = await ledgerOn({ onBegin: once('refuse', 'lose'), onCommit: once('refuse') });
  for (let turn = 0; turn < 3; turn++) {
    const reply = await ledger.submit(write('a'));
    equal(reply.is === 'no' && reply.why.why, 'unavailable');
  }
  deepEqual(await ledger.submit(write('a')), done(1));
});

test('L7: a lost commit is found again, there or not there, and told as it is', async () => {
  const { ledger } = await ledgerOn({ onCommit: once('lose-done', 'lose-undone') });
  deepEqual(await ledger.submit(write('a')), done(1));
  equal((await ledger.submit(write('b'))).is, 'no');
  deepEqual(await ledger.read(ids), ['a']);
});

test('a commit in doubt: its asker is told lost in the end; reads wait, then see it', async () => {
  let down = false;
  const { ledger } = await ledgerOn({
    onBegin: () => (down ? 'refuse' : null),
    onCommit: () => {
      down = true;
      return 'lose-done';
    },
  });
  const asked = ledger.submit(write('a'));
  let read: string[] | null = null;
  const reading = asked
    .then(() => ledger.read(ids))
    .then((found) => {
      read = found;
    });
  equal((await asked).is, 'lost');
  const next = await ledger.submit(write('b'));
  equal(next.is === 'no' && next.why.why, 'unavailable');
  equal(read, null);
  down = false;
  await reading;
  deepEqual(read, ['a']);
});

test('in doubt the store is asked again after a pause, not in a rush', async () => {
  const { ledger } = await ledgerOn({
    onBegin: once(null, 'refuse', 'lose', 'refuse') as StoreFaults['onBegin'] & {},
    onCommit: once('lose-done'),
  });
  const before = slept;
  deepEqual(await ledger.submit(write('a')), done(1));
  equal(slept - before, 3);
});

test('two processes on one disk: each decides on what the other wrote', async () => {
  const { store, ledger } = await ledgerOn();
  const other = await Ledger.open([notes], new SimStore([notes], {}, store.disk), clock);
  const told: number[] = [];
  other.subscribe(({ sequence }) => told.push(sequence));
  await ledger.submit(write('a'));
  deepEqual(await other.submit(write('b')), done(2));
  deepEqual(await ledger.submit((draft) => done(ids(draft))), done(['a', 'b']));
  deepEqual(told, [1, 2]);
});

test('a listener that throws: all are answered and told, then the ledger is broken', async () => {
  const { ledger } = await ledgerOn();
  let told = 0;
  ledger.subscribe(() => {
    throw new Error('bad listener');
  });
  ledger.subscribe(() => told++);
  deepEqual(await ledger.submit(write('a')), done(1));
  equal(told, 1);
  equal(((await ledger.broken) as Error).message, 'bad listener');
  await rejects(ledger.submit(write('b')), /bad listener/);
  await rejects(async () => ledger.read(ids), /bad listener/);
});

test('a row that its table cannot hold breaks the ledger, and its asker knows', async () => {
  const { ledger, store } = await ledgerOn();
  const bad = ledger.submit(write('a', 1 as never));
  await rejects(bad, { name: 'BrokenInvariant' });
  await ledger.broken;
  equal(store.disk.sequence, 0);
});

test('a listener that stopped listening is not told', async () => {
  const { ledger } = await ledgerOn();
  let told = 0;
  const stop = ledger.subscribe(() => told++);
  await ledger.submit(write('a'));
  stop();
  await ledger.submit(write('b'));
  equal(told, 1);
});

test('close answers what was asked, takes no more, and closes the store', async () => {
  const { ledger, store } = await ledgerOn();
  let closed = false;
  const close = store.close.bind(store);
  (store as Store).close = () => {
    closed = true;
    return close();
  };
  const asked = ledger.submit(write('a'));
  const closing = ledger.close();
  const late = await ledger.submit(write('b'));
  equal(late.is === 'no' && late.why.why, 'unavailable');
  deepEqual(await asked, done(1));
  await closing;
  equal(closed, true);
});

test('shelves answer by key and by index, also after a row has changed its index', async () => {
  const { ledger } = await ledgerOn();
  await ledger.submit(write('a', 'x'));
  await ledger.submit(write('b', 'x'));
  await ledger.submit(write('a', 'y'));
  const by = (text: string) =>
    ledger.read((v) =>
      v
        .rows(notes)
        .by('text', text)
        .map(({ id }) => id),
    );
  deepEqual([await by('x'), await by('y'), await by('z')], [['b'], ['a'], []]);
});
