/**
 * The conductor: carries on every run that is its own, each in a loop of its own.
 *
 *   start (in a ledger request) ─► commit ─► loop: advance ─► ask / sleep ─► advance ─► … end
 *                            recover ─────────┘
 *
 * It learns of new runs, of cancels and of ends from the ledger's committed batches, so nobody has
 * to call it after a commit. It knows no saga by name: it is handed the list.
 *
 *   C1  a loop writes only through `advance`, and only while the run is its own (leases.ts);
 *   C2  what the ledger could not take is asked again; nothing heard from an agent is dropped;
 *   C3  at most `runs_max` runs are at work at once; those that sleep do not count.
 */
import { type Millis, millis, present } from '../base/units.ts';
import type { Draft, View } from '../ledger/draft.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Clock } from '../ports/clock.ts';
import type { Journal } from '../ports/journal.ts';
import { type Decision, done } from '../ports/reply.ts';
import type { Batch } from '../ports/store.ts';
import { type Traces, untraced } from '../ports/traces.ts';
import type { Wire } from '../ports/wire.ts';
import { type Heard, knownBy, type Task } from './act.ts';
import { advance } from './advance.ts';
import { answer_timeout_ms } from './errand.ts';
import { Gate } from './gate.ts';
import {
  adopt,
  held,
  introduce,
  keep,
  LEASE_MS,
  LEASE_PACE,
  type Owner,
  resign,
  takeOver,
} from './leases.ts';
import { Log } from './log.ts';
import { Nap } from './nap.ts';
import { prune } from './prune.ts';
import { type ResetHow, reset } from './reset.ts';
import {
  ended,
  isUnderWay,
  processes,
  type RunRow,
  type RunStepRow,
  runSteps,
  runs,
} from './rows.ts';
import type { Saga } from './saga.ts';
import { asAsking, RunSpans } from './traced.ts';
import { Usher } from './usher.ts';

export interface ConductorParts<World> {
  readonly ledger: Ledger;
  readonly wire: Wire;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly sagas: readonly Saga<World>[];
  readonly world: World;
  readonly owner: Owner;
  /** Whether a host is known to be down: its answers are then not waited for. */
  readonly unreachable: (view: View, host: string) => boolean;
  /** Whether a person has made sure that nothing runs on a host: no pivot waits for its word. */
  readonly fenced: (view: View, host: string) => boolean;
  /** Whether a batch can have made room for runs that wait; it is shown every batch. */
  readonly makesRoom: (batch: Batch) => boolean;
  readonly runs_max?: number;
  /** Left out: none are kept. */
  readonly traces?: Traces;
  /** Fewer than all book steps in one request: only the simulator wants that. */
  readonly steps_per_request_max?: number;
}

const RUNS_AT_WORK_MAX = 256;
const LEDGER_PACE = millis(500);
const PARKED_PACE = millis(1_000);
const MEANWHILE_PACE = millis(5_000);
/** So often in a row a source that is up gives no word of its transfer, and is waited for. */
const UNHEARD_MAX = 6;

export class Conductor<World> {
  readonly #parts: ConductorParts<World>;
  readonly #sagas: ReadonlyMap<string, Saga<World>>;
  readonly #gate: Gate;
  readonly #usher: Usher;
  /** The runs that are carried on, each in its tenure, and the sleep of each. */
  readonly #carried = new Map<string, Nap>();
  readonly #parked = new Set<Nap>();
  readonly #cancelled = new Set<string>();
  readonly #traces: Traces;
  readonly #spans: RunSpans;
  /** When its lease was last kept. */
  #kept_at: Millis | null = null;
  #idlers: (() => void)[] = [];
  #stopped = false;
  readonly #unsubscribe: () => void;

