/**
 * One mishap, or two, each planned for one place of one saga: on the wire for what is asked, at the
 * store for a commit that writes a step's line.
 *
 *   boot          the order, or the commit of a step that books
 *   boot/undo     its undo                  boot/settle    finding out what came of it
 *   boot/asked    the commit before it      boot/heard     the commit of its answer
 *
 *   mishap    a step that asks (on the wire)              a step that books (at the store)
 *   refuse    the agent says no                           the commit is refused
 *   spoil     so it does, and would on every host         (as refuse)
 *   drop      the request is lost; nothing was done       the commit is not done, its answer lost
 *   forget    it was done, and the reply is lost          the commit is done, its answer lost
 *   crash     the process dies after it was done          the process dies after the commit
 *   twice     it arrives two times                        a second process takes the run over
 *   late      held up: it arrives after all is over       the process dies before the commit
 *   deaf      no attempt arrives, up to DEAF_MAX          no commit is taken, up to DEAF_MAX
 *   fickle    the first is held up, the second refused    (as refuse)
 *   agent     it was done, and the agent starts again     –
 *   host      so it was; then the host loses power        –
 */

import { millis } from '../core/base/units.ts';
import { type RunStepRow, runSteps } from '../core/conductor/rows.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { Order, OrderRefusal, OrderResult } from '../core/ports/order.ts';
import { lost, no, type Reply } from '../core/ports/reply.ts';
import type { Batch, Head, Store, StoreRefusal } from '../core/ports/store.ts';
import { handOver, type Recipient, type Wire } from '../core/ports/wire.ts';

export const mishaps = [
  'refuse',
  'spoil',
  'drop',
  'forget',
  'crash',
  'twice',
  'late',
  'deaf',
  'fickle',
] as const;
/** What befalls machines: where somebody is asked, and nowhere else. */
export const machineMishaps = ['agent', 'host'] as const;
export type Mishap = (typeof mishaps)[number] | (typeof machineMishaps)[number];

export interface Plan {
  readonly saga: string;
  readonly step: string;
  readonly mishap: Mishap;
  /** Left out: as often as the mishap wants it. */
  readonly times?: number;
}

/** As often as this an attempt is not heard; more than a step that can be undone is asked. */
export const DEAF_MAX = 6;
/** More than the ledger waits to learn what became of a batch. */
const BEGINS_LOST = 24;
const LOST_AFTER = millis(1_000);

/** What the plan may do to processes and machines. */
export interface Hands {
  crash(): void;
  /** Another process takes everything over while the first is still at work. */
  takeOver(): void;
  /** The agent of the host dies, and another begins. */
  restartAgent(host: string): void;
  /** The host loses power, and has it again after a while. */
  cutPower(host: string): void;
}

/** What befalls that place now, if anything does. */
export type Strikes = (place: string) => Mishap | null;

/** Says whether it is a planned moment, as often as its mishap wants it. */
export class Fate {
  readonly #plans: readonly Plan[];
  readonly #struck: number[];
  /** Where something could have struck. */
  readonly passed = new Set<string>();

  constructor(plans: readonly Plan[]) {
    this.#plans = plans;
    this.#struck = plans.map(() => 0);
  }

  get plan(): Plan | null {
    return this.#plans[0] ?? null;
  }

  /** How often the first struck: a plan that never did proves nothing. */
  get struck(): number {
    return this.#struck[0] ?? 0;
  }

  get allStruck(): boolean {
    return this.#struck.every((times) => times > 0);
  }

  /** Of two that are planned for one place the second strikes once the first is over. */
  strikes(place: string): Mishap | null {
    this.passed.add(place);
    for (const [at, plan] of this.#plans.entries()) {
      const mishap = plan.step === place ? this.#moment(plan, at) : null;
      if (mishap !== null) return mishap;
    }
    return null;
  }

  #moment({ mishap, times = oftenOf(mishap) }: Plan, at: number): Mishap | null {
    const before = this.#struck[at] ?? 0;
    this.#struck[at] = before + 1;
    if (before >= times) return null;
    if (mishap !== 'fickle') return mishap;
    return before === 0 ? 'late' : 'refuse';
  }
}

export function oftenOf(mishap: Mishap): number {
  if (mishap === 'fickle') return 2;
  return mishap === 'deaf' || mishap === 'late' ? DEAF_MAX : 1;
}

/** The place that an order is: its step, or that step's undo or settling. */
function placeOf({ key }: Order): string | null {
  const [, step, phase] = key.split('/');
  if (step === undefined) return null;
  const name = step.split('@')[0] ?? step;
  return phase === undefined ? name : `${name}/${phase}`;
}

/** The place that the commit of a line is; null: of no interest. */
export function commitOf({ kind, name, state, attempts }: RunStepRow): string | null {
  if (kind !== 'ask') return state === 'done' ? name : state === 'undone' ? `${name}/undo` : null;
  if (state === 'started' && attempts === 1) return `${name}/asked`;
  return state === 'done' || state === 'undone' ? `${name}/heard` : null;
}

type Answer = Reply<unknown, OrderRefusal>;

