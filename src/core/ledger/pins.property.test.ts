/**
 * Goal: P1, P2 and L2 for CPUs: no CPU is ever given twice, none that is not offered, and what is
 * let go is exactly what was taken, in claims, moves of two consumers, refusals and changed hosts.
 * Method: random claims on one draft beside a plain map of CPU to holder. The model says what must
 * be refused; after each step the books, their audit and the free cores must say the same.
 * Mutants that were caught: the holder not asked; a CPU not offered taken; CPUs kept by a consumer
 * that holds nothing else; free cores not reckoned again after a pin; after a change of the cores;
 * a consumer refused what it had just let go.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { byNumber } from '../base/order.ts';
import { checkBooks } from './audit.ts';
import { type Claim, claimAll } from './claim.ts';
import { Draft } from './draft.ts';
import * as rows from './rows.ts';
import { claimOf, dump, HOST, sampleFleet, vcpus } from './sample.ts';
import { State } from './state.ts';

const CORES = [
  { cpus: [0, 1], threads: 2 },
  { cpus: [2, 3], threads: 2 },
];
const consumer = fc.constantFrom('a', 'b', 'c');
const cpus = fc.uniqueArray(fc.nat(5), { maxLength: 3 });
const wish = fc.record({ who: consumer, cpus, all: fc.boolean() });
const step = fc.oneof(
  { weight: 6, arbitrary: wish.map((one) => [one]) },
  { weight: 2, arbitrary: fc.uniqueArray(wish, { minLength: 2, selector: ({ who }) => who }) },
  { weight: 2, arbitrary: fc.uniqueArray(fc.nat(3), { minLength: 1 }) },
);
type Wish = typeof wish extends fc.Arbitrary<infer W> ? W : never;

const isOffer = (one: readonly Wish[] | readonly number[]): one is readonly number[] =>
  typeof one[0] === 'number';

/** `all` false: lets go of everything, its CPUs too. */
const claimFor = ({ who, cpus: wanted, all }: Wish): Claim =>
  claimOf(who, all ? [vcpus(HOST, 1)] : [], {
    pins: wanted.map((cpu, vcpu) => ({
      provider_id: HOST,
      cpu,
      guest_node: 0,
      use: 'vcpu' as const,
      vcpu,
    })),
  });

class Play {
  readonly seen = { taken: 0, refused: 0, moved: 0, freed: 0, back: 0 };
  readonly #draft = new Draft(new State(rows.ledgerTables), 0);
  #holder = new Map<number, string>();
  #offered: readonly number[] = [0, 1, 2, 3];

  constructor() {
    for (const { row, table } of sampleFleet) {
      const known = rows.ledgerTables.find(({ name }) => name === table);
      this.#draft.put(known as never, row as never);
    }
    this.#offer([0, 1, 2, 3]);
  }

  step(one: readonly Wish[] | readonly number[]): void {
    if (isOffer(one)) this.#offer(one);
    else this.#claim(one);
    deepEqual(checkBooks(this.#draft), []);
    deepEqual(this.#held(), new Map([...this.#holder].sort(([a], [b]) => a - b)));
    const room = this.#draft.books.pins.roomIn(HOST, 0);
    const free = this.#offered.filter((cpu) => !this.#holder.has(cpu)).sort(byNumber);
    deepEqual(room?.cores.flatMap((core) => core.cpus).sort(byNumber), free);
    equal(room?.room.prefer, free.length);
  }

  #offer(cpus: readonly number[]): void {
    this.#offered = cpus;
    const cores = CORES.map((core) => ({
      ...core,
      cpus: core.cpus.filter((cpu) => cpus.includes(cpu)),
    }));
    this.#draft.put(rows.cellCpus, { provider_id: HOST, cell: 0, cores });
  }

  #claim(wishes: readonly Wish[]): void {
    const [mark, before] = [this.#draft.mark, dump(this.#draft)];
    const next = this.#after(wishes);
    const decision = claimAll(this.#draft, wishes.map(claimFor));
    equal(decision.is, next === null ? 'no' : 'done');
    if (next === null) {
      this.#draft.rollback(mark);
      equal(dump(this.#draft), before);
      this.seen.refused++;
      return;
    }
    this.#holder = next;
    this.seen.taken++;
    if (wishes.length > 1) this.seen.moved++;
    if (wishes.some(({ all }) => !all)) this.seen.freed++;
  }

  /** Who holds what then; null: it must be refused. */
  #after(wishes: readonly Wish[]): Map<number, string> | null {
    const mine = (who: string) => wishes.some((one) => one.who === who);
    const next = new Map([...this.#holder].filter(([, who]) => !mine(who)));
    for (const { who, cpus: wanted, all } of wishes) {
      for (const cpu of all ? wanted : []) {
        const back = mine(this.#holder.get(cpu) ?? '');
        if (next.has(cpu) || !(this.#offered.includes(cpu) || back)) return null;
        if (!this.#offered.includes(cpu)) this.seen.back++;
        next.set(cpu, who);
      }
    }
    return next;
  }

  #held(): Map<number, string> {
    const all = [...this.#draft.books.consumers.values()].flatMap(({ pins }) => pins);
    return new Map(
      all.map((pin) => [pin.cpu, pin.consumer_uuid] as const).sort(([a], [b]) => a - b),
    );
  }
}

test('a CPU has one holder at most, and is free again when that lets go', () => {
  const total = { taken: 0, refused: 0, moved: 0, freed: 0, back: 0 };
  const property = fc.property(fc.array(step, { maxLength: 40, size: '+1' }), (steps) => {
    const play = new Play();
    for (const one of steps) play.step(one);
    for (const what of Object.keys(total) as (keyof typeof total)[]) total[what] += play.seen[what];
  });
  fc.assert(property, { numRuns: 400 });
  for (const [what, times] of Object.entries(total)) ok(times > 5, `${what}: ${times}`);
});
