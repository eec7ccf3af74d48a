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
 *   W1  while a batch is undecided nobody reads: `read` waits for it;
 *   W2  who has waited for `current` then reads all that anybody was told was done before it asked,
 *       by whichever process: where others write to the store, it is asked what they wrote.
 *
 * A batch whose commit got no answer is in doubt. The next `begin` that is answered tells whether
 * it is there (ST4), and then its requests are answered after all. They are told `lost` when that
 * takes too long; but reads go on waiting, so that who was told `lost` and looks finds the truth.
 *
 * A bug of ours (a listener that throws, a row that its table refuses) breaks the ledger for good:
 * whoever asks is given the bug, and `broken` tells `main`. No ledger beats a wrong ledger.
 */
import type { Table } from '../base/table.ts';
import { assert, type Millis, millis, never } from '../base/units.ts';
import type { Clock } from '../ports/clock.ts';
import { type Decision, done, lost, no, type Reply } from '../ports/reply.ts';
import type { Batch, Store, StoreRefusal } from '../ports/store.ts';
import { Draft, type View } from './draft.ts';
import { Joint } from './joint.ts';
import type { MeasuredTurn, Meter } from './measured.ts';
import { sameBatch } from './same-batch.ts';
import { State } from './state.ts';

/** The store would not take the batch: nothing was changed; the same request may be tried again. */
export interface Unavailable {
  readonly why: 'unavailable';
  readonly message: string;
}

/** The most requests that one batch decides, so that the first does not wait for a thousand. */
export const BATCH_REQUESTS_MAX = 512;

/** The most requests that wait for their batch; more are told so at once. */
export const QUEUED_MAX = 100_000;

/** How long a store that does not answer is left alone, and how often it is asked about a doubt. */
const DOUBT_PAUSE = millis(50);
const DOUBT_TRIES_MAX = 20;
/** How many batches of others are read at once. */
const FOLLOWED_AT_ONCE = 256;

interface Waiting {
  readonly decide: (draft: Draft) => Decision<unknown, unknown>;
  readonly answer: (reply: Reply<unknown, unknown>) => void;
  readonly fail: (bug: unknown) => void;
}
interface Decided {
  readonly waiting: Waiting;
  readonly decision: Decision<unknown, unknown>;
}
/** A batch that may or may not be in the store. */
interface Doubt {
  readonly batch: Batch;
  decided: readonly Decided[];
  tries: number;
}

export class Ledger {
  readonly #state: State;
  readonly #store: Store;
  readonly #clock: Clock;
  #queue: Waiting[] = [];
  #pump: Promise<void> | null = null;
  #closed = false;
  #bug: { readonly thrown: unknown } | null = null;
  #doubt: Doubt | null = null;
  #undecided = false;
  #settled: (() => void)[] = [];
  #listeners = new Set<(batch: Batch) => void>();
  #sequence = 0;
  readonly #follow = new Joint(() => this.#followOthers());
  #refused_at: Millis | null = null;
  #followed_at: Millis | null = null;
  #meter: Meter = () => {};
  /** Made of each request while its asker is here, e.g. so that it decides in the same trace. */
  binding: <D extends (draft: Draft) => unknown>(decide: D) => D = (decide) => decide;
  /** Resolves once it is so far behind that only reading everything anew helps (`isBehind`). */
  readonly behind: Promise<void>;
  #fallBehind: () => void = () => {};
  #isBehind = false;
  /** Resolves with the bug, should there ever be one: the process must not go on. */
  readonly broken: Promise<unknown>;
  #breakDown: (bug: unknown) => void = () => {};

