/**
 * One mishap, planned for one step of one saga: on the wire for a step that asks, at the store for
 * the commit that writes a step's line.
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
export type Mishap = (typeof mishaps)[number];

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

/** What the plan may do to the processes. */
export interface Hands {
  crash(): void;
  /** Another process takes everything over while the first is still at work. */
  takeOver(): void;
}

/** Says whether it is the planned moment, as often as the mishap wants it. */
export class Fate {
  readonly plan: Plan | null;
  /** How often it struck: a plan that never did proves nothing. */
  struck = 0;

  constructor(plan: Plan | null) {
    this.plan = plan;
  }

  strikes(step: string): Mishap | null {
    if (this.plan === null || this.plan.step !== step) return null;
    const { mishap } = this.plan;
    const often = mishap === 'deaf' || mishap === 'late' ? DEAF_MAX : 1;
    const { times = mishap === 'fickle' ? 2 : often } = this.plan;
    const at = this.struck++;
    if (at >= times) return null;
    if (mishap !== 'fickle') return mishap;
    return at === 0 ? 'late' : 'refuse';
  }
}

/** The step that an order is the doing of; null for an undo, or a settling. */
function stepOf(order: Order): string | null {
  const [, step, phase] = order.key.split('/');
  if (step === undefined || phase !== undefined) return null;
  return step.split('@')[0] ?? null;
}

type Answer = Reply<unknown, OrderRefusal>;

export class PlannedWire implements Wire {
  readonly #fate: Fate;
  readonly #hands: Hands;
  readonly #clock: Clock;
  readonly #recipient: (host: string) => Recipient | undefined;
  /** Held up until all is over. */
  readonly held: (() => Promise<unknown>)[] = [];
  /** Every order that reached an agent, for failures to be read. */
  readonly heard: string[] = [];

  constructor(
    fate: Fate,
    hands: Hands,
    clock: Clock,
    recipient: (host: string) => Recipient | undefined,
  ) {
    this.#fate = fate;
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
    return (await this.#carry(mishap, bring)) as Reply<OrderResult[V], OrderRefusal>;
  }

  #planned(order: Order): Mishap | null {
    const step = stepOf(order);
    return step === null ? null : this.#fate.strikes(step);
  }

  async #carry(mishap: Mishap | null, bring: () => Promise<Answer>): Promise<Answer> {
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
  readonly #fate: Fate;
  readonly #hands: Hands;
  readonly #after: () => Fortune;
  /** As many beginnings as this are not answered any more. */
  #deaf = 0;
  /** The steps whose commits are at risk: those that ask nobody. */
  readonly #booked: (line: RunStepRow) => boolean;

  constructor(
    store: Store,
    fate: Fate,
    hands: Hands,
    booked: (line: RunStepRow) => boolean,
    after: () => Fortune,
  ) {
    this.#store = store;
    this.#fate = fate;
    this.#hands = hands;
    this.#booked = booked;
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
      const line = row as RunStepRow;
      const mishap = this.#booked(line) ? this.#fate.strikes(line.name) : null;
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
