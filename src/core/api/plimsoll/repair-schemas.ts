/** Kinds of refusal and repairs, as scheduler/ask.ts has them. */
import { type TProperties, Type } from 'typebox';

export const RefusalKind = Type.Union(
  [
    Type.Literal('impossible'),
    Type.Literal('no-room'),
    Type.Literal('hosts-closed'),
    Type.Literal('hosts-failed'),
  ],
  {
    description:
      'impossible: no host could hold it, however empty; no-room: none can now; ' +
      'hosts-closed: all that could are disabled or down; ' +
      'hosts-failed: all that could were asked, and refused or gave no answer',
  },
);

const names = () => Type.Array(Type.String());

const repair = <Kind extends string, Facts extends TProperties>(kind: Kind, facts: Facts) =>
  Type.Object(
    { kind: Type.Literal(kind), sentence: Type.String(), ...facts },
    { additionalProperties: false },
  );

export const Repair = Type.Union([
  repair('other-zone', { availability_zone: Type.String() }),
  repair('any-host', {}),
  repair('enable-host', { host: Type.String() }),
  repair('drop-traits', { traits: names() }),
  repair('relax-group', {
    group_uuid: Type.String(),
    policy: Type.Union([Type.Literal('soft-affinity'), Type.Literal('soft-anti-affinity')]),
  }),
  repair('smaller-flavor', { flavor_id: Type.String() }),
  repair('free', {
    host: Type.String(),
    amounts: Type.Record(Type.String(), Type.Number()),
    consumer_uuids: names(),
  }),
  repair('change-traits', { host: Type.String(), give: names(), take: names() }),
]);
