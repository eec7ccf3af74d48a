/** Sets of CPUs in words: `0-3,^2,8` is 0, 1, 3 and 8. */
import { byNumber } from '../base/order.ts';

/** The CPUs named, rising; null: no such set, an empty one, or one with a CPU from `count` on. */
export function cpuSet(text: string, count: number): readonly number[] | null {
  const named = new Set<number>();
  const excluded = new Set<number>();
  for (const part of text.split(',')) {
    const found = /^\s*(\^?)(\d{1,6})(?:-(\d{1,6}))?\s*$/.exec(part);
    if (found === null) return null;
    const first = Number(found[2]);
    const last = Number(found[3] ?? first);
    if (last < first || last >= count) return null;
    const into = found[1] === '^' ? excluded : named;
    for (let cpu = first; cpu <= last; cpu++) into.add(cpu);
  }
  const set = [...named].filter((cpu) => !excluded.has(cpu)).sort(byNumber);
  return set.length === 0 ? null : set;
}
