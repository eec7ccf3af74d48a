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

/** What is written between UUIDs, and whose they are: the provider of which slot. */
interface Template {
  readonly texts: readonly Uint8Array[];
  readonly slots: readonly number[];
  readonly size: number;
}

export function candidateBody({ plan, candidates }: Found, templates: Templates): Uint8Array {
  const fragments = fragmentsOf(plan.books);
  const requests = candidates.map((picks) => templates.of(plan, picks));
  const summaries = summariesOf(plan, candidates, templates.minor, fragments);
  const sized = (sum: number, { size }: { readonly size: number }) => sum + size + 1;
  const weighed = (sum: number, { length }: Uint8Array) => sum + length + 1;
  const commas = Math.min(1, requests.length) + Math.min(1, summaries.length);
  const size =
    requests.reduce(sized, 0) +
    summaries.reduce(weighed, OPEN.length + BETWEEN.length + CLOSE.length) -
    commas;

  const body = new Uint8Array(size);
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

function writeRequest(
  body: Uint8Array,
  from: number,
  { texts, slots }: Template,
  picks: Picks,
  fragments: Fragments,
): number {
  let at = from;
  for (let nth = 0; nth < texts.length; nth++) {
    const text = texts[nth] as Uint8Array;
    body.set(text, at);
    at += text.length;
    const slot = slots[nth];
    if (slot !== undefined) at = fragments.writeUuid(picks[slot] as number, body, at);
  }
  return at;
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
    const nameOf = (provider: number) => `\n${picks.indexOf(provider)}\n`;
    const pieces = requestText(plan, this.minor, picks, nameOf).split('\n');
    const texts = pieces.filter((_, at) => at % 2 === 0).map(ascii);
    const slots = pieces.filter((_, at) => at % 2 === 1).map(Number);
    const size = texts.reduce((sum, { length }) => sum + length, slots.length * uuidBytes);
    return { texts, slots, size };
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
  const shown = [...providersShown(plan, candidates, minor)];
  if (minor >= ALL_CLASSES_SINCE) return shown.map((id) => fragments.summary(id, minor));
  const asked = new Set(plan.slots.flatMap(({ parts }) => parts.map(({ class_id }) => class_id)));
  return shown.map((id) => ascii(summaryText(plan.books, minor, id, asked)));
}

/** Which providers have a summary: those used, and from 1.29 on all of the trees they are in. */
function providersShown(plan: Plan, candidates: readonly Picks[], minor: number): Set<number> {
  const { books, slots } = plan;
  const shown = new Set<number>();
  const bare = slots.map(({ parts }) => parts.length === 0);
  for (const picks of candidates) {
    let before = -1;
    for (let at = 0; at < picks.length; at++) {
      const provider = picks[at] as number;
      if (provider === before) continue;
      if (minor < TREES_SINCE) shown.add(provider);
      else if (bare[at] === true) continue;
      else for (const member of books.treeOf(provider)) shown.add(member);
      before = provider;
    }
  }
  return shown;
}
