/** `host removal HOST`: what still holds a host. Ends with 0 when it could leave the fleet. */
import type { Static } from 'typebox';
import type { Holding, RemovalPlan } from '../core/api/plimsoll/removal-plan.ts';
import { Complaint } from './complaint.ts';
import type { Session } from './session.ts';
import { type Column, moment, table } from './table.ts';

type HoldingView = Static<typeof Holding>;
type Plan = Static<typeof RemovalPlan>;

const columns: readonly Column<HoldingView>[] = [
  { title: 'UUID', cell: ({ uuid }) => uuid },
  { title: 'NAME', cell: ({ name }) => name },
  { title: 'IS', cell: ({ is }) => is },
  { title: 'HINDERS', cell: ({ hinders }) => (hinders ? 'yes' : 'no') },
  { title: 'CLAIMED BY', cell: ({ claimed_by }) => claimed_by },
  { title: 'AT', cell: ({ claimed_at_ms }) => moment(claimed_at_ms) },
  { title: 'WHAT WOULD END IT', cell: ({ next }) => next },
];

export async function planOfRemoval({ client, format, print }: Session, host: string) {
  const plan = await client.get<Plan>(`/hosts/${encodeURIComponent(host)}/removal-plan`);
  if (plan === null) {
    throw new Complaint(`there is no host '${host}'`, '`plimsoll host list` names what there is');
  }
  if (format === 'json') print(JSON.stringify(plan, null, 2));
  else {
    if (plan.holdings.length > 0) print(table(columns, plan.holdings));
    const next = '`openstack compute service delete` removes it';
    print(`${host}: ${plan.removable ? next : 'it cannot leave the fleet yet'}`);
  }
  return plan.removable ? 0 : 1;
}
