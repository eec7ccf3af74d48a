/** The part of an address after `?`, as its names and values. A name may come several times. */

export type Query = ReadonlyMap<string, readonly string[]>;

export function readQuery(text: string): Query {
  const query = new Map<string, string[]>();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    const name = unescaped(at < 0 ? pair : pair.slice(0, at));
    const value = at < 0 ? '' : unescaped(pair.slice(at + 1));
    const there = query.get(name);
    if (there === undefined) query.set(name, [value]);
    else there.push(value);
  }
  return query;
}

/** The last value of a name: what a client that repeats itself meant. */
export const lastOf = (query: Query, name: string): string | undefined => query.get(name)?.at(-1);

function unescaped(text: string): string {
  // Most of what clients write needs nothing.
  if (!text.includes('%') && !text.includes('+')) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
