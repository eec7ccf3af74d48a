/** GET /explanations and /explanations/:id: why no host took a server. */
import { Type } from 'typebox';
import type { View } from '../../ledger/draft.ts';
import type { Explanation as Stored } from '../../scheduler/ask.ts';
import { forTenant } from '../../scheduler/explain.ts';
import { explanations } from '../../scheduler/rows.ts';
import { servers } from '../../servers/rows.ts';
import type { Caller } from '../http.ts';
import { found, isOperator, missing, own } from './route.ts';
import { Explanation } from './schemas.ts';
import { sees } from './servers.ts';

/** A tenant sees counts, and the facts of its own request; an operator sees hosts. */
function asSeenBy(caller: Caller, explanation: Stored) {
  if (isOperator(caller)) return explanation;
  return { ...forTenant(explanation), hosts: [], nearest_miss: null };
}

/** Its server may never have been made, or be gone. */
const ownerOf = (view: View, { server_uuid, asked }: Stored): string =>
  view.rows(servers).get(server_uuid)?.project_id ?? asked.about.project_id;

export const listExplanations = own({
  method: 'GET',
  path: '/explanations',
  summary: 'The last explanations of a server, the newest first',
  audience: 'member',
  query: Type.Object({ server: Type.String() }),
  reply: Type.Object({ explanations: Type.Array(Explanation) }),
  handle: ({ caller, query: { server } }, { ledger }) =>
    ledger.read((view) => {
      const seen = view
        .rows(explanations)
        .by('server_uuid', server)
        .filter((row) => sees(caller, ownerOf(view, row)))
        .toSorted((a, b) => b.decided_at_ms - a.decided_at_ms);
      return found({ explanations: seen.map((row) => asSeenBy(caller, row)) });
    }),
});

export const showExplanation = own({
  method: 'GET',
  path: '/explanations/:id',
  summary: 'One explanation: funnel, nearest miss, the first objection of each host',
  audience: 'member',
  query: Type.Object({}),
  reply: Type.Object({ explanation: Explanation }),
  handle: ({ caller, params: { id = '' } }, { ledger }) =>
    ledger.read((view) => {
      const row = view.rows(explanations).get(id);
      return row === undefined || !sees(caller, ownerOf(view, row))
        ? missing(`explanation ${id}`)
        : found({ explanation: asSeenBy(caller, row) });
    }),
});