  private constructor(state: State, store: Store, clock: Clock) {
    this.#state = state;
    this.#store = store;
    this.#clock = clock;
    this.broken = new Promise((resolve) => {
      this.#breakDown = resolve;
    });
    this.behind = new Promise((resolve) => {
      this.#fallBehind = resolve;
    });
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

  /** How many requests wait for their batch. */
  get queued(): number {
    return this.#queue.length;
  }

  /** When it last had all that other processes had written; null: never, or there are none. */
  get followed_at(): Millis | null {
    return this.#followed_at;
  }

  /** Told of each turn of this process. */
  measure(meter: Meter): void {
    this.#meter = meter;
  }

  /** When the store last would not take a batch, if it has taken none since. */
  get refused_at(): Millis | null {
    return this.#refused_at;
  }

  /** The records of what it missed are gone: it can follow no more. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /**
   * Decides on the newest state, and answers when the decision is on disk. `decide` is called once,
   * must not wait, and must leave alone whatever `draft` does not give it.
   */
  submit<T, No = never>(
    decide: (draft: Draft) => Decision<T, No>,
  ): Promise<Reply<T, No | Unavailable>> {
    if (this.#bug !== null) return Promise.reject(this.#bug.thrown);
    if (this.#closed) return Promise.resolve(no(closing));
    if (this.#queue.length >= QUEUED_MAX) return Promise.resolve(no(tooMany));
    return new Promise((answer, fail) => {
      this.#queue.push({ decide: this.binding(decide), answer: answer as Waiting['answer'], fail });
      this.#pump ??= this.#run();
    });
  }

  /** Looks at committed state. `look` must not wait, nor keep what it was given. */
  read<T>(look: (view: View) => T): T | Promise<T> {
    if (this.#bug !== null) return Promise.reject(this.#bug.thrown);
    if (!this.#undecided) return look(this.#state);
    return new Promise<void>((resolve) => this.#settled.push(resolve)).then(() => this.read(look));
  }

  /** Whether other processes write to its store as well. */
  get shared(): boolean {
    return this.#store.shared === true;
  }

  /** Brings in what other processes have written by now (W2). */
  current(): Promise<Reply<void, Unavailable>> {
    if (this.#bug !== null) return Promise.reject(this.#bug.thrown);
    return this.shared ? this.#follow.join() : Promise.resolve(done(undefined));
  }

  /** Told of every committed batch, in order, after it was applied. */
  subscribe(listener: (batch: Batch) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What was committed after `since`, the first `limit` batches, from the store's records. */
  records(since: number, limit: number): Promise<Reply<readonly Batch[], StoreRefusal>> {
    return this.#store.records(since, limit);
  }

  /** Takes nothing more, answers what it has, and closes the store. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#pump;
    await this.#store.close();
  }

  async #followOthers(): Promise<Reply<void, Unavailable>> {
    const asked_at = this.#clock.now();
    for (let more = true; more; ) {
      const written = await this.#store.records(this.#sequence, FOLLOWED_AT_ONCE);
      if (written.is === 'lost') return no(unavailable(noAnswer));
      if (written.is === 'no') return no(this.#refusedBy(written.why));
      while (this.#undecided) await new Promise<void>((resolve) => this.#settled.push(resolve));
      if (this.#bug !== null) throw this.#bug.thrown;
      const bugs = this.#catchUp(written.value);
      if (bugs.length > 0) this.#break(bugs[0]);
      more = written.value.length === FOLLOWED_AT_ONCE;
    }
    this.#followed_at = asked_at;
    return done(undefined);
  }

  async #run(): Promise<void> {
    try {
      while (this.#queue.length > 0 || this.#doubt !== null) await this.#batch();
      this.#pump = null;
    } catch (bug) {
      this.#break(bug);
    }
  }

  #break(bug: unknown): void {
    this.#bug = { thrown: bug };
    for (const { fail } of this.#queue.splice(0)) fail(bug);
    this.#release();
    this.#breakDown(bug);
  }

  async #batch(): Promise<void> {
    const began_at = this.#clock.now();
    const head = await this.#store.begin(this.#sequence);
    if (head.is !== 'done') return this.#noTurn(head.is === 'lost' ? noAnswer : head.why);
    const { missed, now_ms = this.#clock.wall() } = head.value;
    const bugs = this.#catchUp(missed);
    this.#settle(missed);

    const waiting = this.#queue.splice(0, BATCH_REQUESTS_MAX);
    const draft = new Draft(this.#state, now_ms);
    this.#undecided = true;
    const decided = waiting.flatMap((one) => decideOne(draft, one));
    const ended = (outcome: MeasuredTurn['outcome'], batch: Batch | null = null): void => {
      const took_ms = millis(this.#clock.now() - began_at);
      this.#meter({ requests: waiting.length, outcome, batch, took_ms });
    };
    if (draft.changes.length === 0)
      await this.#nothingToWrite(decided).then(() => ended('nothing'));
    else bugs.push(...(await this.#commit(draft, decided, ended)));
    if (bugs.length > 0) throw bugs[0];
  }

  /** The store would not begin: nothing was written, and whoever waits may try again. */
  async #noTurn(why: StoreRefusal): Promise<void> {
    const refusal = this.#refusedBy(why);
    for (const { answer } of this.#queue.splice(0)) answer(no(refusal));
    const doubt = this.#doubt;
    if (doubt === null) return;
    doubt.tries++;
    if (doubt.tries === DOUBT_TRIES_MAX) {
      for (const { waiting } of doubt.decided) waiting.answer(lost);
      doubt.decided = [];
    }
    await this.#clock.sleep(DOUBT_PAUSE);
  }

  #refusedBy(why: StoreRefusal): Unavailable {
    this.#refused_at = this.#clock.now();
    if (why.why === 'pruned') {
      this.#isBehind = true;
      this.#fallBehind();
    }
    return unavailable(why);
  }

  async #nothingToWrite(decided: readonly Decided[]): Promise<void> {
    await this.#store.rollback();
    this.#release();
    for (const { waiting, decision } of decided) waiting.answer(decision);
  }

  async #commit(
    draft: Draft,
    decided: readonly Decided[],
    ended: (outcome: MeasuredTurn['outcome'], batch: Batch | null) => void,
  ): Promise<unknown[]> {
    const batch: Batch = { sequence: this.#sequence + 1, changes: [...draft.changes] };
    const reply = await this.#written(batch, decided);
    ended(reply.is, reply.is === 'done' ? batch : null);
    switch (reply.is) {
      case 'done': {
        this.#refused_at = null;
        const bugs = this.#accept(batch);
        for (const { waiting, decision } of decided) waiting.answer(decision);
        return bugs;
      }
      case 'no':
        draft.rollback();
        this.#release();
        this.#sayNo(decided, this.#refusedBy(reply.why));
        return [];
      case 'lost':
        draft.rollback();
        this.#doubt = { batch, decided, tries: 0 };
        return [];
      default:
        return never(reply);
    }
  }

  #sayNo(decided: readonly Decided[], refusal: Unavailable): void {
    for (const { waiting } of decided) waiting.answer(no(refusal));
  }

  async #written(batch: Batch, decided: readonly Decided[]): Promise<Reply<void, StoreRefusal>> {
    try {
      return await this.#store.commit(batch);
    } catch (bug) {
      for (const { waiting } of decided) waiting.fail(bug);
      throw bug;
    }
  }

  /** The store answers again: a batch in doubt is among what we missed, or it never will be. */
  #settle(missed: readonly Batch[]): void {
    const doubt = this.#doubt;
    if (doubt === null) return;
    this.#doubt = null;
    const there = missed.some((one) => sameBatch(one, doubt.batch));
    for (const { waiting, decision } of doubt.decided) {
      waiting.answer(there ? decision : no(notWritten));
    }
  }

  #catchUp(missed: readonly Batch[]): unknown[] {
    const bugs: unknown[] = [];
    for (const batch of missed) {
      if (batch.sequence <= this.#sequence) continue; // brought in while we asked
      for (const change of batch.changes) this.#state.apply(change);
      bugs.push(...this.#accept(batch));
    }
    return bugs;
  }

  /** Tells everybody, even after one of them threw; gives what they threw. */
  #accept(batch: Batch): unknown[] {
    assert(batch.sequence === this.#sequence + 1, `batch ${batch.sequence} out of order`);
    this.#sequence = batch.sequence;
    this.#release();
    const bugs: unknown[] = [];
    for (const listener of this.#listeners) {
      try {
        listener(batch);
      } catch (bug) {
        bugs.push(bug);
      }
    }
    return bugs;
  }

  #release(): void {
    this.#undecided = false;
    const settled = this.#settled;
    this.#settled = [];
    for (const resolve of settled) resolve();
  }
}

/** Runs one request; a refusal leaves no trace (L2). A throw is a bug, told to its asker. */
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

const notWritten: Unavailable = { why: 'unavailable', message: 'the commit was not carried out' };
const closing: Unavailable = { why: 'unavailable', message: 'this process is stopping' };
const tooMany: Unavailable = { why: 'unavailable', message: 'too many requests wait' };
const noAnswer: StoreRefusal = { why: 'unavailable', message: 'the store does not answer' };

const unavailable = (refusal: StoreRefusal): Unavailable => ({
  why: 'unavailable',
  message:
    refusal.why === 'pruned'
      ? 'this process is too far behind; it reads everything anew'
      : refusal.message,
});
