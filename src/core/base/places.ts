/** Lists that are kept in order, and entries that are made when they are first asked for. */

/** Puts the item in its place, or takes its equal away; gives the equal that was there. */
export function place<T>(
  list: T[],
  item: T,
  gone: boolean,
  order: (a: T, b: T) => number,
): T | undefined {
  let to = list.length;
  while (to > 0 && order(list[to - 1] as T, item) >= 0) to--;
  const there = list[to];
  const before = there !== undefined && order(there, item) === 0 ? there : undefined;
  if (!gone && to === list.length) list.push(item);
  else if (!gone) list.splice(to, before === undefined ? 0 : 1, item);
  else if (before !== undefined) list.splice(to, 1);
  return before;
}

/** The entry at `index`, made by `make` if there is none. */
export function at<T>(list: (T | undefined)[], index: number, make: () => T): T {
  const found = list[index];
  if (found !== undefined) return found;
  const made = make();
  list[index] = made;
  return made;
}

export const newList = <T>(): T[] => [];
export const newSet = <T>(): Set<T> => new Set();
export const newMap = <K, V>(): Map<K, V> => new Map();
