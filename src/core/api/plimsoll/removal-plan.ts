/**
 * GET /hosts/:name/removal-plan: what still holds a host, so that it cannot leave the fleet; and
 * what would be let go of with it. `DELETE /os-services/{id}` of Compute is what removes it, and
 * says the same when it is refused.
 */
import { Type } from 'typebox';
import { hosts } from '../../fleet/rows.ts';
import { holdingsOf } from '../holdings.ts';
import { found, missing, own } from './route.ts';

export const Holding = Type.Object(
  {
    uuid: Type.String({ description: 'of a server, an operation, or another consumer' }),
    name: Type.String({ description: 'what it is called; else its UUID' }),
    is: Type.Union([
      Type.Literal('server'),
      Type.Literal('operation'),
      Type.Literal('quarantine'),
      Type.Literal('other'),
    ]),
    hinders: Type.Boolean({ description: 'the host cannot be removed while it is there' }),
    next: Type.String({ description: 'what would end it' }),
    claimed_by: Type.Union([Type.String(), Type.Null()], {
      description:
        'who made its claim as it is: OPERATION/STEP, …/undo, or audit; null: another client',
    }),
    claimed_at_ms: Type.Union([Type.Integer(), Type.Null()], { description: 'when' }),
  },
  { additionalProperties: false },
);

export const RemovalPlan = Type.Object({
  removable: Type.Boolean(),
  holdings: Type.Array(Holding),
});

export const showRemovalPlan = own({
  method: 'GET',
  path: '/hosts/:name/removal-plan',
  summary: 'What still holds a host, and what would be let go of with it',
  audience: 'operator',
  query: Type.Object({}),
  reply: RemovalPlan,
  handle: ({ params: { name = '' } }, { ledger }) =>
    ledger.read((view) => {
      const row = view.rows(hosts).get(name);
      if (row === undefined) return missing(`host ${name}`);
      const holdings = holdingsOf(view, row);
      return found({ removable: holdings.every(({ hinders }) => !hinders), holdings });
    }),
});
