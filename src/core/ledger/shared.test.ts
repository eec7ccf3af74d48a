/**
 * Goal: W2: several ledgers on one store are one ledger to whoever asks them.
 * Method: a counter that three ledgers on one disk raise and read, all at once, with stores that
 * take their time in ways that the seed says; each answer is held against what was answered before
 * it was asked for (the counter is linearizable), and in the end all of them show the same.
 * Mutants that these killed: `current` that does not ask; that joins a question already asked; that
 * applies while a batch is undecided; `missed` applied twice; the last page of records forgotten.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { SimDisk, SimStore } from '../../sim/store.ts';
import { table } from '../base/table.ts';
import { millis } from '../base/units.ts';
import { done } from '../ports/reply.ts';
import type { Batch, Store } from '../ports/store.ts';
import { Joint } from './joint.ts';
import { Ledger } from './ledger.ts';

interface CountRow {
  readonly id: string;
  readonly value: number;
}
const counts = table<CountRow>({
  name: 'count',
  columns: { id: 'text', value: 'integer' },
  primary: ['id'],
});
const clock = { now: () => millis(0), wall: () => 0, sleep: async () => {} };

/** The store, but every answer comes after so many turns of the event loop as the lots say. */
function slow(store: Store, lots: () => number): Store {
  const turns = async () => {
    for (let left = lots(); left > 0; left--) await Promise.resolve();
  };
  const late = async <T>(asked: Promise<T>): Promise<T> => {
    const answer = await asked;
    await turns();
    return answer;
  };
  return {
    shared: true,
    load: (visit) => store.load(visit),
    begin: async (since) => late(store.begin(since)),
    commit: async (batch) => {
      await turns();
      return late(store.commit(batch));
    },
    rollback: () => store.rollback(),
    records: (since, limit) => late(store.records(since, Math.min(limit, 256))),
    close: () => store.close(),
  };
}

async function ledgers(count: number, lots: () => number) {
  const disk = new SimDisk();
  const all = Array.from({ length: count }, () =>
    Ledger.open([counts], slow(new SimStore([counts], {}, disk), lots), clock),
  );
  return Promise.all(all);
}

const raise = async (ledger: Ledger): Promise<number> => {
  const reply = await ledger.submit((draft) => {
    const value = (draft.rows(counts).get('c')?.value ?? 0) + 1;
    draft.put(counts, { id: 'c', value });
    return done(value);
  });
  ok(reply.is === 'done', JSON.stringify(reply));
  return reply.value;
};

const look = async (ledger: Ledger): Promise<number> => {
  equal((await ledger.current()).is, 'done');
  return ledger.read((view) => view.rows(counts).get('c')?.value ?? 0);
};

test('what one was told is seen by all who ask afterwards', async () => {
  const seen = { reads: 0, ofOthers: 0, raised: 0 };
  const act = fc.record({
    who: fc.nat({ max: 2 }),
    raises: fc.boolean(),
    after: fc.nat({ max: 12 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(act, { minLength: 4, maxLength: 40 }),
      fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 20 }),
      async (acts, waits) => {
        let drawn = 0;
        const fleet = await ledgers(3, () => waits[drawn++ % waits.length] ?? 0);
        let answered = 0; // the highest that anybody was told
        await Promise.all(
          acts.map(async ({ who, raises, after }, at) => {
            for (let left = after + at; left > 0; left--) await Promise.resolve();
            const ledger = fleet[who] as Ledger;
            const before = answered;
            const value = raises ? await raise(ledger) : await look(ledger);
            ok(value >= before, `${value} was told after ${before} was`);
            if (raises) ok(value > before, 'raised to what it was');
            answered = Math.max(answered, value);
            seen[raises ? 'raised' : 'reads']++;
            if (!raises && value > 0) seen.ofOthers++;
          }),
        );
        const last = await Promise.all(fleet.map(look));
        deepEqual(
          last,
          last.map(() => acts.filter(({ raises }) => raises).length),
        );
      },
    ),
    { numRuns: 300 },
  );
  ok(seen.reads > 1000 && seen.raised > 1000 && seen.ofOthers > 500, JSON.stringify(seen));
});

test('whoever was away long is brought up to date page by page, and tells its listeners', async () => {
  const [one, other] = (await ledgers(2, () => 1)) as [Ledger, Ledger];
  const heard: Batch[] = [];
  other.subscribe((batch) => heard.push(batch));
  for (let n = 0; n < 600; n++) await raise(one);
  equal(await look(other), 600);
  deepEqual(
    heard.map(({ sequence }) => sequence),
    Array.from({ length: 600 }, (_, n) => n + 1),
  );
});

test('who asks while a question is under way is answered by the next one', async () => {
  const answers: ((n: number) => void)[] = [];
  const joint = new Joint(() => new Promise<number>((resolve) => answers.push(resolve)));
  const first = joint.join();
  await Promise.resolve();
  const [second, third] = [joint.join(), joint.join()];
  equal(answers.length, 1);
  answers[0]?.(1);
  equal(await first, 1);
  for (let turns = 0; turns < 5; turns++) await Promise.resolve();
  equal(answers.length, 2);
  answers[1]?.(2);
  deepEqual(await Promise.all([second, third]), [2, 2]);
});
