/**
 * The last answers to the questions that come again and again.
 *
 *   CK1  while no touch (B3) and no name (candidate-prepared.ts) has changed, the next answer is
 *        the same bytes; else it is searched for anew, and what still stands is copied (PC1);
 *   CK2  kept answers have at most so many bytes together, the one longest unused is forgotten
 *        first; small ones are made as quickly as they are kept, so they are not.
 */
import type { Books } from '../../ledger/books.ts';
import { type CandidateAsk, findCandidates } from '../../ledger/candidates.ts';
import { answerOf, type CandidateAnswer, OWN_ROOM_BYTES } from './candidate-answer.ts';
import type { Templates } from './candidate-templates.ts';

export const KEPT_BYTES_MAX = 16 * 1024 * 1024;

interface Kept {
  readonly answer: CandidateAnswer;
  /** The bound that it was searched with. */
  readonly most: number;
}

export class KeptAnswers {
  /** By the templates, which are one question's at one version; the longest unused first. */
  readonly #kept = new Map<Templates, Kept>();
  readonly #bytes_max: number;
  #bytes = 0;

  /** With room for so much; 0: for questions of which nothing is to be kept. */
  constructor(bytes_max: number) {
    this.#bytes_max = bytes_max;
  }

  /** The answer to `asked`, whose templates these are, with `most` candidates at most (0: all). */
  answer(books: Books, asked: CandidateAsk, templates: Templates, most: number): CandidateAnswer {
    const last = this.#take(templates);
    const stands = last?.most === most && last.answer.touches === books.touches;
    const answer = stands
      ? last.answer
      : answerOf(findCandidates(books, asked, most), templates, last?.answer ?? null);
    if (answer.body.length > OWN_ROOM_BYTES) this.#put(templates, { answer, most });
    return answer;
  }

  clear(): void {
    this.#kept.clear();
    this.#bytes = 0;
  }

  #take(templates: Templates): Kept | undefined {
    const kept = this.#kept.get(templates);
    if (kept === undefined) return undefined;
    this.#kept.delete(templates);
    this.#bytes -= kept.answer.body.length;
    return kept;
  }

  #put(templates: Templates, kept: Kept): void {
    this.#kept.set(templates, kept);
    this.#bytes += kept.answer.body.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#bytes_max) return;
      this.#take(oldest);
    }
  }
}
