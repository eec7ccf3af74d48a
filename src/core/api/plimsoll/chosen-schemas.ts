/** Why a host was chosen, as scheduler/choice.ts has it. */
import { type TSchema, Type } from 'typebox';

const strict = { additionalProperties: false };
const nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);

const Points = Type.Object(
  {
    weigher: Type.String(),
    weight: Type.Number(),
    merit: Type.Number({ description: 'from 0 to 1, whatever the other hosts are' }),
    points: Type.Number({ description: 'weight × merit' }),
  },
  strict,
);

const RunnerUp = Type.Object(
  {
    host: Type.String(),
    score: Type.Number(),
    behind_by: nullable(Type.Object({ weigher: Type.String(), points: Type.Number() }, strict)),
  },
  strict,
);

export const Chosen = Type.Object(
  {
    host: Type.String(),
    score: Type.Number({ description: 'the sum of its points' }),
    points: Type.Array(Points),
    runners_up: Type.Array(RunnerUp, { description: 'the next best' }),
    passed_over: Type.Array(Type.Object({ filter: Type.String(), hosts: Type.Integer() }, strict), {
      description: 'ranked higher, and turned down by what this request alone asks',
    }),
  },
  strict,
);
