/** The schemas of request bodies, and which version has which. Unknown fields are refused. */

import { Type } from 'typebox';
import { Format } from 'typebox/format';
import { INVENTORY_MAX } from '../../ledger/inventory.ts';
import { strict } from '../body.ts';
import { isUuidLike } from './uuid.ts';

/** A UUID in any of its spellings (uuid.ts). */
const UUID_FORMAT = 'openstack-uuid';
Format.Set(UUID_FORMAT, isUuidLike);
export const Uuid = Type.String({ format: UUID_FORMAT });

export const UUID_KEY = '^[0-9a-fA-F-]{36}$';
export const NAME_PATTERN = '^[A-Z0-9_]+$';
export const CUSTOM_PATTERN = '^CUSTOM_[A-Z0-9_]+$';
export const NAME_MAX = 255;
const RATIO_MAX = 3.40282e38;

const Generation = Type.Integer();

/** The first value where the version is older than `since`, the second from then on. */
export const from =
  <Old, New>(since: number, older: Old, newer: New) =>
  (minor: number): Old | New =>
    minor < since ? older : newer;

// ── resource classes ─────────────────────────────────────────────────────────────────────────

export const ClassName = strict({
  name: Type.String({ pattern: CUSTOM_PATTERN, maxLength: NAME_MAX }),
});

// ── resource providers ───────────────────────────────────────────────────────────────────────

const provider = { name: Type.String({ maxLength: 200 }) };
const parent = { parent_provider_uuid: Type.Optional(Type.Union([Uuid, Type.Null()])) };
const uuid = { uuid: Type.Optional(Uuid) };

export const NewProvider = from(
  14,
  strict({ ...provider, ...uuid }),
  strict({ ...provider, ...uuid, ...parent }),
);
export const ChangedProvider = from(14, strict(provider), strict({ ...provider, ...parent }));

// ── inventories, traits, aggregates ──────────────────────────────────────────────────────────

const whole = (minimum: number) => Type.Integer({ minimum, maximum: INVENTORY_MAX });
const amounts = {
  total: whole(1),
  reserved: Type.Optional(whole(0)),
  min_unit: Type.Optional(whole(1)),
  max_unit: Type.Optional(whole(1)),
  step_size: Type.Optional(whole(1)),
  allocation_ratio: Type.Optional(Type.Number({ maximum: RATIO_MAX })),
};

/** An inventory inside a set of them. */
const Amounts = strict({
  resource_provider_generation: Type.Optional(Generation),
  ...amounts,
});
const byClass = Type.Record(Type.String({ pattern: NAME_PATTERN }), Amounts, {
  additionalProperties: false,
});

export const NewInventory = strict({
  resource_provider_generation: Type.Optional(Generation),
  resource_class: Type.String({ pattern: NAME_PATTERN }),
  ...amounts,
});
export const ChangedInventory = strict({ resource_provider_generation: Generation, ...amounts });
export const Inventories = strict({
  resource_provider_generation: Generation,
  inventories: byClass,
});

export const Traits = strict({
  traits: Type.Array(Type.String({ pattern: NAME_PATTERN, minLength: 1, maxLength: NAME_MAX }), {
    uniqueItems: true,
  }),
  resource_provider_generation: Generation,
});

const uuids = Type.Array(Uuid, { uniqueItems: true });
export const BareAggregates = uuids;
export const Aggregates = strict({ aggregates: uuids, resource_provider_generation: Generation });

// ── the reshaper (the allocations of it are in allocation-bodies.ts) ─────────────────────────

export const ReshapedInventories = Type.Record(Type.String({ pattern: UUID_KEY }), Inventories, {
  additionalProperties: false,
  minProperties: 1,
});
