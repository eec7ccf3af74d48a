/** What operators of a simulated world do to whole hosts: evacuate one that is dead, drain one. */
import type { Chance } from '../core/base/seeded.ts';
import type { Reply } from '../core/ports/reply.ts';
import type { OperationRefusal } from '../core/sagas/operations.ts';
import type { History } from './history.ts';
import type { Timeline } from './timeline.ts';
import type { Doors } from './workload.ts';

type Begun = Reply<{ run_id: string }, OperationRefusal>;

/** How a client asks: again and again, and writes down what it was told. */
export interface Hands {
  readonly doors: Doors;
  readonly history: History;
  readonly timeline: Timeline;
  /** Hosts that somebody is deciding about. */
  readonly deciding: Set<string>;
  persist<T, No extends { why: string }>(
    what: string,
    ask: () => Promise<Reply<T, No>>,
  ): Promise<Reply<T, No> | null>;
  begun(what: string, uuid: string | null, ask: (uuid: string) => Promise<Begun>): Promise<void>;
  /** Lets new servers come to it. */
  open(host: string): Promise<void>;
}

export class HostWork {
  readonly #hands: Hands;
  /** One at a time. */
  #fenced: string | null = null;

  constructor(hands: Hands) {
    this.#hands = hands;
  }

  /** An operator cuts the power of a host, one at a time, and brings its servers elsewhere. */
  async evacuate(host: string, chance: Chance): Promise<void> {
    const { doors, timeline } = this.#hands;
    if (this.#fenced !== null) return;
    this.#fenced = host;
    const fenced = await this.#hands.persist('fence', () => doors.fence(host));
    const there = fenced?.is === 'done' ? doors.serversOn(host) : [];
    for (const uuid of there) {
      await this.#hands.begun('evacuate', uuid, (one) => doors.evacuate(one, chance.happens(300)));
    }
    await timeline.sleep(chance.between(1_000, 60_000));
    await this.#hands.persist('unfence', () => doors.unfence(host));
    this.#fenced = null;
  }

  /** Has a host emptied, or thinks better of it; then it is opened again. */
  async drain(host: string, chance: Chance): Promise<void> {
    const { doors, history, timeline } = this.#hands;
    if (this.#hands.deciding.has(host)) return;
    this.#hands.deciding.add(host);
    history.statuses.set(host, undefined);
    await this.#hands.persist('drain', () => doors.drain(host));
    await timeline.sleep(chance.between(1_000, 60_000));
    if (chance.happens(300))
      await this.#hands.persist('cancel drain', () => doors.cancelDrain(host));
    this.#hands.deciding.delete(host);
    await this.#hands.open(host);
  }
}
