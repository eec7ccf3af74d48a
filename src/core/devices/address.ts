/**
 * PCI addresses, and the patterns with which operators name them.
 *
 *   0000:3b:00.1       domain : bus : slot . function, hexadecimal; without a domain it is 0000
 *   *:3b:*.*           a part that is * may be anything; parts that are left out as well
 *   { bus: '3[bc]' }   regular expressions, each for the whole of its part
 */
import { type Decision, done, no } from '../ports/reply.ts';

export type AddressPattern = (address: string) => boolean;

const PARTS = ['domain', 'bus', 'slot', 'function'] as const;
type Part = (typeof PARTS)[number];

const ADDRESS = /^([0-9a-f]{4,8}):([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])$/;
/** Of each part, how it is written; leading noughts may be left out. */
const WRITTEN: Readonly<Record<Part, RegExp>> = {
  domain: /^(\*|[0-9a-f]{1,8})$/,
  bus: /^(\*|[0-9a-f]{1,2})$/,
  slot: /^(\*|[01]?[0-9a-f])$/,
  function: /^(\*|[0-7])$/,
};
const DIGITS: Readonly<Record<Part, number>> = { domain: 4, bus: 2, slot: 2, function: 1 };

/** The last digit of an address: which function of its card. */
export const functionOf = (address: string): string => ADDRESS.exec(address)?.[4] ?? '';

/** Which addresses an operator means. */
export function addressPattern(said: unknown): Decision<AddressPattern, string> {
  if (typeof said === 'string') return globOf(said.trim().toLowerCase());
  if (typeof said === 'object' && said !== null && !Array.isArray(said)) return regexOf(said);
  return no('address is a text such as 0000:3b:00.*, or an object of regular expressions');
}

function globOf(text: string): Decision<AddressPattern, string> {
  const [front = '', fn = '*', ...rest] = text.split('.');
  const path = front.split(':');
  if (rest.length > 0 || path.length > 3) return no(`address ${text} has too many parts`);
  const [domain = '0000', bus = '*', slot = '*'] = [...missingFront(path), ...path];
  const given = { domain: domain || '*', bus: bus || '*', slot: slot || '*', function: fn || '*' };
  for (const part of PARTS) {
    if (!WRITTEN[part].test(given[part])) return no(`the ${part} of address ${text} is no number`);
  }
  const wanted = PARTS.map((part) => padded(given[part], DIGITS[part]));
  return done((address) => partsOf(address).every((value, at) => agrees(wanted[at], value)));
}

/** `3b:00.0` has no domain; `*` alone means every address. */
const missingFront = (path: readonly string[]): readonly string[] => {
  if (path.length === 3) return [];
  return path.length === 2 ? ['0000'] : ['*', '*'];
};

const padded = (text: string, digits: number): string =>
  text === '*' ? text : text.padStart(digits, '0');
const agrees = (wanted: string | undefined, value: string): boolean =>
  wanted === '*' || wanted === value;
const partsOf = (address: string): readonly string[] =>
  ADDRESS.exec(address)?.slice(1) ?? ['', '', '', ''];

function regexOf(said: object): Decision<AddressPattern, string> {
  const patterns: (readonly [number, RegExp])[] = [];
  for (const [part, text] of Object.entries(said)) {
    const at = PARTS.indexOf(part as Part);
    if (at < 0) return no(`an address has no ${part}: it has ${PARTS.join(', ')}`);
    const pattern = typeof text === 'string' ? compiled(text) : null;
    if (pattern === null) return no(`the ${part} of an address is no regular expression`);
    patterns.push([at, pattern]);
  }
  return done((address) => {
    const parts = partsOf(address);
    return patterns.every(([at, pattern]) => pattern.test(parts[at] as string));
  });
}

function compiled(text: string): RegExp | null {
  try {
    return new RegExp(`^(?:${text})$`, 'i');
  } catch {
    return null;
  }
}
