/**
 * What operators do to a live migration that is under way: stop it, or have it come to its end.
 *
 *   step          abort                                     force-complete
 *   before the    the run is cancelled, and turns back      not yet
 *   pivot
 *   switchover    the source stops sending: it answers no,  the source lets the guest stand still,
 *                 and the run turns back by itself          for as long as the rest takes
 *   later         too late                                  too late
 *
 * At the pivot nothing is decided here: the source knows alone whether it has handed over, and its
 * answer to the switchover is what counts. An order that comes too late finds no such sending.
 */
import { stepKey } from '../conductor/act.ts';
import { type RunRow, runSteps, runs, underWay } from '../conductor/rows.ts';
import type { Draft } from '../ledger/draft.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import { servers } from '../servers/rows.ts';
import { liveMigrate } from './live-migrate.ts';
import type { OperationRefusal, Steering } from './operations.ts';
import { serverOf } from './server.ts';

/** What the source is to be told; null: nothing, the run has been told. */
export type Steered = { readonly source: string; readonly sending: string } | null;

export function steer(
  draft: Draft,
  uuid: string,
  run_id: string,
  { how, only_running }: Steering,
): Decision<Steered, OperationRefusal> {
  if (!draft.rows(servers).has(uuid)) return no({ why: 'unknown-server' });
  const run = draft.rows(runs).get(run_id);
  const is = run?.saga === liveMigrate.name && run.server_uuid === uuid;
  if (run === undefined || !is || !underWay.includes(run.state)) return no({ why: 'unknown-move' });
  const pivot = draft
    .rows(runSteps)
    .by('run_id', run_id)
    .find((line) => line.name === 'switchover');
  if (pivot?.state === 'started') {
    const { host: source } = serverOf(draft, uuid);
    if (source === null) return no(tooLate(run));
    if (how === 'abort') draft.put(runs, { ...run, input: { ...run.input, aborted: true } });
    return done({ source, sending: stepKey(run_id, 'switchover', pivot.round) });
  }
  if (pivot !== undefined || how === 'hasten' || only_running) return no(tooLate(run));
  draft.put(runs, { ...run, cancel_requested: true });
  return done(null);
}

const tooLate = ({ id, cursor }: RunRow): OperationRefusal => ({
  why: 'unfit',
  message: `Migration ${id} cannot be steered at its step ${cursor ?? 'the last'}.`,
});
