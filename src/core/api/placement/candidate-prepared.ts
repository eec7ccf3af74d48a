/**
 * Queries made ready: schedulers ask the same few questions again and again, so what a question
 * means is worked out once and kept, and with it the templates of its answers.
 *
 *   CP1  kept is only what the question's own text and the names of classes and traits decide: when
 *        a name is made, changed or taken away, all is forgotten;
 *   CP2  a question that names a tree is never kept: which root it means may change;
 *   CP3  at most PREPARED_MAX are kept, the longest kept is forgotten first.
 */
import type { Books } from '../../ledger/books.ts';
import type { CandidateAsk } from '../../ledger/candidates.ts';
import { type Decision, no } from '../../ports/reply.ts';
import type { Query } from '../query.ts';
import { Templates } from './candidate-answer.ts';
import { readCandidateQuery, wrongCandidateQuery } from './candidate-query.ts';
import type { Fault } from './fault.ts';

export const PREPARED_MAX = 512;

export interface Prepared {
  readonly asked: Decision<CandidateAsk | null, Fault>;
  readonly templates: Templates;
}

class Preparations {
  readonly #kept = new Map<string, Prepared>();
  #names = -1;

  of(books: Books, text: string, query: Query, minor: number): Prepared {
    if (this.#names !== books.names) this.#kept.clear();
    this.#names = books.names;
    const key = `${minor} ${text}`;
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    const made = prepare(books, query, minor);
    if ([...query.keys()].some((name) => name.startsWith('in_tree'))) return made;
    if (this.#kept.size >= PREPARED_MAX) {
      for (const oldest of this.#kept.keys()) {
        this.#kept.delete(oldest);
        break;
      }
    }
    this.#kept.set(key, made);
    return made;
  }
}

function prepare(books: Books, query: Query, minor: number): Prepared {
  const wrong = wrongCandidateQuery(query, minor);
  const asked = wrong === null ? readCandidateQuery(books, query, minor) : no(wrong);
  return { asked, templates: new Templates(minor) };
}

const all = new WeakMap<Books, Preparations>();

/** What `text`, read as `query`, asks at this version. */
export function prepared(books: Books, text: string, query: Query, minor: number): Prepared {
  const known = all.get(books) ?? new Preparations();
  all.set(books, known);
  return known.of(books, text, query, minor);
}
