/**
 * What was done to a server, newest first: its runs, and their steps as events.
 *
 *   2.21 also of deleted servers · 2.51 events for all · 2.58 pages, changes-since
 *   2.62 host · 2.66 changes-before · 2.84 details
 */
import { type RunRow, type RunStepRow, runSteps, runs } from '../../conductor/rows.ts';
import type { View } from '../../ledger/draft.ts';
import { type Decision, done } from '../../ports/reply.ts';
import { endedServers } from '../../servers/ended.ts';
import { type HttpResponse, json } from '../http.ts';
import { type Refused, refuse } from '../refused.ts';
import { changedWithin } from './changed-within.ts';
import { answered, fault } from './faults.ts';
import { pageOf } from './pages.ts';
import type { ComputeRooms } from './rooms.ts';
import { type Ask, type ComputeRoute, isAdmin } from './route.ts';
import { actionView, eventView, type Owner } from './run-view.ts';
import { findServer, requestIdOf } from './servers.ts';

interface Done {
  readonly run: RunRow;
  readonly steps: readonly RunStepRow[];
  readonly owner: Owner;
}

function doneTo(view: View, ask: Ask): Decision<readonly Done[], Refused> {
  const { id = '' } = ask.params;
  const owner = ownerOf(view, id, ask);
  if (owner.is === 'no') return owner;
  const newest = view
    .rows(runs)
    .by('server_uuid', id)
    .toSorted((a, b) => b.started_at_ms - a.started_at_ms);
  return done(newest.map((run) => ({ run, steps: stepsOf(view, run), owner: owner.value })));
}

/** Whose server it is, or (2.21) was. */
function ownerOf(view: View, id: string, { caller, version }: Ask): Decision<Owner, Refused> {
  const there = findServer(view, id, caller);
  if (there.is === 'done' || version < 21) return there;
  const ended = view.rows(endedServers).get(id)?.server;
  if (ended === undefined) return there;
  return ended.project_id === caller.project_id || isAdmin(caller) ? done(ended) : there;
}

const stepsOf = (view: View, run: RunRow): readonly RunStepRow[] =>
  view
    .rows(runSteps)
    .by('run_id', run.id)
    .toSorted((a, b) => a.position - b.position);

async function list(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const { version } = ask;
  const found = await ledger.read((view) => doneTo(view, ask));
  if (found.is === 'no') return fault(found.why.status, found.why.message);
  const within = changedWithin(ask, 58);
  if (within.is === 'no') return fault(within.why.status, within.why.message);
  const wanted = found.value.filter(({ run }) =>
    within.value(run.ended_at_ms ?? run.started_at_ms),
  );
  const paged = version >= 58 ? ask : { ...ask, query: new Map() };
  return answered(
    pageOf(paged, wanted, ({ run }) => requestIdOf(run.id)),
    ({ items, links }) => {
      const instanceActions = items.map((one) =>
        actionView(one.run, one.steps, one.owner, version),
      );
      return json(200, { instanceActions, ...(version >= 58 && links ? { links } : {}) });
    },
  );
}

async function show(ask: Ask, { ledger, digests }: ComputeRooms): Promise<HttpResponse> {
  const { request: wanted = '' } = ask.params;
  const { version } = ask;
  const found = await ledger.read((view): Decision<Done, Refused> => {
    const all = doneTo(view, ask);
    if (all.is === 'no') return all;
    const one = all.value.find(({ run }) => requestIdOf(run.id) === wanted);
    return one === undefined ? refuse(404, `Action for request_id ${wanted} not found`) : done(one);
  });
  return answered(found, ({ run, steps, owner }) => {
    const operator = isAdmin(ask.caller);
    const hostId = (host: string | null) =>
      host === null ? '' : digests.digest(`${owner.project_id} ${host}`).slice(0, 56);
    const events = steps.map((step) => eventView(step, version, operator, hostId(step.host)));
    const told = operator || version >= 51 ? { events } : {};
    return json(200, { instanceAction: { ...actionView(run, steps, owner, version), ...told } });
  });
}

const ROOT = '/servers/:id/os-instance-actions';
export const instanceActionRoutes: readonly ComputeRoute[] = [
  { method: 'GET', path: ROOT, who: 'reader', handle: list },
  { method: 'GET', path: `${ROOT}/:request`, who: 'reader', handle: show },
];
