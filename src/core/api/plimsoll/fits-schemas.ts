/** What the count of how many more fit answers, as scheduler/fits.ts and fits-losses.ts have it. */
import { Type } from 'typebox';

const strict = { additionalProperties: false };

const Bound = Type.Union(
  [
    Type.Literal('exact'),
    Type.Literal('at-least'),
    Type.Literal('at-most'),
    Type.Literal('unsure'),
  ],
  {
    description:
      'at-least: counting was cut short; at-most: the servers of what is lost were too many to ' +
      'be given other places; unsure: both',
  },
);

const HostFits = Type.Object(
  { host: Type.String(), availability_zone: Type.String(), more: Type.Integer() },
  strict,
);

const ZoneFits = Type.Object(
  { availability_zone: Type.String(), hosts: Type.Integer(), more: Type.Integer() },
  strict,
);

const LossFits = Type.Object(
  {
    kind: Type.Union([Type.Literal('host'), Type.Literal('zone'), Type.Literal('aggregate')]),
    name: Type.String(),
    hosts: Type.Integer({ description: 'how many hosts are lost with it' }),
    servers: Type.Integer({ description: 'how many servers are on them' }),
    homeless: Type.Union([Type.Integer(), Type.Null()], {
      description: 'those of them that no other host could take; null: too many to try',
    }),
    more: Type.Integer(),
    bound: Bound,
  },
  strict,
);

export const FlavorFits = Type.Object(
  {
    flavor_id: Type.String(),
    flavor: Type.String({ description: "the flavor's name" }),
    resources: Type.Record(Type.String(), Type.Number()),
    more: Type.Integer({ description: 'how many more fit now' }),
    bound: Bound,
    hosts_total: Type.Integer(),
    zones: Type.Array(ZoneFits),
    hosts: Type.Array(HostFits, { description: 'those with room, at most 1,000, most first' }),
    losses: Type.Array(LossFits, {
      description: 'how many more fit after the fullest host, a zone, an aggregate is lost',
    }),
    why: Type.Union([Type.String(), Type.Null()], { description: 'why none, where none fits' }),
  },
  strict,
);
