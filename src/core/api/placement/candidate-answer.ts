/**
 * The body of a candidates answer, put together from bytes.
 *
 *   {"allocation_requests":[ request , request … ],"provider_summaries":{ summary , … }}
 *
 * Requests in which the same slots share a provider differ in UUIDs alone. So each such pattern is
 * rendered once, as a template with places for UUIDs; all others of its kind are copies of it.
 * Summaries are kept from answer to answer (fragments.ts).
 */
import type { Found, Picks, Plan } from '../../ledger/candidates.ts';
import { ALL_CLASSES_SINCE, requestText, summaryText, TREES_SINCE } from './candidate-text.ts';
import { ascii, type Fragments, fragmentsOf, uuidBytes } from './fragments.ts';

const OPEN = ascii('{"allocation_requests":[');
const BETWEEN = ascii('],"provider_summaries":{');
const CLOSE = ascii('}}');
const COMMA = 0x2c;
/** Begins the stand-in for a UUID, as long as one: a letter that no answer has, and its slot. */
const GAP = '\n';

/** A request with gaps where UUIDs go: where each gap is, and the slot whose provider fills it. */
interface Template {
  readonly bytes: Uint8Array;
  readonly gaps: readonly number[];
  readonly slots: readonly number[];
}

export function candidateBody({ plan, candidates }: Found, templates: Templates): Uint8Array {
  const fragments = fragmentsOf(plan.books);
  const requests = candidates.map((picks) => templates.of(plan, picks));
  const summaries = summariesOf(plan, candidates, templates.minor, fragments);
  const sized = (sum: number, { bytes }: Template) => sum + bytes.length + 1;
  const weighed = (sum: number, { length }: Uint8Array) => sum + length + 1;
  const commas = Math.min(1, requests.length) + Math.min(1, summaries.length);
  const size =
    requests.reduce(sized, 0) +
    summaries.reduce(weighed, OPEN.length + BETWEEN.length + CLOSE.length) -
    commas;

  const body = room(size);
  body.set(OPEN);
  let at = OPEN.length;
  candidates.forEach((picks, nth) => {
    if (nth > 0) body[at++] = COMMA;
    at = writeRequest(body, at, requests[nth] as Template, picks, fragments);
  });
  body.set(BETWEEN, at);
  at += BETWEEN.length;
  summaries.forEach((summary, nth) => {
    if (nth > 0) body[at++] = COMMA;
    body.set(summary, at);
    at += summary.length;
  });
  body.set(CLOSE, at);
  return body;
}

/** Answers are cut from slabs: a slab is one piece of work for the collector, not one an answer. */
const SLAB_BYTES = 2 ** 19;
let slab = new Uint8Array(0);
let taken = 0;

function room(size: number): Uint8Array {
  if (size > SLAB_BYTES / 8) return new Uint8Array(size);
  if (taken + size > slab.length) {
    slab = new Uint8Array(SLAB_BYTES);
    taken = 0;
  }
  taken += size;
  return slab.subarray(taken - size, taken);
}

function writeRequest(
  body: Uint8Array,
  from: number,
  { bytes, gaps, slots }: Template,
  picks: Picks,
  fragments: Fragments,
): number {
  body.set(bytes, from);
  for (let nth = 0; nth < gaps.length; nth++) {
    const provider = picks[slots[nth] as number] as number;
    fragments.writeUuid(provider, body, from + (gaps[nth] as number));
  }
  return from + bytes.length;
}

/** The templates of one question at one version; they hold for as long as its names do. */
export class Templates {
  readonly minor: number;
  readonly #made = new Map<string, Template>();
  #alike: Template | null = null;

  constructor(minor: number) {
    this.minor = minor;
  }

  of(plan: Plan, picks: Picks): Template {
    if (allAlike(picks)) {
      this.#alike ??= this.#make(plan, picks);
      return this.#alike;
    }
    const pattern = picks.map((provider) => picks.indexOf(provider)).join();
    const template = this.#made.get(pattern) ?? this.#make(plan, picks);
    this.#made.set(pattern, template);
    return template;
  }

  #make(plan: Plan, picks: Picks): Template {
    const nameOf = (provider: number) => `${GAP}${picks.indexOf(provider)}`.padEnd(uuidBytes);
    const text = requestText(plan, this.minor, picks, nameOf);
    const gaps: number[] = [];
    const slots: number[] = [];
    for (let at = text.indexOf(GAP); at >= 0; at = text.indexOf(GAP, at + uuidBytes)) {
      gaps.push(at);
      slots.push(Number(text.slice(at + 1, text.indexOf('"', at))));
    }
    return { bytes: ascii(text), gaps, slots };
  }
}

function allAlike(picks: Picks): boolean {
  const [first] = picks;
  for (const provider of picks) if (provider !== first) return false;
  return true;
}

function summariesOf(
  plan: Plan,
  candidates: readonly Picks[],
  minor: number,
  fragments: Fragments,
): Uint8Array[] {
  const shown = providersShown(plan, candidates, minor, fragments);
  if (minor >= ALL_CLASSES_SINCE) return shown.map((id) => fragments.summary(id, minor));
  const asked = new Set(plan.slots.flatMap(({ parts }) => parts.map(({ class_id }) => class_id)));
  return shown.map((id) => ascii(summaryText(plan.books, minor, id, asked)));
}

/** Which providers have a summary: those used, and from 1.29 on all of the trees they are in. */
function providersShown(
  plan: Plan,
  candidates: readonly Picks[],
  minor: number,
  fragments: Fragments,
): number[] {
  const { books, slots } = plan;
  const shown: number[] = [];
  const bare = slots.map(({ parts }) => minor >= TREES_SINCE && parts.length === 0);
  fragments.beginList();
  for (const picks of candidates) {
    let before = -1;
    for (let at = 0; at < picks.length; at++) {
      const provider = picks[at] as number;
      if (provider === before || bare[at] === true) continue;
      before = provider;
      if (minor < TREES_SINCE) {
        if (fragments.isNew(provider)) shown.push(provider);
      } else {
        for (const member of books.treeOf(provider)) {
          if (fragments.isNew(member)) shown.push(member);
        }
      }
    }
  }
  return shown;
}
