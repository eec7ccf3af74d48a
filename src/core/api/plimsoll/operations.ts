/** GET /operations and /operations/:id: what is, or was, done to servers, step by step. */
import { Type } from 'typebox';
import { type RunRow, runSteps, runs } from '../../conductor/rows.ts';
import type { View } from '../../ledger/draft.ts';
import { servers } from '../../servers/rows.ts';
import { found, missing, own } from './route.ts';
import { Operation, OperationBrief } from './schemas.ts';
import { sees } from './servers.ts';
import { isSending, transferOf } from './transfers.ts';
import { briefOf, operationOf } from './views.ts';

export const OPERATIONS_LISTED_MAX = 1000;

/** Whose operation it is: its server's project; null once the server's row is gone. */
export const projectOf = (view: View, run: RunRow): string | null =>
  run.server_uuid === null ? null : (view.rows(servers).get(run.server_uuid)?.project_id ?? null);

export const listOperations = own({
  method: 'GET',
  path: '/operations',
  summary: 'Operations, the newest first',
  audience: 'member',
  query: Type.Object({
    server: Type.Optional(Type.String({ description: "only this server's" })),
    state: Type.Optional(
      Type.String({ description: 'only those that are running, stuck, done …' }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 0, maximum: OPERATIONS_LISTED_MAX })),
  }),
  reply: Type.Object({ operations: Type.Array(OperationBrief) }),
  handle: ({ caller, query: { server, state, limit = 100 } }, { ledger }) =>
    ledger.read((view) => {
      const shelf = view.rows(runs);
      const rows = server === undefined ? [...shelf.values()] : shelf.by('server_uuid', server);
      const seen = rows
        .filter((run) => state === undefined || run.state === state)
        .filter((run) => sees(caller, projectOf(view, run)))
        .toSorted((a, b) => b.started_at_ms - a.started_at_ms)
        .slice(0, Math.min(limit, OPERATIONS_LISTED_MAX));
      return found({ operations: seen.map(briefOf) });
    }),
});

export const showOperation = own({
  method: 'GET',
  path: '/operations/:id',
  summary: 'One operation with its steps',
  audience: 'member',
  query: Type.Object({}),
  reply: Type.Object({ operation: Operation }),
  handle: async ({ caller, params: { id = '' } }, { ledger, clock, operations }) => {
    const seen = await ledger.read((view) => {
      const run = view.rows(runs).get(id);
      if (run === undefined || !sees(caller, projectOf(view, run))) return null;
      const sending = view.rows(runSteps).by('run_id', id).some(isSending);
      return { shown: operationOf(view, run), moves: sending ? run.server_uuid : null };
    });
    if (seen === null) return missing(`operation ${id}`);
    const { shown, moves } = seen;
    const far = moves === null ? null : await operations.progressOf(moves);
    const transfer = far && transferOf(far, clock.wall());
    return found({ operation: { ...shown, transfer } });
  },
});
