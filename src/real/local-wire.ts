/**
 * The wire inside one process: an order is a call. Twin: sim/wire.ts; both keep
 * core/ports/wire.contract.ts.
 *
 * Nothing is lost here but patience: an agent that does not answer in time is `lost`, and so is one
 * that nobody of that name is.
 */
import type { Millis } from '../core/base/units.ts';
import { asOrder } from '../core/conductor/traced.ts';
import type { Order, OrderRefusal, OrderResult } from '../core/ports/order.ts';
import { lost, type Reply } from '../core/ports/reply.ts';
import { type Traces, untraced } from '../core/ports/traces.ts';
import { handOver, type Recipient, type Wire } from '../core/ports/wire.ts';

export class LocalWire implements Wire {
  readonly #recipients = new Map<string, Recipient>();
  readonly #traces: Traces;

  constructor(traces: Traces = untraced) {
    this.#traces = traces;
  }

  /** This agent is at the other end from now on, in place of one before it. */
  attach(recipient: Recipient): void {
    this.#recipients.set(recipient.host, recipient);
  }

  knows(host: string): boolean {
    return this.#recipients.has(host);
  }

  detach(host: string): void {
    this.#recipients.delete(host);
  }

  async ask<V extends Order['verb']>(
    host: string,
    order: Extract<Order, { verb: V }>,
    timeout: Millis,
  ): Promise<Reply<OrderResult[V], OrderRefusal>> {
    const recipient = this.#recipients.get(host);
    const answer = asOrder(this.#traces, host, order, 'here', () =>
      handOver<V>(order, recipient?.incarnation, recipient),
    );
    let alarm: NodeJS.Timeout | undefined;
    const tooLate = new Promise<typeof lost>((resolve) => {
      alarm = setTimeout(() => resolve(lost), timeout);
    });
    try {
      return await Promise.race([answer, tooLate]);
    } finally {
      clearTimeout(alarm);
    }
  }
}
