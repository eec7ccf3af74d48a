/** The way to every host: to those of this process by a call, to others by a line of theirs. */
import type { Millis } from '../../core/base/units.ts';
import type { Order, OrderRefusal, OrderResult } from '../../core/ports/order.ts';
import type { Reply } from '../../core/ports/reply.ts';
import type { Wire } from '../../core/ports/wire.ts';
import type { LocalWire } from '../../real/local-wire.ts';

/** It knows the hosts whose agents are there, as far as it has heard. */
interface FarWire extends Wire {
  knows(host: string): boolean;
}

/** Told what came of an order. */
export type OrderMeter = (verb: Order['verb'], is: 'done' | 'no' | 'lost', took_s: number) => void;

export class Wires implements Wire {
  readonly #here: LocalWire;
  readonly #elsewhere: FarWire[] = [];
  #meter: OrderMeter = () => {};

  constructor(here: LocalWire) {
    this.#here = here;
  }

  /** Comes once there is a control plane that agents can reach. */
  connect(elsewhere: FarWire): void {
    this.#elsewhere.push(elsewhere);
  }

  measure(meter: OrderMeter): void {
    this.#meter = meter;
  }

  async ask<V extends Order['verb']>(
    host: string,
    order: Extract<Order, { verb: V }>,
    timeout: Millis,
  ): Promise<Reply<OrderResult[V], OrderRefusal>> {
    const far = this.#here.knows(host) ? null : this.#elsewhere.find((wire) => wire.knows(host));
    const began_ms = performance.now();
    const reply = await (far ?? this.#here).ask<V>(host, order, timeout);
    this.#meter(order.verb, reply.is, (performance.now() - began_ms) / 1000);
    return reply;
  }
}