  constructor(parts: ConductorParts<World>) {
    this.#parts = parts;
    this.#sagas = new Map(parts.sagas.map((saga) => [saga.name, saga]));
    this.#traces = parts.traces ?? untraced;
    this.#spans = new RunSpans(this.#traces);
    this.#gate = new Gate(parts.runs_max ?? RUNS_AT_WORK_MAX);
    this.#usher = new Usher({
      ledger: parts.ledger,
      clock: parts.clock,
      tryAgain: (draft, run) => this.#tryAgain(draft, run),
      broken: (bug) => this.#broken(bug),
    });
    this.#unsubscribe = parts.ledger.subscribe((batch) => this.#notice(batch));
    if (!parts.owner.sole) this.#keepLeases().catch((bug: unknown) => this.#broken(bug));
  }

  /** Writes a new run, in the ledger request of whoever wants it. It begins once that commits. */
  start(
    draft: Draft,
    saga: string,
    input: Readonly<Record<string, unknown>>,
    about: { readonly server_uuid: string | null; readonly run_id: string },
  ): RunRow {
    const { steps } = present(this.#sagas.get(saga), `no saga named ${saga}`);
    const run: RunRow = {
      id: about.run_id,
      saga,
      server_uuid: about.server_uuid,
      input,
      state: 'running',
      cursor: steps[0]?.name ?? null,
      known: {},
      tried: [],
      retreat_to: null,
      error: null,
      cancel_requested: false,
      waits: null,
      stuck: null,
      owner: this.#parts.owner.name,
      fence: 1,
      trace: this.#traces.current(),
      started_at_ms: draft.now_ms,
      ended_at_ms: null,
    };
    introduce(draft, this.#parts.owner);
    draft.put(runs, run);
    return run;
  }

  /**
   * Carries on, in this very request, a run that the request has written, by so many book steps;
   * gives how it stands then. What it came to can still be taken back with the draft.
   */
  carryOn(draft: Draft, run: RunRow, steps: number): RunRow {
    this.#advance(draft, run, null, steps);
    return present(draft.rows(runs).get(run.id), 'the run that was written');
  }

  /**
   * Has a stuck run go on as a person says (reset.ts), in the ledger request of whoever asks. Its
   * owner carries it on, wherever that is; where that is gone, this process does.
   */
  reset(draft: Draft, run: RunRow, how: ResetHow): Decision<void, string> {
    const { owner } = this.#parts;
    introduce(draft, owner);
    const log = new Log(draft, adopt(draft, run, owner));
    const decided = reset(log, this.#sagas.get(run.saga), how);
    if (decided.is === 'done') log.write();
    return decided;
  }

  /** Looks for runs of our own that have not begun. Commits are noticed without it. */
  wake(): void {
    this.recover().catch((bug: unknown) => this.#broken(bug));
  }

  /** Takes up every unfinished run that may be taken. Call it once the world is in place. */
  async recover(): Promise<void> {
    const { ledger, owner, clock } = this.#parts;
    while (!this.#stopped) {
      const asked_at = clock.now();
      const reply = await ledger.submit((draft) => {
        keep(draft, owner);
        return done(takeOver(draft, owner));
      });
      if (this.#stopped) return;
      if (reply.is === 'done') {
        this.#kept_at = asked_at;
        for (const run of reply.value) this.#take(run);
        return;
      }
      await clock.sleep(LEDGER_PACE);
    }
  }

  /** How many runs it carries, and how many of these wait for a place at work, or for room. */
  get figures() {
    const carried = this.#carried.size;
    return { carried, gated: this.#gate.waiting, waiting: this.#usher.waiting };
  }

  /** Whether what it carries on is its own, by its own clock: no other can have taken it. */
  get holdsLease(): boolean {
    const { owner, clock } = this.#parts;
    return owner.sole || (this.#kept_at !== null && clock.now() - this.#kept_at < LEASE_MS);
  }

  /** Lets go of everything where it stands, as a crash would: the log knows how to go on. */
  stop(): void {
    this.#stopped = true;
    this.#usher.stop();
    this.#unsubscribe();
    for (const nap of this.#carried.values()) nap.poke();
  }

  /** Stops, and leaves what it carried to the others at once, where there are any. */
  async resign(): Promise<void> {
    this.stop();
    const { ledger, owner } = this.#parts;
    if (!owner.sole) await ledger.submit((draft) => done(resign(draft, owner)));
  }

  /** Resolves when no run is under way here. */
  idle(): Promise<void> {
    if (this.#carried.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idlers.push(resolve));
  }

  #notice(batch: Batch): void {
    for (const { table, row, gone } of batch.changes) {
      if (table === processes.name && gone) this.wake(); // it left its runs to whoever comes first
      if (table === runSteps.name && !gone) this.#spans.decided(row as RunStepRow);
      if (table !== runs.name || gone) continue;
      const run = row as RunRow;
      if (!isUnderWay(run)) this.#noticeEnd(run);
      else if (run.owner === this.#parts.owner.name) this.#noticeOwn(run);
    }
    if (this.#parts.makesRoom(batch)) this.#usher.call();
  }

  #noticeEnd(run: RunRow): void {
    this.#spans.ended(run);
    this.#cancelled.delete(run.id);
    this.#usher.leave(run.id);
    for (const nap of this.#parked) nap.poke();
  }

  #noticeOwn(run: RunRow): void {
    this.#take(run);
    if (run.waits) this.#usher.seat(run);
    else if (this.#usher.leave(run.id)) this.#carried.get(tenureOf(run))?.poke();
    if (!run.cancel_requested || this.#cancelled.has(run.id)) return;
    this.#cancelled.add(run.id);
    this.#carried.get(tenureOf(run))?.poke();
  }

  #take(run: RunRow): void {
    const tenure = tenureOf(run);
    if (this.#stopped || this.#carried.has(tenure)) return;
    const nap = new Nap();
    this.#carried.set(tenure, nap);
    void this.#spans
      .carry(run, () => this.#carry(run, nap))
      .catch((bug: unknown) => this.#stick(run, bug))
      .catch((bug: unknown) => this.#broken(bug))
      .then(() => this.#drop(tenure));
  }

  #drop(tenure: string): void {
    this.#carried.delete(tenure);
    if (this.#carried.size > 0) return;
    const idlers = this.#idlers;
    this.#idlers = [];
    for (const resolve of idlers) resolve();
  }

  async #carry(run: RunRow, nap: Nap): Promise<void> {
    let heard: Heard | null = null;
    while (!this.#stopped) {
      await this.#gate.enter();
      const task = await this.#turn(run, heard).finally(() => this.#gate.leave());
      if (task.do === 'end' || task.do === 'leave') return;
      if (task.do === 'heard') heard = task;
      else if (task.do !== 'retry') heard = null;
      if (task.do === 'sleep') await nap.take(this.#parts.clock, task.span_ms);
      if (task.do === 'retry') await nap.take(this.#parts.clock, LEDGER_PACE);
      if (task.do === 'park') await this.#park(nap);
    }
  }

  /** One request of the ledger, and the errand that it calls for, if any. */
  async #turn(run: RunRow, heard: Heard | null): Promise<Turn> {
    const { ledger, wire, journal } = this.#parts;
    if (this.#stopped) return { do: 'leave' };
    const decided = await ledger.submit((draft) => done(this.#advance(draft, run, heard)));
    if (this.#stopped) return { do: 'leave' };
    if (decided.is !== 'done') return { do: 'retry' };
    const task = decided.value;
    if (task.do === 'end') journal.info('run ended', { run_id: run.id, saga: run.saga });
    if (task.do !== 'ask') return task;
    if (task.after !== undefined) await this.#isOver(task.after);
    if (this.#stopped) return { do: 'leave' };
    const ask = () => wire.ask(task.host, task.order, task.timeout_ms);
    return { do: 'heard', of: task.of, reply: await asAsking(this.#traces, run.id, task, ask) };
  }

  /** Nobody who is still at it is to be disturbed; who does not answer cannot be waited for. */
  async #isOver({ host, order }: NonNullable<Extract<Task, { do: 'ask' }>['after']>) {
    const { wire, clock, ledger, unreachable } = this.#parts;
    let unheard = 0;
    for (let nth = 1; !this.#stopped; nth++) {
      const asked = { ...order, key: `${order.key}/${nth}` };
      const told = await wire.ask<'progress'>(host, asked, answer_timeout_ms.progress);
      // One that is lost tells nothing: the transfer may well go on.
      unheard = told.is === 'lost' ? unheard + 1 : 0;
      if (told.is === 'no' || (told.is === 'done' && told.value.transfer === null)) return;
      if (unheard >= UNHEARD_MAX || (await ledger.read((view) => unreachable(view, host)))) return;
      await clock.sleep(MEANWHILE_PACE);
    }
  }

  #advance(
    draft: Draft,
    { id, fence }: RunRow,
    heard: Heard | null,
    steps_max = this.#parts.steps_per_request_max,
    ushered = false,
  ): Task {
    const { owner, unreachable, fenced, world } = this.#parts;
    const run = held(draft, id, owner, fence);
    if (run === null) return { do: 'leave' };
    if (!isUnderWay(run)) return { do: 'end' };
    const log = new Log(draft, run);
    const saga = this.#sagas.get(run.saga);
    if (saga === undefined) return unknownSaga(log);
    const act = { draft, log, saga, world, unreachable, fenced, ushered };
    const task = advance(act, heard, steps_max ?? Number.POSITIVE_INFINITY);
    if (ended(log.run)) prune(draft);
    return task;
  }

  /** The usher's turn: cheap where it would come to nothing. */
  #tryAgain(draft: Draft, run: RunRow): void {
    const step = this.#sagas.get(run.saga)?.steps.find(({ name }) => name === run.cursor);
    if (step?.kind !== 'book' || run.cancel_requested || run.owner !== this.#parts.owner.name)
      return;
    const worth = step.again?.(knownBy(new Log(draft, run)), draft, this.#parts.world) ?? true;
    if (worth) this.#advance(draft, run, null, 1, true);
  }

  async #park(nap: Nap): Promise<void> {
    this.#parked.add(nap);
    await nap.take(this.#parts.clock, PARKED_PACE);
    this.#parked.delete(nap);
  }

  /** A broken promise of our own code stops its run, where a person finds it, and no other. */
  async #stick(run: RunRow, bug: unknown): Promise<void> {
    const message = bug instanceof Error ? bug.message : String(bug);
    const { ledger, journal, owner, clock } = this.#parts;
    journal.error('run stuck', { run_id: run.id, saga: run.saga, message });
    while (!this.#stopped) {
      const written = await ledger.submit((draft) => {
        const now = held(draft, run.id, owner, run.fence);
        if (now !== null && isUnderWay(now)) stuck(new Log(draft, now), message);
        return done(undefined);
      });
      if (written.is === 'done') return;
      await clock.sleep(LEDGER_PACE);
    }
  }

  /** The ledger itself is broken, and has said so to whoever ends the process. */
  #broken(bug: unknown): void {
    this.#parts.journal.error('conductor broken', { message: String(bug) });
    this.stop();
  }

  /** Where several processes share a store: keeps what is ours, takes up what was left. */
  async #keepLeases(): Promise<void> {
    while (!this.#stopped) {
      await this.#parts.clock.sleep(LEASE_PACE);
      await this.recover();
    }
  }
}

type Turn = Exclude<Task, { do: 'ask' }> | ({ readonly do: 'heard' } & Heard) | { do: 'retry' };

/** A run while it is one owner's; one that is reset while its last loop ends begins another. */
const tenureOf = ({ id, fence }: RunRow): string => `${id} ${fence}`;

function unknownSaga(log: Log): Task {
  stuck(log, `no saga named ${log.run.saga}`);
  return { do: 'end' };
}

function stuck(log: Log, message: string): void {
  log.say('stick', { error: { code: 500, message, explanation_id: null } });
  log.write();
}
