/**
 * What operators ask of servers on dead hosts, decided in one ledger request: the proof that the
 * host is fenced, where the server may go, and then the run. What was being done to the server on
 * the dead host will never end there, so it is cancelled, and waited for by the run.
 */
import { isUnderWay, type RunRow, runs } from '../conductor/rows.ts';
import { hosts } from '../fleet/rows.ts';
import type { Draft } from '../ledger/draft.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import { servers } from '../servers/rows.ts';
import { stuckFirst, wrongState } from './begin.ts';
import { evacuable, evacuateServer, fenced } from './evacuate-server.ts';
import type { EvacuateTo, OperationRefusal } from './operations.ts';
import { powerSagas } from './power-server.ts';
import { change } from './server.ts';
import { shelveServer } from './shelve-server.ts';
import type { Wanted } from './shelving.ts';
import { unshelveHere } from './unshelve-server.ts';
import type { World } from './world.ts';

type Begun = Decision<{ readonly run_id: string }, OperationRefusal>;

/** Runs that touch nothing but the guest where it is, or was. */
const inPlace: ReadonlySet<string> = new Set(
  [...powerSagas, shelveServer, unshelveHere].map(({ name }) => name),
);

export function beginEvacuate(
  draft: Draft,
  world: World,
  { uuid, run_id, asker }: Wanted,
  to: EvacuateTo,
): Begun {
  const server = draft.rows(servers).get(uuid);
  if (server === undefined) return no({ why: 'unknown-server' });
  if (server.lock !== null && asker.bound_by_locks) {
    return no({ why: 'wrong-state', state: 'locked', message: `Instance ${uuid} is locked` });
  }
  const { host: source, vm_state } = server;
  if (!evacuable.includes(vm_state)) return no(wrongState(server, 'evacuate', vm_state));
  if (source === null) return no(wrongState(server, 'evacuate', 'without a host'));
  const stuck = stuckFirst(draft, uuid, 'evacuate');
  if (stuck !== null) return no(stuck);
  const where = target(draft, source, to.host);
  if (where !== null) return no(where);
  const open = openRuns(draft, uuid);
  if (open.some((run) => !inPlace.has(run.saga))) {
    return no(wrongState(server, 'evacuate', server.task_state ?? 'busy'));
  }
  for (const run of open) draft.put(runs, { ...run, cancel_requested: true });
  if (open.length === 0) change(draft, uuid, { task_state: 'rebuilding', run_id });
  const stopped = to.stopped || vm_state === 'stopped';
  const input = { server_uuid: uuid, source, host: to.host, stopped };
  world.begin(draft, evacuateServer.name, input, { server_uuid: uuid, run_id });
  return done({ run_id });
}

const openRuns = (draft: Draft, uuid: string): RunRow[] =>
  draft.rows(runs).by('server_uuid', uuid).filter(isUnderWay);

function target(draft: Draft, source: string, host: string | null): OperationRefusal | null {
  if (!fenced(draft, source)) return { why: 'not-fenced', host: source };
  if (host === source) return { why: 'unfit', message: `The server is on ${host}, which is dead.` };
  if (host !== null && !draft.rows(hosts).has(host)) return { why: 'unknown-host', host };
  return null;
}
