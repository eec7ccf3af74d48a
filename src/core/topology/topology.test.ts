/**
 * Goal: TP1 to TP4: CPUs and cells are found if and only if there are some, and what is found is
 * legal.
 * Method: small hosts drawn at random, with cores of one to three CPUs of which some are held; an
 * exhaustive search, which knows the rules of the policies and nothing of the code, says for every
 * set of free CPUs whether it would do,  and for every way of seating what it costs.
 * Mutants that were caught: `require` by cores of two CPUs instead of two free ones; `isolate` on a
 * core that is not whole, or with nothing idle; a narrow core used up before a wide one was left;
 * one CPU too many taken of the last core; nodes seated in order, without asking anybody to move;
 * prices of nodes not raised; those of cells not lowered; the first place rather than the tightest.
 */
import { equal, ok } from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { type Core, type FreeCore, freeCores, pick, roomFor, type ThreadPolicy } from './cores.ts';
import { NO_PLACE, seatNodes } from './seats.ts';

/** Each core: its CPUs, how many more it has that are not for guests, and which are held. */
const coreShape = fc.record({
  own: fc.integer({ min: 1, max: 3 }),
  others: fc.constantFrom(0, 0, 0, 1),
  held: fc.array(fc.nat(2), { maxLength: 2 }),
});
const coresShape = fc.array(coreShape, { maxLength: 4 });
type CoresShape = typeof coresShape extends fc.Arbitrary<infer S> ? S : never;

interface Cpus {
  readonly cores: readonly Core[];
  readonly held: ReadonlySet<number>;
}

function cpusOf(shape: CoresShape): Cpus {
  const held = new Set<number>();
  const cores = shape.map(({ own, others, held: which }, at) => {
    for (const one of which) if (one < own) held.add(at * 10 + one);
    return { cpus: Array.from({ length: own }, (_, n) => at * 10 + n), threads: own + others };
  });
  return { cores, held };
}

const free = ({ cores, held }: Cpus): readonly FreeCore[] =>
  freeCores(cores, (cpu) => held.has(cpu));

/** Whether these CPUs, and these idle beside them, are what the policy asks for. */
function legal(
  { cores, held }: Cpus,
  threads: ThreadPolicy,
  cpus: readonly number[],
  idle: readonly number[],
): boolean {
  const all = [...cpus, ...idle];
  if (new Set(all).size < all.length || all.some((cpu) => held.has(cpu))) return false;
  if (threads !== 'isolate' && idle.length > 0) return false;
  return cores.every((core) => {
    const here = cpus.filter((cpu) => core.cpus.includes(cpu)).length;
    const left = core.cpus.filter((cpu) => !held.has(cpu)).length;
    if (here === 0) return core.cpus.every((cpu) => !idle.includes(cpu));
    if (threads === 'require') return left > 1;
    if (threads === 'prefer') return true;
    return here === 1 && left === core.threads && core.cpus.every((cpu) => all.includes(cpu));
  });
}

function* subsets(all: readonly number[]): Generator<number[]> {
  for (let bits = 0; bits < 2 ** all.length; bits++) yield all.filter((_, at) => bits & (1 << at));
}

/** The most that any set of CPUs gives, tried one by one. */
function mostOf(host: Cpus, threads: ThreadPolicy): number {
  let most = 0;
  for (const cpus of subsets(host.cores.flatMap((core) => core.cpus))) {
    if (cpus.length <= most) continue;
    const mine = host.cores.filter((core) => core.cpus.some((cpu) => cpus.includes(cpu)));
    const beside = mine.flatMap((core) => core.cpus).filter((cpu) => !cpus.includes(cpu));
    if (legal(host, threads, cpus, threads === 'isolate' ? beside : [])) most = cpus.length;
  }
  return most;
}

test('as many CPUs are found as an exhaustive search finds, and all of them are legal', () => {
  const seen = { found: 0, none: 0, idle: 0 };
  const policies = fc.constantFrom<ThreadPolicy>('prefer', 'require', 'isolate');
  const property = fc.property(coresShape, policies, (shape, threads) => {
    const host = cpusOf(shape);
    const most = mostOf(host, threads);
    equal(roomFor(free(host), threads), most);
    for (let count = 0; count <= most; count++) {
      const picked = pick(free(host), count, threads);
      ok(picked !== null && picked.cpus.length === count, `${count} of ${most}`);
      ok(legal(host, threads, picked.cpus, picked.idle), JSON.stringify(picked));
      seen.found++;
      seen.idle += picked.idle.length;
    }
    equal(pick(free(host), most + 1, threads), null);
    seen.none++;
  });
  fc.assert(property, { numRuns: 2000 });
  ok(seen.found > 1000 && seen.idle > 100, JSON.stringify(seen));
});

test('whole cores are used up before others are broken', () => {
  const picks = (widths: readonly number[], count: number) => {
    const cores = widths.map((width, at) => ({
      cpus: Array.from({ length: width }, (_, n) => at * 10 + n),
      whole: true,
    }));
    return pick(cores, count, 'prefer')?.cpus.join();
  };
  equal(picks([1, 2, 2], 2), '10,11');
  equal(picks([2, 1, 2], 3), '0,1,10');
  equal(picks([3, 2, 4], 1), '10', 'the narrowest that has it');
});

/** What the cheapest way of seating the nodes costs, trying every cell for each. */
function cheapest(costs: readonly (readonly number[])[], nodes: number, taken: number[] = []) {
  if (taken.length === nodes) return 0;
  let least = NO_PLACE;
  for (const [cell, cost] of costs.entries()) {
    if (taken.includes(cell)) continue;
    const rest: number = cheapest(costs, nodes, [...taken, cell]);
    least = Math.min(least, (cost[taken.length] ?? NO_PLACE) + rest);
  }
  return least;
}

test('a guest is seated if and only if some way of seating it works, and as the cheapest', () => {
  const seen = { seated: 0, not: 0, dear: 0 };
  const price = fc.constantFrom(NO_PLACE, NO_PLACE, NO_PLACE, 0, 0, 1, 2, 5, 4096);
  const prices = fc.array(fc.array(price, { minLength: 5, maxLength: 5 }), { maxLength: 5 });
  const property = fc.property(prices, fc.integer({ min: 1, max: 5 }), (costs, nodes) => {
    const seat: number[] = [];
    const cost = (cell: number, node: number) => costs[cell]?.[node] ?? NO_PLACE;
    const least = seatNodes(nodes, costs.length, cost, seat);
    equal(least, cheapest(costs, nodes));
    seen[least === NO_PLACE ? 'not' : 'seated']++;
    if (least === NO_PLACE) return;
    if (least > 0) seen.dear++;
    equal(new Set(seat).size, nodes);
    equal(
      seat.reduce((sum, cell, node) => sum + cost(cell, node), 0),
      least,
    );
  });
  fc.assert(property, { numRuns: 2000 });
  ok(seen.seated > 50 && seen.not > 50 && seen.dear > 50, JSON.stringify(seen));
});

/** Upstream tries permutations (D-NU2): 12 nodes that cannot sit would cost 12! looks. */
test('D-NU2: a guest that nearly fits is turned down in few looks', () => {
  const NODES = 12;
  let looks = 0;
  const cost = (cell: number, node: number) => {
    looks++;
    return node < NODES - 2 || cell === 0 ? 0 : NO_PLACE;
  };
  equal(seatNodes(NODES, NODES, cost, []), NO_PLACE);
  ok(looks <= NODES ** 3 + NODES, `${looks} looks`);
});
