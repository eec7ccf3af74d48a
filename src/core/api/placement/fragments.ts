/**
 * Pieces of answers as bytes, kept until what they tell has changed: an answer of a thousand
 * candidates is then a thousand copies, and not a thousand renderings.
 *
 *   FR1  a provider's piece is dropped when the books touch it (B3), or its parent or root, whose
 *        UUIDs it names, are other ones than then (a touch of its own);
 *   FR2  who fell behind the touches that are remembered drops everything.
 */
import { type Books, TOUCHES_KEPT } from '../../ledger/books.ts';
import { summaryText, TREES_SINCE } from './candidate-text.ts';

const UUID_BYTES = 36;

/** Text of ASCII alone, as bytes. */
export function ascii(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

const anyClass: ReadonlySet<number> = new Set();

export class Fragments {
  readonly #books: Books;
  /** From 1.29 on, and before: two shapes of one provider's summary. */
  readonly #summaries: [(Uint8Array | undefined)[], (Uint8Array | undefined)[]] = [[], []];
  /** Every provider's UUID, at `id × UUID_BYTES`; all zero where it was not needed yet. */
  #uuids = new Uint8Array(UUID_BYTES * 64);
  #touches = 0;
  /** By provider: the count of touches when it was last seen touched; and when all were. */
  #touchedAt = new Float64Array(64);
  #allTouchedAt = 0;
  /** By provider: the last list that it was put on. */
  #listed = new Uint32Array(64);
  #list = 0;

  constructor(books: Books) {
    this.#books = books;
  }

  /** Forgets what changed since the last time. To be called before any of the others. */
  refresh(): void {
    const { touches, touched, provider_id_max } = this.#books;
    if (touches === this.#touches) return;
    if (this.#touchedAt.length <= provider_id_max) {
      const grown = new Float64Array(provider_id_max * 2);
      grown.set(this.#touchedAt);
      this.#touchedAt = grown;
    }
    if (touches - this.#touches > TOUCHES_KEPT) {
      for (const shape of this.#summaries) shape.length = 0;
      this.#uuids.fill(0);
      this.#allTouchedAt = touches;
    } else {
      for (let at = this.#touches; at < touches; at++) {
        const provider = touched[at & (TOUCHES_KEPT - 1)] as number;
        this.#summaries[0][provider] = undefined;
        this.#summaries[1][provider] = undefined;
        this.#uuids[provider * UUID_BYTES] = 0;
        this.#touchedAt[provider] = touches;
      }
    }
    this.#touches = touches;
  }

  /** Whether the provider may have been touched after the books had counted so many touches. */
  touchedSince(provider: number, touches: number): boolean {
    return (this.#touchedAt[provider] as number) > touches || this.#allTouchedAt > touches;
  }

  /** As of 1.27, when summaries no longer depend on what was asked. */
  summary(provider: number, minor: number): Uint8Array {
    const shape = this.#summaries[minor < TREES_SINCE ? 0 : 1];
    const known = shape[provider];
    if (known !== undefined) return known;
    const made = ascii(summaryText(this.#books, minor, provider, anyClass));
    shape[provider] = made;
    return made;
  }

  /** Writes the provider's UUID at `at`. */
  writeUuid(provider: number, into: Uint8Array, at: number): void {
    const from = provider * UUID_BYTES;
    if (from + UUID_BYTES > this.#uuids.length || this.#uuids[from] === 0) this.#learn(provider);
    const uuids = this.#uuids;
    for (let byte = 0; byte < UUID_BYTES; byte++) into[at + byte] = uuids[from + byte] as number;
  }

  /** Begins a list of providers, each of which is to be on it once. */
  beginList(): void {
    this.#list++;
    const { provider_id_max } = this.#books;
    const tooShort = this.#listed.length <= provider_id_max;
    if (tooShort) this.#listed = new Uint32Array(provider_id_max * 2);
    if (tooShort || this.#list === 2 ** 32) {
      this.#listed.fill(0);
      this.#list = 1;
    }
  }

  /** Whether the provider was not yet on the list that was begun last; it is now. */
  isNew(provider: number): boolean {
    if (this.#listed[provider] === this.#list) return false;
    this.#listed[provider] = this.#list;
    return true;
  }

  #learn(provider: number): void {
    const from = provider * UUID_BYTES;
    if (from + UUID_BYTES > this.#uuids.length) {
      const grown = new Uint8Array(Math.max(from + UUID_BYTES, this.#uuids.length * 2));
      grown.set(this.#uuids);
      this.#uuids = grown;
    }
    this.#uuids.set(ascii(this.#books.row(provider).uuid), from);
  }
}

export const uuidBytes = UUID_BYTES;

const all = new WeakMap<Books, Fragments>();

/** The one set of pieces of these books, brought up to date. */
export function fragmentsOf(books: Books): Fragments {
  const known = all.get(books) ?? new Fragments(books);
  all.set(books, known);
  known.refresh();
  return known;
}
