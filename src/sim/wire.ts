/**
 * The wire as the seed says. Each request is carried by its own rules, both ways:
 *
 *   ask ──► delay ──► [cut? dropped?] ──► hand over ─► delay ──► [cut? dropped?] ──► answer
 *     └───► a second copy, later, whose answer nobody waits for
 *     └───► timeout ──► lost
 *
 * Since every copy draws its own delay, requests overtake each other. A host that is cut off
 * `there` hears nothing; one cut off `back` hears, does, and is not heard.
 */
import type { Chance } from '../core/base/seeded.ts';
import type { Millis } from '../core/base/units.ts';
import type { Order, OrderRefusal, OrderResult } from '../core/ports/order.ts';
import { lost, type Reply } from '../core/ports/reply.ts';
import { handOver, type Recipient, type Wire } from '../core/ports/wire.ts';
import type { WireFaults } from './faults.ts';
import type { Timeline } from './timeline.ts';

export type Cut = 'there' | 'back' | 'both';

/** Brings an order to the agent of a host; null when there is nobody to take it. */
export type Deliver = (host: string, order: Order) => Promise<Reply<unknown, OrderRefusal>> | null;

export interface WireAbout {
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly faults: WireFaults;
  /** Who listens on a host by now, if anybody. */
  readonly recipient: (host: string) => Recipient | undefined;
  /** Told of each fault, for the trace and the count. */
  readonly heard?: (fault: string, host: string) => void;
}

export class SimWire implements Wire {
  readonly #about: WireAbout;
  readonly #cuts = new Map<string, Cut>();
  faults: WireFaults;

  constructor(about: WireAbout) {
    this.#about = about;
    this.faults = about.faults;
  }

  cut(host: string, way: Cut): void {
    this.#cuts.set(host, way);
  }

  mend(host: string): void {
    this.#cuts.delete(host);
  }

  ask<V extends Order['verb']>(
    host: string,
    order: Extract<Order, { verb: V }>,
    timeout: Millis,
  ): Promise<Reply<OrderResult[V], OrderRefusal>> {
    const { recipient } = this.#about;
    const meant_for = recipient(host)?.incarnation;
    return this.carry(host, timeout, () => handOver<V>(order, meant_for, recipient(host)));
  }

  /** Carries any request to a host, or from it, with all that may happen to it on the way. */
  carry<T, No>(
    host: string,
    timeout_ms: number,
    bring: () => Promise<Reply<T, No>>,
  ): Promise<Reply<T, No>> {
    return new Promise((resolve) => {
      const { timeline } = this.#about;
      timeline.after(timeout_ms, () => resolve(lost));
      this.#send(host, this.#delayThere(host, timeout_ms), bring, resolve);
      if (this.#draw('repeat', host)) {
        const again_ms = this.#about.chance.between(0, this.faults.late_ms_max);
        this.#send(host, again_ms, bring, () => {});
      }
    });
  }

  #send<T, No>(
    host: string,
    delay_ms: number,
    bring: () => Promise<Reply<T, No>>,
    answer: (reply: Reply<T, No>) => void,
  ): void {
    const dropped = this.#draw('drop_before', host);
    this.#about.timeline.after(delay_ms, () => {
      if (dropped || this.#isCut(host, 'there')) return;
      void bring().then((reply) => {
        if (reply.is !== 'lost') this.#back(host, () => answer(reply));
      });
    });
  }

  #back(host: string, answer: () => void): void {
    const dropped = this.#draw('drop_after', host);
    this.#about.timeline.after(this.#latency(), () => {
      if (!dropped && !this.#isCut(host, 'back')) answer();
    });
  }

  #delayThere(host: string, timeout_ms: number): number {
    const late = this.#draw('late', host);
    const held_ms = late ? timeout_ms + this.#about.chance.between(0, this.faults.late_ms_max) : 0;
    return this.#latency() + held_ms;
  }

  #latency(): number {
    return this.#about.chance.between(this.faults.latency_ms_min, this.faults.latency_ms_max);
  }

  #draw(fault: 'repeat' | 'late' | 'drop_before' | 'drop_after', host: string): boolean {
    const happens = this.#about.chance.happens(this.faults[`${fault}_permille`]);
    if (happens) this.#about.heard?.(fault.replace('_', ' '), host);
    return happens;
  }

  #isCut(host: string, way: 'there' | 'back'): boolean {
    const cut = this.#cuts.get(host);
    return cut === way || cut === 'both';
  }
}
