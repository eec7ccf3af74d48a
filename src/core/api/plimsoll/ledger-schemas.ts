/** The answers about the ledger. Amounts are in the resource class's own unit. */
import { type TSchema, Type } from 'typebox';
import { strict } from '../body.ts';

const nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);

// ── why a search came back empty ─────────────────────────────────────────────────────────────

const group = Type.String({ description: "the group's suffix; '' for the one without" });

export const FunnelStep = strict({
  group: nullable(group),
  constraint: Type.String({ description: 'in words' }),
  counts: Type.Union([Type.Literal('providers'), Type.Literal('roots')]),
  in: Type.Integer(),
  out: Type.Integer(),
});

export const Miss = strict({
  group: nullable(group),
  constraint: Type.String({ description: 'in words' }),
  provider_uuid: nullable(Type.String()),
  provider_name: nullable(Type.String()),
  needed: nullable(Type.Integer()),
  available: nullable(Type.Integer()),
  sentence: Type.String(),
});

export const CandidateExplanation = strict({
  empty: Type.Boolean(),
  summary: Type.String({ description: 'one sentence' }),
  candidates: Type.Integer({ description: 'how many there are, counted up to a bound' }),
  candidates_cut: Type.Boolean({ description: 'there are more than were counted' }),
  funnel: Type.Array(FunnelStep),
  funnel_cut: Type.Boolean({ description: 'the last counts are of a part only' }),
  first_failure: nullable(Miss),
  nearest_miss: nullable(Miss),
});

// ── the change feed ──────────────────────────────────────────────────────────────────────────

const sequence = Type.Integer({
  description: 'how many batches there had been, this one included',
});
const provider = {
  gone: Type.Boolean(),
  provider_uuid: nullable(Type.String({ description: 'null where it is not known any more' })),
};
const className = nullable(Type.String());

export const LedgerChange = Type.Union([
  strict({
    ...provider,
    kind: Type.Literal('provider'),
    name: Type.String(),
    generation: Type.Integer(),
    parent_provider_uuid: nullable(Type.String()),
    root_provider_uuid: nullable(Type.String()),
  }),
  strict({
    ...provider,
    kind: Type.Literal('inventory'),
    resource_class: className,
    total: Type.Integer(),
    reserved: Type.Integer(),
    min_unit: Type.Integer(),
    max_unit: Type.Integer(),
    step_size: Type.Integer(),
    allocation_ratio: Type.Number(),
  }),
  strict({ ...provider, kind: Type.Literal('trait'), trait: nullable(Type.String()) }),
  strict({ ...provider, kind: Type.Literal('aggregate'), aggregate_uuid: Type.String() }),
  strict({
    ...provider,
    kind: Type.Literal('allocation'),
    consumer_uuid: Type.String(),
    resource_class: className,
    used: Type.Integer(),
  }),
  strict({
    gone: Type.Boolean(),
    kind: Type.Literal('consumer'),
    consumer_uuid: Type.String(),
    project_id: Type.String(),
    user_id: Type.String(),
    consumer_type: nullable(Type.String()),
    claimed_by: nullable(
      Type.String({ description: 'OPERATION/STEP, …/undo, or audit; null: another client' }),
    ),
    generation: Type.Integer(),
  }),
]);

export const ChangeBatch = strict({ sequence, changes: Type.Array(LedgerChange) });

export const Changes = strict({
  batches: Type.Array(ChangeBatch, { description: 'in order; those that changed the ledger' }),
  next: Type.Integer({ description: 'ask with since=… this the next time' }),
  newest: Type.Integer({ description: "the ledger's sequence now" }),
});

// ── a tree reported at once ──────────────────────────────────────────────────────────────────

export const TreeReported = strict({
  providers: Type.Array(
    strict({
      uuid: Type.String(),
      name: Type.String(),
      generation: Type.Integer(),
      parent_provider_uuid: nullable(Type.String()),
      root_provider_uuid: Type.String(),
      changed: Type.Boolean({ description: 'false: it was as reported already' }),
    }),
    { description: 'in the order of the report' },
  ),
  removed: Type.Array(Type.String(), { description: 'the uuids of those taken away' }),
});

// ── usage ────────────────────────────────────────────────────────────────────────────────────

const Amounts = Type.Record(Type.String(), Type.Integer(), { description: 'by resource class' });

export const ProjectUsage = strict({
  project_id: Type.String(),
  consumers: Type.Integer({ description: 'those that hold something' }),
  usages: Amounts,
  by_consumer_type: Type.Array(
    strict({ consumer_type: Type.String(), consumers: Type.Integer(), usages: Amounts }),
  ),
});

export const Usages = strict({
  projects: Type.Array(ProjectUsage, { description: 'each that was asked for, once, as asked' }),
});
