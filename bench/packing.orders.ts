/** Orders in which a recorded sequence is played besides its own, so that none is tuned for one. */
import type { TraceRequest } from './packing.trace.ts';

export interface Order {
  readonly name: string;
  readonly of: (requests: readonly TraceRequest[]) => readonly TraceRequest[];
}

const BLOCK = 250;

export const orders: readonly Order[] = [
  { name: 'as recorded', of: (all) => all },
  { name: 'backwards', of: (all) => all.toReversed() },
  { name: 'first half', of: (all) => all.slice(0, all.length / 2) },
  { name: 'second half', of: (all) => all.slice(all.length / 2) },
  { name: 'in shuffled blocks', of: (all) => shuffled(blocks(all), 1).flat() },
  { name: 'shuffled', of: (all) => shuffled(all, 2) },
];

const blocks = (all: readonly TraceRequest[]): readonly (readonly TraceRequest[])[] =>
  Array.from({ length: Math.ceil(all.length / BLOCK) }, (_, at) =>
    all.slice(at * BLOCK, (at + 1) * BLOCK),
  );

/** The same for the same seed. */
function shuffled<T>(all: readonly T[], seed: number): readonly T[] {
  const list = [...all];
  let chance = seed;
  for (let at = list.length - 1; at > 0; at--) {
    chance = (Math.imul(chance, 1_664_525) + 1_013_904_223) >>> 0;
    const other = Math.floor((chance / 2 ** 32) * (at + 1));
    [list[at], list[other]] = [list[other] as T, list[at] as T];
  }
  return list;
}
