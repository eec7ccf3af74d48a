/**
 * A draft: the newest state with what the requests of one batch have changed so far.
 *
 * Requests change the state in place, through `put` and `remove` alone, and each change is noted
 * with what was there before. So a refused request is taken back to where it began (L2), and a
 * batch that fails to commit is taken back whole; between the first change and the commit nobody
 * else may look (ledger.ts sees to it).
 */
import type { Change, Table } from '../base/table.ts';
import { assert } from '../base/units.ts';
import type { Books } from './books.ts';
import type { ReadShelf } from './shelf.ts';
import type { State } from './state.ts';

export interface View {
  readonly books: Books;
  rows<Row extends object>(table: Table<Row>): ReadShelf<Row>;
}

export class Draft implements View {
  readonly #state: State;
  readonly #changes: Change[] = [];
  readonly #before: (object | undefined)[] = [];
  /** Wall-clock time of this batch, in ms since 1970 UTC: the stamp of every row it writes. */
  readonly now_ms: number;
  #author: string | null = null;

  constructor(state: State, now_ms: number) {
    this.#state = state;
    this.now_ms = now_ms;
  }

  get books(): Books {
    return this.#state.books;
  }

  rows<Row extends object>(table: Table<Row>): ReadShelf<Row> {
    return this.#state.rows(table);
  }

  isStoodOn(provider_id: number): boolean {
    return this.#state.isStoodOn(provider_id);
  }

  /** Writes the row under its key; gives the one that was there. */
  put<Row extends object>(table: Table<Row>, row: Row): Row | undefined {
    const change: Change = { table: table.name, row, gone: false };
    const before = this.#state.apply(change);
    this.#note(change, before);
    return before as Row | undefined;
  }

  /** Takes away the row that has this row's key; there must be one. */
  remove<Row extends object>(table: Table<Row>, row: Row): void {
    const before = this.#state.apply({ table: table.name, row, gone: true });
    assert(before !== undefined, `no ${table.name} ${table.key(row)} to remove`);
    this.#note({ table: table.name, row: before, gone: true }, before);
  }

  /** In whose name claims are written, e.g. that of a step of a run; null: nobody says. */
  get author(): string | null {
    return this.#author;
  }

  /** Acts in somebody's name. */
  as<T>(author: string, act: () => T): T {
    const before = this.#author;
    this.#author = author;
    try {
      return act();
    } finally {
      this.#author = before;
    }
  }

  /** Where we are: `rollback` to it takes back all that came since. */
  get mark(): number {
    return this.#changes.length;
  }

  rollback(mark = 0): void {
    while (this.#changes.length > mark) {
      const change = this.#changes.pop() as Change;
      const before = this.#before.pop();
      if (before !== undefined) this.#state.apply({ ...change, row: before, gone: false });
      else if (!change.gone) this.#state.apply({ ...change, gone: true });
    }
  }

  get changes(): readonly Change[] {
    return this.#changes;
  }

  #note(change: Change, before: object | undefined): void {
    this.#changes.push(change);
    this.#before.push(before);
  }
}
