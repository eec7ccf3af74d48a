/**
 * Goal: the twin keeps the store's contract, and does the mishaps it is asked for, no others.
 * Method: the contract; then each mishap once, looking at what the disk holds and what was said.
 */
import { deepEqual, equal, rejects } from 'node:assert/strict';
import test from 'node:test';
import { contractTables, storeContract } from '../core/ports/store.contract.ts';
import { SIM_RECORDS_KEPT, SimStore, type StoreFaults } from './store.ts';

for (const [promise, holds] of Object.entries(storeContract)) {
  test(`sim store: ${promise}`, () => {
    let store = new SimStore(contractTables);
    return holds({
      store,
      crash: async () => {
        store = store.reopen();
        return store;
      },
    });
  });
}

const batch = (sequence: number) => ({
  sequence,
  changes: [{ table: 'mark', row: { a: sequence, b: '' }, gone: false }],
});

async function attempt(faults: StoreFaults) {
  const store = new SimStore(contractTables, faults);
  const head = await store.begin(0);
  const reply = head.is === 'done' ? await store.commit(batch(1)) : head;
  return { said: reply.is, sequence: store.disk.sequence, store };
}

test('a mishap is said as planned, and writes only where it is planned to', async () => {
  const tried: { faults: StoreFaults; said: string; sequence: number }[] = [
    { faults: { onBegin: () => 'refuse' }, said: 'no', sequence: 0 },
    { faults: { onBegin: () => 'lose' }, said: 'lost', sequence: 0 },
    { faults: { onCommit: () => 'refuse' }, said: 'no', sequence: 0 },
    { faults: { onCommit: () => 'lose-undone' }, said: 'lost', sequence: 0 },
    { faults: { onCommit: () => 'lose-done' }, said: 'lost', sequence: 1 },
    { faults: {}, said: 'done', sequence: 1 },
  ];
  for (const { faults, ...expected } of tried) {
    const { said, sequence } = await attempt(faults);
    deepEqual({ said, sequence }, expected);
  }
});

test('a dead process holds no turn, hears nothing and writes nothing', async () => {
  const store = new SimStore(contractTables);
  await store.begin(0);
  const next = store.reopen();
  let heard = false;
  void store.commit(batch(1)).then(() => {
    heard = true;
  });
  equal((await next.begin(0)).is, 'done');
  equal(heard, false);
  equal(next.disk.sequence, 0);
});

test('two processes on one disk take turns and see each other', async () => {
  const one = new SimStore(contractTables);
  const two = new SimStore(contractTables, {}, one.disk);
  await one.begin(0);
  const waiting = two.begin(0);
  await one.commit(batch(1));
  const head = await waiting;
  deepEqual(head.is === 'done' && head.value, { sequence: 1, missed: [batch(1)] });
});

test('records are kept to a bound; who is further behind is told', async () => {
  const store = new SimStore(contractTables);
  for (let sequence = 1; sequence <= 2 * SIM_RECORDS_KEPT + 1; sequence++) {
    await store.begin(sequence - 1);
    await store.commit(batch(sequence));
  }
  equal((await store.begin(0)).is, 'no');
  equal((await store.begin(SIM_RECORDS_KEPT + 1)).is, 'done');
});

test('a row that SQL would not take is refused as the bug it is (T1)', async () => {
  for (const row of [{ a: 1 }, { a: 1.5, b: '' }, { a: 1, b: '', c: 1 }, { a: 1, b: null }]) {
    const store = new SimStore(contractTables);
    await store.begin(0);
    const changes = [{ table: 'mark', row, gone: false }];
    await rejects(store.commit({ sequence: 1, changes }), { name: 'BrokenInvariant' });
  }
});
