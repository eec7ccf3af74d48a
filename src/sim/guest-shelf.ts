/** The guest shelf's twin in memory: as text, so that nobody shares what was saved. */
import type { GuestShelf } from '../core/ports/guest-shelf.ts';
import { done, no, type Reply } from '../core/ports/reply.ts';

export class SimGuestShelf implements GuestShelf {
  #text = 'null';
  /** While true every save is refused, as by a full disk. */
  full = false;

  async load(): Promise<Reply<unknown, string>> {
    return done(JSON.parse(this.#text));
  }

  async save(value: unknown): Promise<Reply<void, string>> {
    if (this.full) return no('no space left on the shelf');
    this.#text = JSON.stringify(value);
    return done(undefined);
  }
}
