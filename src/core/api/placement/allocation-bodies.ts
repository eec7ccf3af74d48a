/**
 * The bodies that write allocations, over the versions:
 *
 *   1.0    PUT    { allocations: [{ resource_provider: { uuid }, resources }] }
 *   1.8           + project_id, user_id
 *   1.12          { allocations: { <uuid>: { resources } }, project_id, user_id }
 *   1.13   POST   { <consumer>: the same }, where empty allocations let go of everything
 *   1.28          + consumer_generation; PUT may let go of everything too
 *   1.34          + mappings, which are read and not kept
 *   1.38          + consumer_type
 */
import { type Static, type TObject, type TObjectOptions, type TProperties, Type } from 'typebox';
import { strict } from '../body.ts';
import { NAME_MAX, NAME_PATTERN, ReshapedInventories, UUID_KEY, Uuid } from './bodies.ts';

const closed = { additionalProperties: false } as const;
const filled = { additionalProperties: false, minProperties: 1 } as const;

const Resources = Type.Record(
  Type.String({ pattern: NAME_PATTERN }),
  Type.Integer({ minimum: 1 }),
  {
    ...filled,
  },
);
const Holding = strict({ resources: Resources });
/** What GET gives is taken back: its generation is read past. */
const HoldingAsRead = strict({ generation: Type.Optional(Type.Integer()), resources: Resources });

const byProvider = <S extends typeof Holding | typeof HoldingAsRead>(
  holding: S,
  options: TObjectOptions,
) => Type.Record(Type.String({ pattern: UUID_KEY }), holding, options);

/**
 * Which providers each group was given. It is read past, so what stands under '' and other names
 * that no group has is not looked at, as upstream has it.
 */
const Mappings = Type.Record(Type.String({ pattern: '[a-zA-Z0-9_-]{1,64}' }), Type.Array(Uuid), {
  minProperties: 1,
});

const owner = {
  project_id: Type.String({ minLength: 1, maxLength: NAME_MAX }),
  user_id: Type.String({ minLength: 1, maxLength: NAME_MAX }),
};
const generation = {
  consumer_generation: Type.Union([Type.Integer(), Type.Null()]),
};
const mappings = { mappings: Type.Optional(Mappings) };
const type = {
  consumer_type: Type.String({ pattern: NAME_PATTERN, minLength: 1, maxLength: NAME_MAX }),
};

const List = Type.Array(
  strict({ resource_provider: strict({ uuid: Uuid }), resources: Resources }),
  { minItems: 1 },
);

// ── PUT /allocations/{consumer} ──────────────────────────────────────────────────────────────

const put = {
  at_0: strict({ allocations: List }),
  at_8: strict({ allocations: List, ...owner }),
  at_12: strict({ allocations: byProvider(HoldingAsRead, filled), ...owner }),
  at_28: strict({ allocations: byProvider(HoldingAsRead, closed), ...owner, ...generation }),
  at_34: strict({
    allocations: byProvider(HoldingAsRead, closed),
    ...owner,
    ...generation,
    ...mappings,
  }),
  at_38: strict({
    allocations: byProvider(HoldingAsRead, closed),
    ...owner,
    ...generation,
    ...mappings,
    ...type,
  }),
};
type Put = (typeof put)[keyof typeof put];

export function PutAllocations(minor: number): Put {
  if (minor < 8) return put.at_0;
  if (minor < 12) return put.at_8;
  if (minor < 28) return put.at_12;
  if (minor < 34) return put.at_28;
  return minor < 38 ? put.at_34 : put.at_38;
}

// ── POST /allocations, and the same inside POST /reshaper ────────────────────────────────────

const byConsumer = <P extends TProperties>(consumer: TObject<P>, options: TObjectOptions) =>
  Type.Record(Type.String({ pattern: UUID_KEY }), consumer, options);

const one = {
  at_13: strict({ allocations: byProvider(HoldingAsRead, closed), ...owner }),
  at_28: put.at_28,
  at_34: put.at_34,
  at_38: put.at_38,
};
const post = {
  at_13: byConsumer(one.at_13, filled),
  at_28: byConsumer(one.at_28, filled),
  at_34: byConsumer(one.at_34, filled),
  at_38: byConsumer(one.at_38, filled),
};

export function PostAllocations(minor: number): (typeof post)[keyof typeof post] {
  if (minor < 28) return post.at_13;
  if (minor < 34) return post.at_28;
  return minor < 38 ? post.at_34 : post.at_38;
}

const reshape = {
  at_30: strict({ inventories: ReshapedInventories, allocations: byConsumer(one.at_28, closed) }),
  at_34: strict({ inventories: ReshapedInventories, allocations: byConsumer(one.at_34, closed) }),
  at_38: strict({ inventories: ReshapedInventories, allocations: byConsumer(one.at_38, closed) }),
};

export function Reshape(minor: number): (typeof reshape)[keyof typeof reshape] {
  if (minor < 34) return reshape.at_30;
  return minor < 38 ? reshape.at_34 : reshape.at_38;
}

/** One consumer's part of any of these bodies. */
export type ConsumerBody = Static<Put> | Static<(typeof one)['at_13']>;
