/** GET /explanations and /explanations/:id: why no host took a server, or why one did. */
import { Type } from 'typebox';
import type { View } from '../../ledger/draft.ts';
import type { Explanation as Stored } from '../../scheduler/ask.ts';
import type { Choice } from '../../scheduler/choice.ts';
import { choices } from '../../scheduler/choice-rows.ts';
import { forTenant, ownAsk } from '../../scheduler/explain.ts';
import { explanations } from '../../scheduler/rows.ts';
import { servers } from '../../servers/rows.ts';
import type { Caller } from '../http.ts';
import { found, isOperator, missing, own } from './route.ts';
import { Explanation } from './schemas.ts';
import { sees } from './servers.ts';

/** Kept apart, and told alike: why nothing could take it, or why its host did. */
type Kept =
  | { readonly is: 'refused'; readonly row: Stored }
  | { readonly is: 'placed'; readonly row: Choice };

/** A tenant sees counts, and the facts of its own request; an operator sees hosts. */
function asSeenBy(caller: Caller, kept: Kept) {
  const hidden = { hosts: [], nearest_miss: null };
  const operator = isOperator(caller);
  if (kept.is === 'placed') {
    const { id, server_uuid, asked, decided_at_ms, funnel, hosts_total, summary } = kept.row;
    const facts = { id, server_uuid, decided_at_ms, refusal: null, funnel, hosts_total, summary };
    const seen = {
      asked: operator ? asked : ownAsk(asked),
      chosen: operator ? chosenOf(kept.row) : null,
    };
    return { ...facts, ...hidden, ...seen, repairs: [] };
  }
  if (operator) return { ...kept.row, nearest_miss: nearestOf(kept.row), chosen: null };
  return { ...forTenant(kept.row), ...hidden, chosen: null };
}

/** Rows of before tell no holders and no cells. */
const nearestOf = ({ nearest_miss: nearest }: Stored) =>
  nearest === null ? null : { held_by: [], cells: [], ...nearest };

const chosenOf = ({ host, score, points, runners_up, passed_over }: Choice) => ({
  ...{ host, score, points: [...points], runners_up: [...runners_up] },
  passed_over: [...passed_over],
});

/** Its server may never have been made, or be gone. */
const ownerOf = (view: View, { row: { server_uuid, asked } }: Kept): string =>
  view.rows(servers).get(server_uuid)?.project_id ?? asked.about.project_id;

function keptOf(view: View, server: string): readonly Kept[] {
  const refused = view.rows(explanations).by('server_uuid', server);
  const placed = view.rows(choices).by('server_uuid', server);
  return [
    ...refused.map((row): Kept => ({ is: 'refused', row })),
    ...placed.map((row): Kept => ({ is: 'placed', row })),
  ];
}

function keptAs(view: View, id: string): Kept | null {
  const refused = view.rows(explanations).get(id);
  if (refused !== undefined) return { is: 'refused', row: refused };
  const placed = view.rows(choices).get(id);
  return placed === undefined ? null : { is: 'placed', row: placed };
}

export const listExplanations = own({
  method: 'GET',
  path: '/explanations',
  summary: 'The last explanations of a server, the newest first',
  audience: 'member',
  query: Type.Object({ server: Type.String() }),
  reply: Type.Object({ explanations: Type.Array(Explanation) }),
  handle: ({ caller, query: { server } }, { ledger }) =>
    ledger.read((view) => {
      const seen = keptOf(view, server)
        .filter((kept) => sees(caller, ownerOf(view, kept)))
        .toSorted((a, b) => b.row.decided_at_ms - a.row.decided_at_ms);
      return found({ explanations: seen.map((kept) => asSeenBy(caller, kept)) });
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
      const kept = keptAs(view, id);
      return kept === null || !sees(caller, ownerOf(view, kept))
        ? missing(`explanation ${id}`)
        : found({ explanation: asSeenBy(caller, kept) });
    }),
});
