/**
 * The ledger's one way to write, and the batch protocol of DESIGN section 3.
 *
 *   submit ─┐                                     ┌─► answers, subscribers
 *   submit ─┼─► queue ─► begin ─► decide each ─► commit
 *   submit ─┘            (lock, catch up)         └─► no / lost: all taken back
 *
 * Requests that arrive while a commit is under way form the next batch; so the price of durability
 * is one commit a batch, however many wait.
 *
 *   L2  a refused request changes nothing: it is rolled back to its own beginning;
 *   L7  a request is answered `done` only after its batch was committed;
 *   L8  a request decides on nothing but the draft: it reads no clock and draws no lots;
 *   W1  while a batch is undecided nobody reads: `read` waits for it.
 *
 * A request whose commit got no answer is found again: the next `begin` tells whether the batch is
 * there (ST4). Only when that cannot be told either is it answered `lost`.
 */
import type { Change, Table } from '../base/table.ts';
import { assert } from '../base/units.ts';
import type { Clock } from '../ports/clock.ts';
import { type Decision, lost, no, type Reply } from '../ports/reply.ts';
import type { Batch, Store, StoreRefusal } from '../ports/store.ts';
import { Draft, type View } from './draft.ts';
import { State } from './state.ts';

/** The store would not take the batch: nothing was changed; the same request may be tried again. */
export interface Unavailable {
  readonly why: 'unavailable';
  readonly message: string;
}

/** The most requests that one batch decides, so that the first does not wait for a thousand. */
export const BATCH_REQUESTS_MAX = 512;

interface Waiting {
  readonly decide: (draft: Draft) => Decision<unknown, unknown>;
  readonly answer: (reply: Reply<unknown, unknown>) => void;
  readonly fail: (bug: unknown) => void;
}
interface Decided {
  readonly waiting: Waiting;
  readonly decision: Decision<unknown, unknown>;
}

export class Ledger {
  readonly #state: State;
  readonly #store: Store;
  readonly #clock: Clock;
  #queue: Waiting[] = [];
  #pumping = false;
  #undecided = false;
  #settled: (() => void)[] = [];
  #listeners = new Set<(batch: Batch) => void>();
  #sequence = 0;

  private constructor(state: State, store: Store, clock: Clock) {
    this.#state = state;
    this.#store = store;
    this.#clock = clock;
  }

  /** Reads everything that the store holds. */
  static async open(tables: readonly Table[], store: Store, clock: Clock): Promise<Ledger> {
    const state = new State(tables);
    const ledger = new Ledger(state, store, clock);
    const { sequence } = await store.load((table, row) => {
      state.apply({ table: table.name, row, gone: false });
    });
    ledger.#sequence = sequence;
    return ledger;
  }

  /** How many batches were committed, ever. */
  get sequence(): number {
    return this.#sequence;
  }

  /**
   * Decides on the newest state, and answers when the decision is on disk. `decide` is called once,
   * must not wait, and must leave alone whatever `draft` does not give it.
   */
  submit<T, No>(decide: (draft: Draft) => Decision<T, No>): Promise<Reply<T, No | Unavailable>> {
    return new Promise((answer, fail) => {
      this.#queue.push({ decide, answer: answer as Waiting['answer'], fail });
      if (!this.#pumping) void this.#pump();
    });
  }

  /** Looks at committed state. `look` must not wait, nor keep what it was given. */
  read<T>(look: (view: View) => T): T | Promise<T> {
    if (!this.#undecided) return look(this.#state);
    return new Promise<void>((resolve) => this.#settled.push(resolve)).then(() => this.read(look));
  }

  /** Told of every committed batch, in order, after it was applied. */
  subscribe(listener: (batch: Batch) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    while (this.#queue.length > 0) await this.#batch();
    this.#pumping = false;
  }

  async #batch(): Promise<void> {
    const head = await this.#store.begin(this.#sequence);
    const waiting = this.#queue.splice(0, BATCH_REQUESTS_MAX);
    if (head.is !== 'done') {
      const reply = head.is === 'lost' ? lost : no(unavailable(head.why));
      for (const { answer } of waiting) answer(reply);
      return;
    }
    this.#catchUp(head.value.missed);
    const draft = new Draft(this.#state, this.#clock.wall());
    this.#undecided = true;
    const decided = waiting.flatMap((one) => decideOne(draft, one));
    if (draft.changes.length === 0) await this.#nothingToWrite(decided);
    else await this.#commit(draft, decided);
  }

  async #nothingToWrite(decided: readonly Decided[]): Promise<void> {
    await this.#store.rollback();
    this.#release();
    for (const { waiting, decision } of decided) waiting.answer(decision);
  }

  async #commit(draft: Draft, decided: readonly Decided[]): Promise<void> {
    const batch: Batch = { sequence: this.#sequence + 1, changes: [...draft.changes] };
    const reply = await this.#store.commit(batch);
    if (reply.is === 'done') {
      this.#accept(batch);
      for (const { waiting, decision } of decided) waiting.answer(decision);
      return;
    }
    draft.rollback();
    if (reply.is === 'no') {
      this.#release();
      for (const { waiting } of decided) waiting.answer(no(unavailable(reply.why)));
      return;
    }
    const found = await this.#find(batch);
    this.#release();
    for (const { waiting, decision } of decided) {
      if (found === 'there') waiting.answer(decision);
      else waiting.answer(found === 'unknown' ? lost : no(notWritten));
    }
  }

  /** Whether a batch whose commit got no answer is in the store. */
  async #find(batch: Batch): Promise<'there' | 'not there' | 'unknown'> {
    const head = await this.#store.begin(this.#sequence);
    if (head.is !== 'done') return 'unknown';
    const there = head.value.missed.some((missed) => sameBatch(missed, batch));
    this.#catchUp(head.value.missed);
    await this.#store.rollback();
    return there ? 'there' : 'not there';
  }

  #catchUp(missed: readonly Batch[]): void {
    for (const batch of missed) {
      for (const change of batch.changes) this.#state.apply(change);
      this.#accept(batch);
    }
  }

  #accept(batch: Batch): void {
    assert(batch.sequence === this.#sequence + 1, `batch ${batch.sequence} out of order`);
    this.#sequence = batch.sequence;
    this.#release();
    for (const listener of this.#listeners) listener(batch);
  }

  #release(): void {
    this.#undecided = false;
    const settled = this.#settled;
    this.#settled = [];
    for (const resolve of settled) resolve();
  }
}

/** Runs one request; a refusal leaves no trace (L2). A request that throws is a bug, told to its asker. */
function decideOne(draft: Draft, waiting: Waiting): Decided[] {
  const mark = draft.mark;
  try {
    const decision = waiting.decide(draft);
    if (decision.is === 'no') draft.rollback(mark);
    return [{ waiting, decision }];
  } catch (bug) {
    draft.rollback(mark);
    waiting.fail(bug);
    return [];
  }
}

const sameBatch = (a: Batch, b: Batch): boolean =>
  a.sequence === b.sequence && JSON.stringify(a.changes) === JSON.stringify(b.changes);

const notWritten: Unavailable = { why: 'unavailable', message: 'the commit was not carried out' };

const unavailable = (refusal: StoreRefusal): Unavailable => ({
  why: 'unavailable',
  message:
    refusal.why === 'pruned' ? 'this process is too far behind; restart it' : refusal.message,
});

export type { Change };
