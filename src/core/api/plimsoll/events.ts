/** GET /events: what changes, as it changes, as server-sent events. */
import { Type } from 'typebox';
import { type RunRow, runSteps, runs } from '../../conductor/rows.ts';
import { type HostRow, hosts } from '../../fleet/rows.ts';
import { deviceHolds, devices } from '../../ledger/device-rows.ts';
import type { View } from '../../ledger/draft.ts';
import {
  allocations,
  cellHolds,
  cellPages,
  cpuPins,
  inventories,
  pageHolds,
} from '../../ledger/rows.ts';
import type { Batch } from '../../ports/store.ts';
import { type ServerRow, servers } from '../../servers/rows.ts';
import type { OwnEvent, Teller } from './feed.ts';
import { projectOf } from './operations.ts';
import { own } from './route.ts';
import { sees } from './servers.ts';
import { briefOf, hostNamed, serverOf } from './views.ts';

export const streamEvents = own({
  method: 'GET',
  path: '/events',
  summary: 'An event stream: server, operation, host, each with its row as the lists have it',
  audience: 'member',
  query: Type.Object({}),
  reply: Type.String({ description: 'text/event-stream; after `reset`, read the lists again' }),
  handle: ({ caller, headers }, { feed }) => {
    const last = headers['last-event-id'];
    const last_id = last === undefined || !/^[0-9]{1,15}$/.test(last) ? null : Number(last);
    return {
      is: 'stream',
      pieces: feed.listen((event) => sees(caller, event.project_id), last_id),
    };
  },
});

/** Tells each row that changed once, as it is after the batch. */
export const tellBatch: Teller = (batch, view) => [
  ...changedServers(batch).values(),
  ...changedRuns(batch, view).map((run) => operationEvent(view, run)),
  ...changedHosts(batch, view).flatMap((name) => hostEvent(view, name)),
];

function changedServers(batch: Batch): Map<string, OwnEvent> {
  const told = new Map<string, OwnEvent>();
  for (const { table, row, gone } of batch.changes) {
    if (table !== servers.name) continue;
    const server = row as ServerRow;
    const now: ServerRow = gone ? { ...server, vm_state: 'deleted', task_state: null } : server;
    told.set(server.uuid, { name: 'server', project_id: now.project_id, data: serverOf(now) });
  }
  return told;
}

function changedRuns(batch: Batch, view: View): RunRow[] {
  const ids = new Set<string>();
  for (const { table, row } of batch.changes) {
    if (table === runs.name) ids.add((row as RunRow).id);
    else if (table === runSteps.name) ids.add((row as { run_id: string }).run_id);
  }
  return [...ids].flatMap((id) => view.rows(runs).get(id) ?? []);
}

const operationEvent = (view: View, run: RunRow): OwnEvent => ({
  name: 'operation',
  project_id: projectOf(view, run),
  data: briefOf(run),
});

const boundToProvider = new Set([
  allocations.name,
  cellHolds.name,
  cpuPins.name,
  pageHolds.name,
  cellPages.name,
  devices.name,
  deviceHolds.name,
  inventories.name,
]);

function changedHosts(batch: Batch, view: View): string[] {
  const shelf = view.rows(hosts);
  const names = new Set<string>();
  for (const { table, row, gone } of batch.changes) {
    if (table === hosts.name && !gone) names.add((row as HostRow).name);
    if (!boundToProvider.has(table)) continue;
    const [host] = shelf.by('provider_id', (row as { provider_id: number }).provider_id);
    if (host !== undefined) names.add(host.name);
  }
  return [...names];
}

function hostEvent(view: View, name: string): OwnEvent[] {
  const data = hostNamed(view, name);
  return data === null ? [] : [{ name: 'host', project_id: null, data }];
}
