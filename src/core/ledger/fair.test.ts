/**
 * Goal: one owner decides, and is fair: requests are decided one at a time, in the order in which
 * they came, whoever asks and however often; nobody waits for ever, whatever the store does.
 * Method: askers who ask again as soon as they are answered, more of them than a batch takes, on a
 * store that refuses or loses a few of its turns; each decision notes its number. The same of Turn,
 * by which stores take turns.
 * Mutants that were caught: the last who came decided first; a batch that takes from the end of the
 * queue; a turn that is given to the newest, or to nobody.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { SimStore } from '../../sim/store.ts';
import { Turn } from '../base/turn.ts';
import { millis } from '../base/units.ts';
import { done } from '../ports/reply.ts';
import { BATCH_REQUESTS_MAX, Ledger } from './ledger.ts';
import * as rows from './rows.ts';

const clock = { now: () => millis(0), wall: () => 0, sleep: () => Promise.resolve() };
type Fault = 'refuse' | 'lose' | null;
const faults = fc.array(fc.constantFrom<Fault[]>('refuse', 'lose', null, null), { maxLength: 6 });

async function play(askers: number, times: number, begin: Fault[]): Promise<number> {
  const store = new SimStore(rows.ledgerTables, { onBegin: () => begin.shift() ?? null });
  const ledger = await Ledger.open(rows.ledgerTables, store, clock);
  const decided: number[] = [];
  let [asked, answered] = [0, 0];
  const ask = async (left: number): Promise<void> => {
    if (left === 0) return;
    const number = asked++;
    await ledger.submit((draft) => {
      decided.push(number);
      draft.put(rows.traits, { id: number, name: `CUSTOM_${number}`, updated_at_ms: 0 });
      return done(undefined);
    });
    answered++;
    await ask(left - 1);
  };
  await Promise.all(Array.from({ length: askers }, () => ask(times)));
  deepEqual(
    decided,
    decided.toSorted((a, b) => a - b),
  );
  equal(answered, askers * times);
  return decided.length;
}

test('requests are decided in the order in which they came, and everybody is answered', async () => {
  let all = 0;
  const property = fc.asyncProperty(
    fc.integer({ min: 2, max: 9 }),
    fc.integer({ min: 1, max: 6 }),
    faults,
    async (askers, times, begin) => {
      all += await play(askers, times, begin);
    },
  );
  await fc.assert(property, { numRuns: 60 });
  ok(all > 300, `only ${all} were decided`);
});

test('more askers than a batch takes: none of them is passed by', async () => {
  equal(await play(BATCH_REQUESTS_MAX + 40, 2, []), 2 * (BATCH_REQUESTS_MAX + 40));
});

test('a turn is one’s at a time, and goes to who has waited longest', async () => {
  const property = fc.asyncProperty(fc.array(fc.nat(3), { maxLength: 20 }), async (pauses) => {
    const turn = new Turn();
    const order: number[] = [];
    let within = 0;
    const takers = pauses.map(async (pause, at) => {
      await turn.take();
      equal(++within, 1);
      order.push(at);
      for (let tick = 0; tick < pause; tick++) await Promise.resolve();
      within--;
      turn.give();
    });
    await Promise.all(takers);
    deepEqual(order, [...pauses.keys()]);
  });
  await fc.assert(property);
});
