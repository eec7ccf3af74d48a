/**
 * The wire: requests from the control plane to the agent of one host. Twins: real/local-wire.ts
 * (same process) and sim/wire.ts (delays, losses, repeats, reorders); both keep wire.contract.ts.
 *
 *   ask ──► stamped with the life its agent is in ──► handed over, if it still is in that life
 *
 * Every order carries the key of the saga step that gives it. The same key asked again gives the
 * same answer and does nothing twice; a key that was closed is refused for good, so an order that
 * arrives after its own undo does no harm.
 *
 * An agent that starts again has forgotten what it closed. So an order for an earlier life is not
 * handed over, and its asker hears nothing: what became of it then, nobody here knows (`lost`).
 */
import type { Millis } from '../base/units.ts';
import type { Order, OrderRefusal, OrderResult } from './order.ts';
import { lost, type Reply } from './reply.ts';

export interface Wire {
  /** Asks the host's agent. `lost` after `timeout`, or when the way there or back is broken. */
  ask<V extends Order['verb']>(
    host: string,
    order: Extract<Order, { verb: V }>,
    timeout: Millis,
  ): Promise<Reply<OrderResult[V], OrderRefusal>>;
}

/** Who is at a wire's other end: the agent of one host, in one of its lives. */
export interface Recipient {
  readonly host: string;
  /** Rises each time the agent starts. */
  readonly incarnation: number;
  handle<V extends Order['verb']>(
    order: Extract<Order, { verb: V }>,
  ): Promise<Reply<OrderResult[V], OrderRefusal>>;
}

/** Hands an order over to whoever listens by now, if that is still the life it was meant for. */
export function handOver<V extends Order['verb']>(
  order: Extract<Order, { verb: V }>,
  meant_for: number | undefined,
  recipient: Recipient | undefined,
): Promise<Reply<OrderResult[V], OrderRefusal>> {
  if (recipient === undefined || recipient.incarnation !== meant_for) return Promise.resolve(lost);
  return recipient.handle<V>(order);
}
