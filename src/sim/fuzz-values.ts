/** What a fuzzer puts where something else is expected, and how it spoils a body. */
import type { Chance } from '../core/base/seeded.ts';

/** Every type, the ends of every range, and texts that mean something to somebody. */
const WRONG: readonly unknown[] = [
  ...[null, true, false, 0, 1, -1, 1.5, 2 ** 31, 2 ** 53, 1e308, -1e308],
  ...['', ' ', 'a', '0', '-1', '1e9', 'true', 'null', 'None', 'x'.repeat(256), 'y'.repeat(70_000)],
  ...["' OR 1=1 --", '../../etc/passwd', '%00', '\u0000', '\u202e', 'ä', '💥', '{{x}}', '<b>'],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', '9'.repeat(400), '1.1.1.1', '::'],
  ...[[], [null], [[]], {}, { a: 1 }, { __proto__: 1 }, { length: -1 }, ['a', 'a']],
];
const NAMES = ['zz', '__proto__', 'constructor', '', 'id', 'uuid', 'links', 'x'.repeat(300)];

export const wrongValue = (chance: Chance): unknown => chance.pick(WRONG);

/** A text for a place in a path or a query. */
export function wrongText(chance: Chance): string {
  const value = wrongValue(chance);
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined');
  return text.slice(0, 2000);
}

/** The same with one thing about it changed: a value, a name, or one more of them. */
export function spoiled(value: unknown, chance: Chance, depth = 0): unknown {
  if (chance.happens(depth === 0 ? 30 : 250)) return wrongValue(chance);
  if (Array.isArray(value)) return spoiledList(value, chance, depth);
  if (typeof value === 'object' && value !== null) return spoiledObject(value, chance, depth);
  return wrongValue(chance);
}

function spoiledList(list: readonly unknown[], chance: Chance, depth: number): unknown {
  if (list.length === 0 || chance.happens(200)) return [...list, wrongValue(chance)];
  const at = chance.between(0, list.length - 1);
  return list.map((one, index) => (index === at ? spoiled(one, chance, depth + 1) : one));
}

function spoiledObject(object: object, chance: Chance, depth: number): unknown {
  const entries = Object.entries(object);
  const how = chance.weighted({ change: 6, add: 2, drop: 2 });
  if (how === 'add' || entries.length === 0) {
    return Object.fromEntries([...entries, [chance.pick(NAMES), wrongValue(chance)]]);
  }
  const at = chance.between(0, entries.length - 1);
  if (how === 'drop') return Object.fromEntries(entries.filter((_, index) => index !== at));
  return Object.fromEntries(
    entries.map(([name, value], index) => [
      name,
      index === at ? spoiled(value, chance, depth + 1) : value,
    ]),
  );
}

/** Bytes that are no JSON, or more of it than anybody sends. */
export function brokenJson(whole: string, chance: Chance): string {
  const at = chance.between(0, Math.max(0, whole.length - 1));
  return chance.pick([
    ...['', '{', 'nul', '{"a":', '[1,]', '\u0000', "{'a': 1}", '{"a": NaN}', '"\\ud800"'],
    whole.slice(0, at),
    `${whole.slice(0, at)}\u0001${whole.slice(at)}`,
    `${'['.repeat(5000)}${']'.repeat(5000)}`,
    `${whole}${whole}`,
  ]);
}
