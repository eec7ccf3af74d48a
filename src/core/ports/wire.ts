/**
 * The wire: requests from the control plane to the agent of one host. Twins: real/local-wire.ts
 * (same process) and sim/wire.ts (delays, losses, repeats, reorders); both keep wire.contract.ts.
 *
 * Every order carries the key of the saga step that gives it. The same key asked again gives the
 * same answer and does nothing twice; a key that was closed is refused for good, so an order that
 * arrives after its own undo does no harm.
 */
import type { Millis } from '../base/units.ts';
import type { Order, OrderRefusal, OrderResult } from './order.ts';
import type { Reply } from './reply.ts';

export interface Wire {
  /** Asks the host's agent. `lost` after `timeout`, or when the way there or back is broken. */
  ask<V extends Order['verb']>(
    host: string,
    order: Extract<Order, { verb: V }>,
    timeout: Millis,
  ): Promise<Reply<OrderResult[V], OrderRefusal>>;
}
