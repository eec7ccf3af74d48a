/**
 * The two lists of a candidates answer, each as pieces that can be written, and copied from the
 * answer before.
 *
 *   the last   │ a │ b │ c │ d │ e │ f │      c was touched since, d is not found any more
 *   the next   │ a   b │ c │ e   f │          two runs copied whole, and one piece rendered
 *
 *   PC1  a piece is copied only if it is of the same providers, and none of them was touched since;
 *   PC2  where the lists part, the next few pieces of the last are looked at; who finds nothing
 *        there renders, so a list that changed much is slower and never wrong.
 */
import type { Picks, Plan } from '../../ledger/candidates.ts';
import type { Template, Templates } from './candidate-templates.ts';
import { ALL_CLASSES_SINCE, summaryText } from './candidate-text.ts';
import { ascii, type Fragments } from './fragments.ts';

/** Where pieces lie in a body: one begins at its start and ends a comma before the next start. */
export interface Laid<Key> {
  readonly keys: readonly Key[];
  readonly starts: readonly number[];
}

/** What a list of pieces was laid into. */
export interface Before<Key> {
  readonly body: Uint8Array;
  readonly laid: Laid<Key>;
  /** The books' count of touches then. */
  readonly touches: number;
}

export interface Pieces<Key> {
  readonly keys: readonly Key[];
  /** The bytes of all, with a comma after each. */
  readonly size: number;
  /** Writes one at `at`; gives where it ends. */
  write(nth: number, body: Uint8Array, at: number): number;
  same(nth: number, key: Key): boolean;
  /** Whether no provider of it was touched since. */
  stands(nth: number, touches: number): boolean;
}

const COMMA = 0x2c;
const LOOK_AHEAD = 8;

/** Writes all from `from` on; the last comma is for whoever writes on to write over. */
export function lay<Key>(
  pieces: Pieces<Key>,
  body: Uint8Array,
  from: number,
  before: Before<Key> | null,
): Laid<Key> {
  const { keys } = pieces;
  const starts: number[] = [];
  let at = from;
  let old = 0;
  for (let nth = 0; nth < keys.length; ) {
    const there = before === null ? -1 : seek(pieces, nth, before.laid, old);
    if (there >= 0) old = there;
    const run = before === null || there < 0 ? 0 : runOf(pieces, nth, before, there);
    if (before !== null && run > 0) {
      at = copy(before, there, run, body, at, starts);
    } else {
      starts.push(at);
      at = pieces.write(nth, body, at);
      body[at++] = COMMA;
    }
    old += there < 0 ? 0 : Math.max(1, run);
    nth += Math.max(1, run);
  }
  starts.push(at);
  return { keys, starts };
}

function seek<Key>(pieces: Pieces<Key>, nth: number, { keys }: Laid<Key>, from: number): number {
  const end = Math.min(keys.length, from + LOOK_AHEAD);
  for (let at = from; at < end; at++) if (pieces.same(nth, keys[at] as Key)) return at;
  return -1;
}

/** How many pieces from `nth` on are still as they were from `there` on. */
function runOf<Key>(
  pieces: Pieces<Key>,
  nth: number,
  { laid: { keys }, touches }: Before<Key>,
  there: number,
): number {
  const most = Math.min(pieces.keys.length - nth, keys.length - there);
  let run = 0;
  while (
    run < most &&
    pieces.same(nth + run, keys[there + run] as Key) &&
    pieces.stands(nth + run, touches)
  ) {
    run++;
  }
  return run;
}

/** Copies a run with its commas; the last of the old body's may be another letter there. */
function copy(
  { body: old, laid: { starts } }: Before<unknown>,
  there: number,
  run: number,
  body: Uint8Array,
  at: number,
  into: number[],
): number {
  const from = starts[there] as number;
  const end = starts[there + run] as number;
  body.set(old.subarray(from, end - 1), at);
  for (let nth = there; nth < there + run; nth++) into.push((starts[nth] as number) - from + at);
  const next = at + end - from;
  body[next - 1] = COMMA;
  return next;
}

/** `allocation_requests`; the key is the picks. */
export class Requests implements Pieces<Picks> {
  readonly keys: readonly Picks[];
  readonly size: number;
  readonly #templates: readonly Template[];
  readonly #fragments: Fragments;

  constructor(plan: Plan, keys: readonly Picks[], templates: Templates, fragments: Fragments) {
    this.keys = keys;
    this.#fragments = fragments;
    this.#templates = keys.map((picks) => templates.of(plan, picks));
    this.size = this.#templates.reduce((sum, { bytes }) => sum + bytes.length + 1, 0);
  }

  write(nth: number, body: Uint8Array, at: number): number {
    const picks = this.keys[nth] as Picks;
    const { bytes, gaps, slots } = this.#templates[nth] as Template;
    body.set(bytes, at);
    for (let gap = 0; gap < gaps.length; gap++) {
      const provider = picks[slots[gap] as number] as number;
      this.#fragments.writeUuid(provider, body, at + (gaps[gap] as number));
    }
    return at + bytes.length;
  }

  same(nth: number, key: Picks): boolean {
    const picks = this.keys[nth] as Picks;
    for (let slot = 0; slot < picks.length; slot++) if (picks[slot] !== key[slot]) return false;
    return true;
  }

  stands(nth: number, touches: number): boolean {
    for (const provider of this.keys[nth] as Picks) {
      if (this.#fragments.touchedSince(provider, touches)) return false;
    }
    return true;
  }
}

/** `provider_summaries`; the key is the provider. */
export class Summaries implements Pieces<number> {
  readonly keys: readonly number[];
  readonly size: number;
  readonly #texts: readonly Uint8Array[];
  readonly #fragments: Fragments;

  constructor(plan: Plan, keys: readonly number[], minor: number, fragments: Fragments) {
    this.keys = keys;
    this.#fragments = fragments;
    this.#texts =
      minor >= ALL_CLASSES_SINCE
        ? keys.map((id) => fragments.summary(id, minor))
        : narrowSummaries(plan, keys, minor);
    this.size = this.#texts.reduce((sum, { length }) => sum + length + 1, 0);
  }

  write(nth: number, body: Uint8Array, at: number): number {
    const text = this.#texts[nth] as Uint8Array;
    body.set(text, at);
    return at + text.length;
  }

  same(nth: number, key: number): boolean {
    return this.keys[nth] === key;
  }

  stands(nth: number, touches: number): boolean {
    return !this.#fragments.touchedSince(this.keys[nth] as number, touches);
  }
}

/** Those of before 1.27, which show the classes that were asked for. */
function narrowSummaries({ books, slots }: Plan, keys: readonly number[], minor: number) {
  const asked = new Set(slots.flatMap(({ parts }) => parts.map(({ class_id }) => class_id)));
  return keys.map((id) => ascii(summaryText(books, minor, id, asked)));
}
