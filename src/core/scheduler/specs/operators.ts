/**
 * Wishes about a value, as flavors and hints write them.
 *
 *   = 4            a number of at least 4          s== x   s!= x   s< x …   texts, compared as such
 *   == != >= <= 4  numbers                         <in> x           has x in it
 *   <or> a <or> b  a or b, exactly                 <all-in> a b     has all of them in it
 *   x              x, exactly
 */

type Compare = (have: string, wished: string) => boolean;

const numbers =
  (compare: (a: number, b: number) => boolean): Compare =>
  (have, wished) =>
    have.trim() !== '' && compare(Number(have), Number(wished));

const wordsOf = (text: string): readonly string[] => text.split(/\s+/).filter((one) => one !== '');

const OPERATORS: Readonly<Record<string, Compare>> = {
  '=': numbers((a, b) => a >= b),
  '==': numbers((a, b) => a === b),
  '!=': numbers((a, b) => a !== b),
  '>=': numbers((a, b) => a >= b),
  '<=': numbers((a, b) => a <= b),
  's==': (a, b) => a === b,
  's!=': (a, b) => a !== b,
  's<': (a, b) => a < b,
  's<=': (a, b) => a <= b,
  's>': (a, b) => a > b,
  's>=': (a, b) => a >= b,
  '<in>': (have, wished) => have.includes(wished),
  '<all-in>': (have, wished) => wordsOf(wished).every((one) => have.includes(one)),
  '<or>': (have, wished) => wished.split('<or>').some((one) => one.trim() === have),
};

/** Whether `have` is what `wish` asks for. */
export function fulfils(have: string, wish: string): boolean {
  const [, operator = '', wished = ''] = /^\s*(\S+)\s+(.*?)\s*$/s.exec(wish) ?? [];
  const compare = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
  return compare === undefined ? have === wish : compare(have, wished);
}
