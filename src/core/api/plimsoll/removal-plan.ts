/**
 * GET /hosts/:name/removal-plan: what still holds a host, so that it cannot leave the fleet; and
 * what would be let go of with it. `DELETE /os-services/{id}` of Compute is what removes it.
 */
import { type Static, Type } from 'typebox';
import { ended, isStuck, type RunRow, runs } from '../../conductor/rows.ts';
import { hosts } from '../../fleet/rows.ts';
import type { View } from '../../ledger/draft.ts';
import { evacuations } from '../../servers/evacuations.ts';
import { servers } from '../../servers/rows.ts';
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

type HoldingView = Static<typeof Holding>;
type Bare = Omit<HoldingView, 'claimed_by' | 'claimed_at_ms'>;

export const showRemovalPlan = own({
  method: 'GET',
  path: '/hosts/:name/removal-plan',
  summary: 'What still holds a host, and what would be let go of with it',
  audience: 'operator',
  query: Type.Object({}),
  reply: Type.Object({ removable: Type.Boolean(), holdings: Type.Array(Holding) }),
  handle: ({ params: { name = '' } }, { ledger }) =>
    ledger.read((view) => {
      const row = view.rows(hosts).get(name);
      if (row === undefined) return missing(`host ${name}`);
      const holdings = holdingsOf(view, name, row.provider_id);
      return found({ removable: holdings.every(({ hinders }) => !hinders), holdings });
    }),
});

function holdingsOf(view: View, host: string, root: number): HoldingView[] {
  const { books } = view;
  const holders = books.treeOf(root).flatMap((id) => [...(books.holders[id] ?? [])]);
  const here = view.rows(servers).by('host', host);
  const all = new Set([...here.map(({ uuid }) => uuid), ...holders]);
  return [...all].sort().map((uuid) => {
    const claim = books.consumers.get(uuid)?.row;
    const { claimed_by = null, updated_at_ms: claimed_at_ms = null } = claim ?? {};
    return { ...holdingOf(view, host, uuid), claimed_by, claimed_at_ms };
  });
}

function nextOf(run: RunRow): string {
  if (isStuck(run)) return `undo or retry it: plimsoll operation undo ${run.id}`;
  return ended(run) ? 'confirm or revert its move; or run an audit' : 'it must end';
}

function holdingOf(view: View, host: string, uuid: string): Bare {
  const server = view.rows(servers).get(uuid);
  const run = view.rows(runs).get(uuid);
  if (server !== undefined && server.host !== host) {
    const left = view.rows(evacuations).by('server_uuid', uuid);
    if (left.some((one) => one.host === host)) {
      const next = 'nothing: it was evacuated, and is let go of with the host';
      return { uuid, name: server.name, is: 'quarantine', hinders: false, next };
    }
  }
  if (server !== undefined) {
    const next = server.host === host ? 'drain the host, or delete it' : 'its operation must end';
    return { uuid, name: server.name, is: 'server', hinders: true, next };
  }
  if (run !== undefined) {
    const next = nextOf(run);
    return { uuid, name: run.saga, is: 'operation', hinders: true, next };
  }
  return { uuid, name: uuid, is: 'other', hinders: true, next: 'delete its allocation' };
}
