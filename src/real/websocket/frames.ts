/**
 * What passes over a WebSocket between an agent and a control plane: one frame of JSON each.
 *
 *   agent ── hello {host, incarnation} ──► control plane        first, once
 *   agent ── report, beat {id} ──────────► told {id, reply}
 *   agent ◄── order {id, order} ────────── control plane
 *   agent ── answer {id, reply} ─────────► control plane
 *
 * What an agent sends is checked frame by frame: it is another machine. An answer of the wrong
 * shape is as good as none (`lost`): what became of the order, nobody here knows. But fields that
 * we do not know are those of a later version, and are left out.
 */
import { type Static, type TSchema, Type } from 'typebox';
import { Clean } from 'typebox/value';
import { compiled } from '../../core/base/compiled.ts';
import {
  AT_DEADLINE,
  type Order,
  type OrderRefusal,
  type OrderResult,
} from '../../core/ports/order.ts';
import { lost, type Reply } from '../../core/ports/reply.ts';
import { Guest, Report } from './report-schema.ts';

/** The longest frame, in bytes, either way. */
export const FRAME_BYTES_MAX = 16 * 2 ** 20;

const strict = { additionalProperties: false };
const Id = Type.Integer({ minimum: 0 });
const Host = Type.String({ minLength: 1, maxLength: 255 });
const Incarnation = Type.Integer({ minimum: 0 });

const Said = Type.Union([
  Type.Object({ is: Type.Literal('hello'), host: Host, incarnation: Incarnation }, strict),
  Type.Object({ is: Type.Literal('report'), id: Id, report: Report }, strict),
  Type.Object(
    {
      is: Type.Literal('beat'),
      id: Id,
      beat: Type.Object({ host: Host, incarnation: Incarnation }, strict),
    },
    strict,
  ),
  Type.Object({ is: Type.Literal('answer'), id: Id, reply: Type.Unknown() }, strict),
]);
export type SaidByAgent = Static<typeof Said>;

export type SaidToAgent =
  /** `trace`: a `traceparent`, of what it is ordered for. */
  | { readonly is: 'order'; readonly id: number; readonly order: Order; readonly trace?: string }
  | { readonly is: 'told'; readonly id: number; readonly reply: Reply<unknown, unknown> };

// ── reading ──────────────────────────────────────────────────────────────────────────────────

/** What an agent of a later version says more is left out; all else must be right. */
function shaped(schema: TSchema): (value: unknown) => { readonly is: unknown } | null {
  const checker = compiled(schema);
  return (value) => {
    if (checker().Check(value)) return value as { is: unknown };
    const known = Clean(schema, value);
    return checker().Check(known) ? (known as { is: unknown }) : null;
  };
}

const said = shaped(Said);

/** Null: no frame that an agent of ours would send. */
export const readSaid = (text: string): SaidByAgent | null =>
  said(parsed(text)) as SaidByAgent | null;

export function readToAgent(text: string): SaidToAgent | null {
  const value = parsed(text) as Partial<SaidToAgent> | undefined;
  const known = value?.is === 'order' || value?.is === 'told';
  return known && typeof value.id === 'number' ? (value as SaidToAgent) : null;
}

/** Undefined: it is no JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

// ── answers to orders ────────────────────────────────────────────────────────────────────────

const nothing = Type.Object({}, strict);
const Text = Type.String({ maxLength: 4 * 2 ** 20 });
const Figure = Type.Number({ minimum: 0 });
const Transfer = Type.Object(
  {
    ...{ passes: Figure, sent_mib: Figure, remaining_mib: Figure, dirty_mib_per_s: Figure },
    post_copy: Type.Optional(Type.Literal(true)),
    left_ms: Type.Optional(Type.Union([Figure, Type.Null()])),
    deadline: Type.Optional(
      Type.Union([
        Type.Null(),
        Type.Object(
          { in_ms: Figure, action: Type.Union(AT_DEADLINE.map((one) => Type.Literal(one))) },
          strict,
        ),
      ]),
    ),
  },
  strict,
);
const results: Readonly<Record<Order['verb'], TSchema>> = {
  boot: Type.Object({ power: Guest.properties.power }, strict),
  destroy: nothing,
  power: nothing,
  reboot: nothing,
  refit: nothing,
  password: nothing,
  interrupt: nothing,
  steer: nothing,
  park: nothing,
  snapshot: Type.Object(
    {
      disk_format: Type.String({ maxLength: 32 }),
      size_bytes: Figure,
      checksum: Type.String({ pattern: '^[0-9a-f]{32}$' }),
    },
    strict,
  ),
  unpark: nothing,
  ship: nothing,
  conclude: Type.Object({ acted: Type.Boolean() }, strict),
  progress: Type.Object(
    {
      transfer: Type.Union([Type.Null(), Transfer]),
    },
    strict,
  ),
  console: Type.Object({ text: Text }, strict),
  screenshot: Type.Object({ png: Text }, strict),
  receive: Type.Object({ address: Type.String({ maxLength: 1024 }) }, strict),
  send: Type.Object({ downtime_ms: Figure }, strict),
  seal: Type.Object({ landed: Type.Boolean() }, strict),
  list: Type.Object({ guests: Type.Array(Guest, { maxItems: 65_536 }) }, strict),
};

const why = (name: OrderRefusal['why'], more: Record<string, TSchema> = {}) =>
  Type.Object({ why: Type.Literal(name), ...more }, strict);
const message = Type.String({ maxLength: 4096 });
const Refusal = Type.Union([
  why('closed'),
  why('no-room', { message }),
  why('unknown-guest'),
  why('bad-image', { message }),
  why('aborted', { message }),
  why('hypervisor', { message }),
]);

const replies = new Map(
  (Object.keys(results) as Order['verb'][]).map((verb) => [
    verb,
    shaped(
      Type.Union([
        Type.Object({ is: Type.Literal('done'), value: results[verb] }, strict),
        Type.Object({ is: Type.Literal('no'), why: Refusal }, strict),
        Type.Object({ is: Type.Literal('lost') }, strict),
      ]),
    ),
  ]),
);

export function readReply<V extends Order['verb']>(
  verb: V,
  reply: unknown,
): Reply<OrderResult[V], OrderRefusal> {
  const right = replies.get(verb)?.(reply) ?? lost;
  return right as Reply<OrderResult[V], OrderRefusal>;
}
