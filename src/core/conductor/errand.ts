/**
 * Errands: orders to agents as a saga writes them down, without the key that its run will add.
 *
 * Whether an order may simply be given again when its answer was lost is a property of its verb,
 * and the builder in saga.ts takes only what can be: what cannot be retried does not compile.
 *
 *   read    changes nothing: ask again
 *   keyed   the agent knows the key: asked again, it gives the same answer and does nothing twice
 *   once    must not be given again; it needs a `settle`, which finds out for good what came of it
 */
import { type Millis, millis } from '../base/units.ts';
import type { Order, OrderResult } from '../ports/order.ts';

export type Verb = Order['verb'];

export const retry = {
  boot: 'keyed',
  destroy: 'keyed',
  power: 'once',
  reboot: 'once',
  refit: 'once',
  snapshot: 'keyed',
  password: 'keyed',
  interrupt: 'once',
  conclude: 'keyed',
  steer: 'keyed',
  progress: 'read',
  console: 'read',
  screenshot: 'read',
  receive: 'keyed',
  send: 'once',
  seal: 'keyed',
  park: 'keyed',
  unpark: 'keyed',
  ship: 'keyed',
  list: 'read',
} as const satisfies Record<Verb, 'read' | 'keyed' | 'once'>;

/** The verbs that may be asked again without finding out first. */
export type Repeatable = {
  [V in Verb]: (typeof retry)[V] extends 'once' ? never : V;
}[Verb];

/** How long an answer is waited for before it counts as lost. */
export const answer_timeout_ms: Readonly<Record<Verb, Millis>> = {
  boot: millis(60_000),
  destroy: millis(30_000),
  power: millis(90_000),
  reboot: millis(180_000),
  refit: millis(600_000),
  snapshot: millis(600_000),
  password: millis(30_000),
  interrupt: millis(10_000),
  conclude: millis(10_000),
  steer: millis(10_000),
  progress: millis(5_000),
  console: millis(10_000),
  screenshot: millis(10_000),
  receive: millis(30_000),
  send: millis(600_000),
  seal: millis(10_000),
  park: millis(90_000),
  unpark: millis(60_000),
  ship: millis(600_000),
  list: millis(10_000),
};

type Body<V extends Verb> = Omit<Extract<Order, { verb: V }>, 'key' | 'verb'>;

export interface Errand<V extends Verb = Verb> {
  readonly host: string;
  readonly verb: V;
  readonly body: Body<V>;
}

/** e.g. `errand(host, 'boot', { guest })`. */
export const errand = <V extends Verb>(host: string, verb: V, body: Body<V>): Errand<V> => ({
  host,
  verb,
  body,
});

export const keyed = (what: Errand, key: string): Order =>
  ({ verb: what.verb, key, ...what.body }) as Order;

export type Result<V extends Verb> = OrderResult[V];
