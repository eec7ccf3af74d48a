/** The types that values have, each with its range and how it is read from what somebody said. */
import { type Decision, done, no } from '../ports/reply.ts';
import type { Given, Kind } from './setting.ts';

const TEXT_CHARACTERS_MAX = 255;
const PATH_CHARACTERS_MAX = 4095;
const LIST_MAX = 1000;

/** One text, or a reason why there is none. */
function one(given: Given): Decision<string, string> {
  return typeof given === 'string' ? done(given.trim()) : no('it must be one value');
}

const must = (what: string) => no(`it must be ${what}`);

export function whole(least: number, most: number): Kind<number> {
  const range = `${least} to ${most}`;
  return {
    type: 'whole number',
    range,
    flag: 'one',
    read: (given) => {
      const text = one(given);
      if (text.is === 'no') return text;
      const value = /^-?\d{1,10}$/.test(text.value) ? Number(text.value) : Number.NaN;
      return value >= least && value <= most ? done(value) : must(`a whole number from ${range}`);
    },
  };
}

interface Bounds {
  readonly least: number;
  /** Whether the least itself is too small. */
  readonly above?: true;
  readonly most: number;
}

const PLAIN = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i;
/** What columns of ratios hold exactly. */
const SHORT = /^\d{1,7}(\.\d{1,12})?$/;

export const number = (bounds: Bounds): Kind<number> => numeric(bounds, PLAIN);
export const ratio = (bounds: Bounds): Kind<number> => numeric(bounds, SHORT);

function numeric({ least, above, most }: Bounds, shape: RegExp): Kind<number> {
  const range = above === true ? `above ${least}, to ${most}` : `${least} to ${most}`;
  const words = above === true ? `a number ${range}` : `a number from ${range}`;
  return {
    type: 'number',
    range,
    flag: 'one',
    read: (given) => {
      const text = one(given);
      if (text.is === 'no') return text;
      const value = shape.test(text.value) ? Number(text.value) : Number.NaN;
      const fits = (above === true ? value > least : value >= least) && value <= most;
      return fits ? done(value) : must(words);
    },
  };
}

const YES = ['true', 'yes', 'on', '1'];
const NO = ['false', 'no', 'off', '0'];

export const truth: Kind<boolean> = {
  type: 'yes or no',
  range: [...YES, ...NO].join(', '),
  flag: 'bare',
  read: (given) => {
    const text = one(given);
    if (text.is === 'no') return text;
    const word = text.value.toLowerCase();
    if (YES.includes(word)) return done(true);
    return NO.includes(word) ? done(false) : must(`one of ${truth.range}`);
  },
};

export const choice = <Word extends string>(words: readonly Word[], why = ''): Kind<Word> => ({
  type: 'word',
  range: words.join(', '),
  flag: 'one',
  read: (given) => {
    const text = one(given);
    if (text.is === 'no') return text;
    const found = words.find((word) => word === text.value);
    return found === undefined ? must(words.join(', ') + why) : done(found);
  },
});

const bounded = (type: string, most: number): Kind<string> => ({
  type,
  range: `1 to ${most} characters`,
  flag: 'one',
  read: (given) => {
    const text = one(given);
    if (text.is === 'no') return text;
    const fits = text.value.length <= most && /^\P{Cc}+$/u.test(text.value);
    return fits ? text : must(`1 to ${most} characters, none of them a control character`);
  },
});

export const text = bounded('text', TEXT_CHARACTERS_MAX);
export const path = bounded('path', PATH_CHARACTERS_MAX);

/** One that begins as one of these schemes does. */
export const url = (
  schemes: readonly string[],
  example: string,
  after = /^\S+$/,
): Kind<string> => ({
  type: 'URL',
  range: schemes.map((scheme) => `${scheme}://…`).join(' or '),
  flag: 'one',
  read: (given) => {
    const text = one(given);
    if (text.is === 'no') return text;
    const [, scheme = '', rest = ''] = /^(\w+):\/\/(.*)$/s.exec(text.value) ?? [];
    return schemes.includes(scheme) && after.test(rest) ? text : must(`a URL, e.g. ${example}`);
  },
});

/** Of texts between separators, or of several flags, or of a list of a file. */
export const listOf = <Value>(item: Kind<Value>, separator = ','): Kind<readonly Value[]> => ({
  type: `list of ${item.type}s`,
  range: `${item.range} each, at most ${LIST_MAX}; between them ${separator.trim() || 'a space'}`,
  flag: 'many',
  read: (given) => {
    const items = itemsOf(given, separator);
    if (items === null) return must('a list');
    if (items.length > LIST_MAX) return must(`a list of at most ${LIST_MAX}`);
    const read = items.map(item.read);
    const wrong = read.find((each) => each.is === 'no');
    return wrong ?? done(read.flatMap((each) => (each.is === 'done' ? [each.value] : [])));
  },
});

/** Null: it is no list. */
export function itemsOf(given: Given, separator: string): readonly Given[] | null {
  if (Array.isArray(given)) return given;
  if (typeof given !== 'string') return null;
  return given
    .split(separator === ' ' ? /\s+/ : separator)
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** `NAME=NUMBER` with commas between, or a map of a file. */
export const weights: Kind<Readonly<Record<string, number>>> = {
  type: 'list of NAME=NUMBER',
  range: 'any numbers; between them a comma',
  flag: 'many',
  read: (given) => {
    const items = isMap(given) ? pairsOf(given) : itemsOf(given, ',');
    const pairs = items?.map((item) => /^\s*([^=\s]+)\s*=\s*(\S+)\s*$/.exec(String(item)));
    const right = pairs?.every((pair) => PLAIN.test(pair?.[2] ?? '')) === true;
    if (!right) return must('a list of NAME=NUMBER');
    return done(Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? '', Number(pair?.[2])])));
  },
};

type GivenMap = { readonly [name: string]: Given };

export const isMap = (given: Given): given is GivenMap =>
  typeof given === 'object' && !Array.isArray(given);

const pairsOf = (given: GivenMap): readonly string[] =>
  Object.entries(given).map(([name, value]) => `${name}=${String(value)}`);
