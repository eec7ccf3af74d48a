/**
 * Operations that are stuck: each waits for a person, and keeps what it holds until then.
 *
 *   GET  /stuck-operations       what each was doing, why it stopped, what it holds
 *   POST /operations/ID/reset    retry: it goes on; undo: all that is recorded is undone
 *
 * Both answer before the work is done, as everything does that asks hosts: watch the operation.
 */
import { type Static, Type } from 'typebox';
import { isStuck, type RunRow, runs } from '../../conductor/rows.ts';
import type { View } from '../../ledger/draft.ts';
import type { Unavailable } from '../../ledger/ledger.ts';
import type { ResetRefusal } from '../../sagas/operations.ts';
import { strict } from '../body.ts';
import { type Hold, holdsOf, stillHeld } from '../holds.ts';
import { type Answered, found, missing, own, refused, written } from './route.ts';
import { OperationBrief } from './schemas.ts';
import { briefOf } from './views.ts';

const closed = { additionalProperties: false };

const Held = Type.Object(
  {
    consumer_uuid: Type.String({ description: 'the server, or the operation itself' }),
    host: Type.String(),
    amounts: Type.Record(Type.String(), Type.Integer()),
  },
  closed,
);

export const StuckOperation = Type.Object(
  {
    operation: OperationBrief,
    was: Type.Union([Type.String(), Type.Null()], {
      description: 'running, retreating or undoing; null: it is stuck since an older program',
    }),
    since_ms: Type.Integer(),
    holds: Type.Array(Held),
  },
  closed,
);

export const listStuck = own({
  method: 'GET',
  path: '/stuck-operations',
  summary: 'Operations that wait for a person, the longest first, with what each holds',
  audience: 'operator',
  query: Type.Object({}),
  reply: Type.Object({ stuck: Type.Array(StuckOperation) }),
  handle: (_, { ledger }) =>
    ledger.read((view) => {
      const all = view
        .rows(runs)
        .by('state', 'stuck')
        .map((run) => stuckOf(view, run));
      return found({ stuck: all.toSorted((a, b) => a.since_ms - b.since_ms) });
    }),
});

/** An older program said that it had ended when it got stuck. */
const stuckOf = (view: View, run: RunRow): Static<typeof StuckOperation> => ({
  operation: briefOf(run),
  was: run.stuck?.was ?? null,
  since_ms: run.stuck?.since_ms ?? run.ended_at_ms ?? run.started_at_ms,
  holds: holdsOf(view, run).map(({ amounts, ...hold }) => ({ ...hold, amounts: { ...amounts } })),
});

export const resetOperation = own({
  method: 'POST',
  path: '/operations/:id/reset',
  summary: 'Has an operation that is stuck try again, or undo what it has done',
  audience: 'operator',
  query: Type.Object({}),
  body: strict({ how: Type.Union([Type.Literal('retry'), Type.Literal('undo')]) }),
  reply: Type.Object({ operation: OperationBrief }),
  refusals: { 409: 'it is not stuck, or cannot do that: what it holds it holds still' },
  handle: async ({ params: { id = '' }, body }, { operations, ledger }) => {
    const reply = await operations.resetOperation(id, body.how);
    const { run, holds } = await ledger.read((view) => seen(view, id));
    if (run === undefined) return missing(`operation ${id}`);
    const show = () => found({ operation: briefOf(run) });
    return written(reply, show, (why) => words(why, id, holds));
  },
});

function seen(view: View, id: string): { run: RunRow | undefined; holds: readonly Hold[] } {
  const run = view.rows(runs).get(id);
  return { run, holds: run !== undefined && isStuck(run) ? holdsOf(view, run) : [] };
}

function words(
  why: Exclude<ResetRefusal, Unavailable>,
  id: string,
  holds: readonly Hold[],
): Answered {
  switch (why.why) {
    case 'unknown-operation':
      return missing(`operation ${id}`);
    case 'not-stuck':
      return refused(409, why.why, `operation ${id} is not stuck: it is ${why.state}`);
    case 'in-the-way':
    case 'no-way':
      return refused(409, why.why, `${why.message} ${stillHeld(holds)}`);
  }
}
