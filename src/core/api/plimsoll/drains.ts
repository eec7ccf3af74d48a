/**
 * Draining hosts: what would become of each server, and doing it.
 *
 *   GET  /hosts/{name}/drain-plan      what would go where, and what would not
 *   POST /hosts/{name}/drain           begins; once more: what could not be moved is tried again
 *   GET  /hosts/{name}/drain           how far it is
 *   POST /hosts/{name}/drain/cancel    begins nothing more
 */
import { type Static, Type } from 'typebox';
import type { Unavailable } from '../../ledger/ledger.ts';
import type { DrainRefusal } from '../../sagas/operations.ts';
import { type DrainRow, drains } from '../../servers/drains.ts';
import { strict } from '../body.ts';
import { found, missing, own, type Refusal, refused, written } from './route.ts';

const nullable = <S extends Parameters<typeof Type.Array>[0]>(schema: S) =>
  Type.Union([schema, Type.Null()]);
const How = Type.Union(
  [Type.Literal('live'), Type.Literal('cold'), Type.Literal('offload'), Type.Literal('stays')],
  { description: 'as it runs, while it is off, by leaving its place; or not at all' },
);
const closed = { additionalProperties: false };

export const PlannedMove = Type.Object(
  {
    server_uuid: Type.String(),
    name: Type.String(),
    how: How,
    to: nullable(Type.String()),
    pinned: Type.Boolean({ description: 'it holds CPUs of the host to itself' }),
    why: nullable(Type.String({ description: 'why it would stay' })),
  },
  closed,
);

const Moved = Type.Object(
  {
    server_uuid: Type.String(),
    how: How,
    operation_id: nullable(Type.String()),
    why: nullable(Type.String({ description: 'why it is there still, for good' })),
  },
  closed,
);

export const Drain = Type.Object(
  {
    host: Type.String(),
    state: Type.Union([
      Type.Literal('running'),
      Type.Literal('done'),
      Type.Literal('incomplete'),
      Type.Literal('cancelled'),
    ]),
    moves_max: Type.Integer({ description: 'how many servers are on their way at once' }),
    started_at_ms: Type.Integer(),
    ended_at_ms: nullable(Type.Integer()),
    moves: Type.Array(Moved),
  },
  closed,
);

/** How many servers are on their way at once, where nobody says. */
const MOVES_AT_ONCE = 4;
const none = Type.Object({});
const refusals = { 409: 'the host is down, or is not being drained' };

export const showDrainPlan = own({
  method: 'GET',
  path: '/hosts/:name/drain-plan',
  summary: 'What would become of each server if the host were drained now',
  audience: 'operator',
  query: none,
  reply: Type.Object({ plan: Type.Array(PlannedMove) }),
  refusals,
  handle: async ({ params: { name = '' } }, { drainer }) =>
    written(await drainer.plan(name), (plan) => found({ plan }), words),
});

export const showDrain = own({
  method: 'GET',
  path: '/hosts/:name/drain',
  summary: 'How far the draining of a host is',
  audience: 'operator',
  query: none,
  reply: Type.Object({ drain: Drain }),
  handle: ({ params: { name = '' } }, { ledger }) =>
    ledger.read((view) => {
      const row = view.rows(drains).get(name);
      return row === undefined ? missing(`drain of ${name}`) : found({ drain: drainOf(row) });
    }),
});

export const startDrain = own({
  method: 'POST',
  path: '/hosts/:name/drain',
  summary: 'Closes a host and brings every server away from it',
  audience: 'operator',
  query: none,
  body: strict({ moves_max: Type.Optional(Type.Integer({ minimum: 1, maximum: 64 })) }),
  reply: Type.Object({ drain: Drain }),
  refusals,
  handle: async ({ params: { name = '' }, body }, { drainer }) => {
    const reply = await drainer.start(name, body.moves_max ?? MOVES_AT_ONCE);
    return written(reply, (row) => found({ drain: drainOf(row) }), words);
  },
});

export const cancelDrain = own({
  method: 'POST',
  path: '/hosts/:name/drain/cancel',
  summary: 'Begins no more moves; those that were begun go on',
  audience: 'operator',
  query: none,
  reply: Type.Object({ drain: Drain }),
  refusals,
  handle: async ({ params: { name = '' } }, { drainer }) =>
    written(await drainer.cancel(name), (row) => found({ drain: drainOf(row) }), words),
});

const drainOf = ({ host, state, moves_max, moves, ...times }: DrainRow): Static<typeof Drain> => ({
  host,
  state,
  moves_max,
  started_at_ms: times.started_at_ms,
  ended_at_ms: times.ended_at_ms,
  moves: Object.entries(moves).map(([server_uuid, { how, run_id, why }]) => ({
    server_uuid,
    how,
    operation_id: run_id,
    why,
  })),
});

function words(why: Exclude<DrainRefusal, Unavailable>): Refusal | ReturnType<typeof missing> {
  switch (why.why) {
    case 'unknown-host':
      return missing(`host ${why.host}`);
    case 'host-down':
      return refused(409, 'host-down', `${why.host} is down: evacuate its servers instead`);
    case 'not-draining':
      return refused(409, 'not-draining', `${why.host} is not being drained`);
  }
}
