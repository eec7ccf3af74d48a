/**
 * Queries made ready: schedulers ask the same few questions again and again, so what a question
 * means is worked out once and kept, and with it the templates of its answers and the last of them.
 *
 *   CP1  kept is only what the question's own text and the names of classes and traits decide: when
 *        a name is made, changed or taken away, all is forgotten;
 *   CP2  a question that names a tree is never kept: which root it means may change;
 *   CP3  at most PREPARED_MAX are kept, the longest kept is forgotten first; a text is kept for one
 *        version, the last that it was asked in;
 *   CP4  a question is kept when it comes again: one that is asked only once is not worth its
 *        place, nor the collector's work of moving it there.
 */
import type { Books } from '../../ledger/books.ts';
import type { CandidateAsk } from '../../ledger/candidates.ts';
import { type Decision, no } from '../../ports/reply.ts';
import type { Query } from '../query.ts';
import { KEPT_BYTES_MAX, KeptAnswers } from './candidate-kept.ts';
import { readCandidateQuery, wrongCandidateQuery } from './candidate-query.ts';
import { Templates } from './candidate-templates.ts';
import type { Fault } from './fault.ts';

export const PREPARED_MAX = 512;

export interface Prepared {
  readonly asked: Decision<CandidateAsk | null, Fault>;
  readonly templates: Templates;
  readonly answers: KeptAnswers;
}

/** How many questions are remembered as asked once, by a hash of their text. A power of two. */
const ONCE_KEPT = 4096;

class Preparations {
  readonly #kept = new Map<string, Prepared>();
  readonly #once = new Int32Array(ONCE_KEPT);
  readonly #answers = new KeptAnswers(KEPT_BYTES_MAX);
  #names = -1;

  of(books: Books, text: string, query: Query, minor: number): Prepared {
    if (this.#names !== books.names) this.#forget();
    this.#names = books.names;
    const known = this.#kept.get(text);
    if (known?.templates.minor === minor) return known;
    const made = prepare(books, query, minor);
    if ([...query.keys()].some((name) => name.startsWith('in_tree'))) return made;
    if (!this.#cameBefore(text)) return made;
    if (this.#kept.size >= PREPARED_MAX) {
      for (const oldest of this.#kept.keys()) {
        this.#kept.delete(oldest);
        break;
      }
    }
    const again = { ...made, answers: this.#answers };
    this.#kept.set(text, again);
    return again;
  }

  #forget(): void {
    this.#kept.clear();
    this.#answers.clear();
  }

  /** Whether a question of this text was asked lately; a hash may rarely say so of another. */
  #cameBefore(text: string): boolean {
    const hash = hashOf(text);
    const place = hash & (ONCE_KEPT - 1);
    const before = this.#once[place] === hash;
    this.#once[place] = hash;
    return before;
  }
}

function hashOf(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0;
  return hash;
}

function prepare(books: Books, query: Query, minor: number): Prepared {
  const wrong = wrongCandidateQuery(query, minor);
  const asked = wrong === null ? readCandidateQuery(books, query, minor) : no(wrong);
  return { asked, templates: new Templates(minor), answers: nothingKept };
}

const nothingKept = new KeptAnswers(0);
const all = new WeakMap<Books, Preparations>();

/** What `text`, read as `query`, asks at this version. */
export function prepared(books: Books, text: string, query: Query, minor: number): Prepared {
  const known = all.get(books) ?? new Preparations();
  all.set(books, known);
  return known.of(books, text, query, minor);
}
