/**
 * IPv6 addresses in their one short form, so that those that are the same look the same:
 *
 *   0:0:0:0:0:babe:220.12.22.2 ─► eight words ─► the longest run of zeros as `::`
 */

const WORDS = 8;

/** Of an address that is one. */
export function shortIpv6(address: string): string {
  const words = wordsOf(address);
  if (isMapped(words)) return `::ffff:${quadOf(words)}`;
  const [start, length] = longestZeros(words);
  const hex = words.map((word) => word.toString(16));
  if (length < 2) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

function wordsOf(address: string): readonly number[] {
  const [before = '', after] = address.split('::');
  const head = partsOf(before);
  if (after === undefined) return head;
  const tail = partsOf(after);
  const zeros = Array.from({ length: WORDS - head.length - tail.length }, () => 0);
  return [...head, ...zeros, ...tail];
}

const partsOf = (text: string): readonly number[] =>
  text === ''
    ? []
    : text.split(':').flatMap((part) => {
        if (!part.includes('.')) return Number.parseInt(part, 16);
        const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number);
        return [a * 256 + b, c * 256 + d];
      });

/** An IPv4 address in the clothes of an IPv6 one is shown as people write it. */
const isMapped = (words: readonly number[]): boolean =>
  words[5] === 0xffff && words.slice(0, 5).every((word) => word === 0);

const quadOf = (words: readonly number[]): string =>
  words
    .slice(6)
    .flatMap((word) => [word >> 8, word & 0xff])
    .join('.');

/** Where it begins and how long it is; the first of several. */
function longestZeros(words: readonly number[]): readonly [number, number] {
  let best: readonly [number, number] = [0, 0];
  let begun = 0;
  for (let at = 0; at < words.length; at++) {
    if (words[at] !== 0) begun = at + 1;
    else if (at + 1 - begun > best[1]) best = [begun, at + 1 - begun];
  }
  return best;
}
