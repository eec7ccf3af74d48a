/** What why-not answers, as scheduler/why-not.ts has it. */
import { type TSchema, Type } from 'typebox';
import { Repair } from './repair-schemas.ts';

const strict = { additionalProperties: false };
const nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);

const Constraint = Type.Object(
  {
    filter: Type.String(),
    passes: Type.Boolean(),
    reason: nullable(Type.String({ description: 'why not, where it does not pass' })),
    resource: nullable(Type.String()),
    needed: nullable(Type.Number()),
    available: nullable(Type.Number()),
  },
  strict,
);

export const CellRoom = Type.Object(
  {
    cell: Type.Integer(),
    vcpus_free: Type.Integer(),
    memory_mib_free: Type.Integer({ description: 'of ordinary memory' }),
    cpus_free: Type.Integer({ description: 'that a guest may have to itself' }),
    pages_free: Type.Array(
      Type.Object({ size_kib: Type.Integer(), pages: Type.Integer() }, strict),
    ),
    guest_nodes: Type.Array(Type.Integer(), { description: 'those that it could take' }),
  },
  strict,
);

export const WhyNot = Type.Object(
  {
    server_uuid: Type.String(),
    host: Type.String(),
    fits: Type.Boolean({ description: 'it would take it now' }),
    constraints: Type.Array(Constraint, { description: 'every filter, in order' }),
    cells: Type.Array(CellRoom, { description: 'of the host; only for a guest with a topology' }),
    repairs: Type.Array(Repair, { description: 'each was tried and works; the cheapest first' }),
  },
  strict,
);