export class PlannedWire implements Wire {
  readonly #strikes: Strikes;
  readonly #hands: Hands;
  readonly #clock: Clock;
  readonly #recipient: (host: string) => Recipient | undefined;
  /** Held up until all is over. */
  readonly held: (() => Promise<unknown>)[] = [];
  /** Every order that reached an agent, for failures to be read. */
  readonly heard: string[] = [];

  constructor(
    strikes: Strikes,
    hands: Hands,
    clock: Clock,
    recipient: (host: string) => Recipient | undefined,
  ) {
    this.#strikes = strikes;
    this.#hands = hands;
    this.#clock = clock;
    this.#recipient = recipient;
  }

  async ask<V extends Order['verb']>(
    host: string,
    order: Extract<Order, { verb: V }>,
  ): Promise<Reply<OrderResult[V], OrderRefusal>> {
    const to = this.#recipient(host);
    const bring = () => {
      this.heard.push(`${host} ${order.key}`);
      return handOver<V>(order, to?.incarnation, this.#recipient(host));
    };
    const mishap = order.verb === 'list' ? null : this.#planned(order);
    return (await this.#carry(host, mishap, bring)) as Reply<OrderResult[V], OrderRefusal>;
  }

  #planned(order: Order): Mishap | null {
    const place = placeOf(order);
    return place === null ? null : this.#strikes(place);
  }

  async #carry(host: string, mishap: Mishap | null, bring: () => Promise<Answer>): Promise<Answer> {
    switch (mishap) {
      case 'refuse':
        return no({ why: 'hypervisor', message: 'it would not, as planned' });
      case 'spoil':
        return no({ why: 'bad-image', message: 'it is no image, as planned' });
      case 'late':
        this.held.push(bring);
        return this.#silence();
      case 'drop':
      case 'deaf':
        return this.#silence();
      case 'forget':
        await bring();
        return this.#silence();
      case 'agent':
        await bring();
        this.#hands.restartAgent(host);
        return this.#silence();
      case 'host':
        await bring();
        this.#hands.cutPower(host);
        return this.#silence();
      case 'crash':
        await bring();
        this.#hands.crash();
        return new Promise(() => {});
      case 'twice':
        await bring();
        return bring();
      default:
        return bring();
    }
  }

  async #silence(): Promise<Answer> {
    await this.#clock.sleep(LOST_AFTER);
    return lost;
  }
}

/** What becomes of the answer to a commit: `lost for good`, when nobody can tell for a while. */
export type Fortune = 'heard' | 'lost for good';

/** A process's way to the disk. `after` is told of each commit that this process asked for. */
export class PlannedStore implements Store {
  readonly #store: Store;
  readonly #strikes: Strikes;
  readonly #hands: Hands;
  readonly #after: () => Fortune;
  /** As many beginnings as this are not answered any more. */
  #deaf = 0;
  /** The place that a line's commit is, where it is at risk. */
  readonly #placeOf: (line: RunStepRow) => string | null;

  constructor(
    store: Store,
    strikes: Strikes,
    hands: Hands,
    placeOf: (line: RunStepRow) => string | null,
    after: () => Fortune,
  ) {
    this.#store = store;
    this.#strikes = strikes;
    this.#hands = hands;
    this.#placeOf = placeOf;
    this.#after = after;
  }

  load: Store['load'] = (visit) => this.#store.load(visit);
  records: Store['records'] = (since, limit) => this.#store.records(since, limit);
  rollback = (): Promise<void> => this.#store.rollback();
  close = (): Promise<void> => this.#store.close();

  async begin(since: number): Promise<Reply<Head, StoreRefusal>> {
    if (this.#deaf === 0) return this.#store.begin(since);
    this.#deaf--;
    return lost;
  }

  async commit(batch: Batch): Promise<Reply<void, StoreRefusal>> {
    const reply = await this.#tried(this.#planned(batch), batch);
    if (reply.is !== 'done' || this.#after() === 'heard') return reply;
    this.#deaf = BEGINS_LOST;
    return lost;
  }

  #planned({ changes }: Batch): Mishap | null {
    for (const { table, row } of changes) {
      if (table !== runSteps.name) continue;
      const place = this.#placeOf(row as RunStepRow);
      const mishap = place === null ? null : this.#strikes(place);
      if (mishap !== null) return mishap;
    }
    return null;
  }

  async #tried(mishap: Mishap | null, batch: Batch): Promise<Reply<void, StoreRefusal>> {
    switch (mishap) {
      case 'refuse':
      case 'spoil':
      case 'deaf':
        await this.#store.rollback();
        return no({ why: 'unavailable', message: 'the disk is full, as planned' });
      case 'drop':
        await this.#store.rollback();
        return lost;
      case 'late':
        this.#hands.crash();
        return new Promise(() => {});
      case 'forget':
        await this.#store.commit(batch);
        return lost;
      case 'crash':
        await this.#store.commit(batch);
        this.#hands.crash();
        return new Promise(() => {});
      case 'twice': {
        const reply = await this.#store.commit(batch);
        this.#hands.takeOver();
        return reply;
      }
      default:
        return this.#store.commit(batch);
    }
  }
}
