/** Rows in the words of our own API; schemas.ts says what they mean. */
import type { Static } from 'typebox';
import { by } from '../../base/order.ts';
import { ended, type RunRow, type RunStepRow, runSteps } from '../../conductor/rows.ts';
import type { HostRow } from '../../fleet/rows.ts';
import type { View } from '../../ledger/draft.ts';
import { type ServerRow, servers } from '../../servers/rows.ts';
import type * as schemas from './schemas.ts';

/** Resource classes under the names that our API gives them. */
const amounts = { vcpus: 'VCPU', memory_mib: 'MEMORY_MB', disk_gib: 'DISK_GB' } as const;

export function hostOf(view: View, host: HostRow): Static<typeof schemas.Host> {
  const { provider_id } = host;
  const { name, uuid, state, status, disabled_reason, availability_zone } = host;
  return {
    name,
    uuid,
    provider_id,
    state: host.forced_down ? 'down' : state,
    status,
    disabled_reason,
    availability_zone,
    ...room(view, provider_id, 'vcpus'),
    ...room(view, provider_id, 'memory_mib'),
    ...room(view, provider_id, 'disk_gib'),
    servers: view.rows(servers).by('host', name).length,
    cells: (view.books.cells[provider_id] ?? []).map(({ row, vcpus_used, memory_mib_used }) => {
      const { cell, vcpus, memory_mib } = row;
      return { cell, vcpus, vcpus_used, memory_mib, memory_mib_used };
    }),
  };
}

type Room<Name extends string> = Record<Name | `${Name}_used` | `${Name}_limit`, number>;

function room<Name extends keyof typeof amounts>(
  { books }: View,
  provider: number,
  name: Name,
): Room<Name> {
  const id = books.classByName.get(amounts[name])?.id;
  const row = id === undefined ? undefined : books.inventory(provider, id);
  const column = id === undefined || row === undefined ? undefined : books.column(id);
  return {
    [name]: row?.total ?? 0,
    [`${name}_used`]: column?.used[provider] ?? 0,
    [`${name}_limit`]: column?.limit[provider] ?? 0,
  } as Room<Name>;
}

export function serverOf(server: ServerRow): Static<typeof schemas.Server> {
  const { uuid, name, project_id, host, vm_state, task_state, image_id, created_at_ms } = server;
  return {
    uuid,
    name,
    project_id,
    host,
    vm_state,
    task_state,
    vcpus: server.flavor.vcpus,
    memory_mib: server.flavor.memory_mib,
    disk_gib: server.flavor.disk_gib,
    flavor: server.flavor.name,
    image_id,
    created_at_ms,
    fault: server.fault?.message ?? null,
    operation_id: server.run_id,
    explanation_id: server.fault?.explanation_id ?? null,
  };
}

export const briefOf = (run: RunRow): Static<typeof schemas.OperationBrief> => ({
  id: run.id,
  saga: run.saga,
  server_uuid: run.server_uuid,
  state: run.state,
  step: ended(run) ? null : run.cursor,
  started_at_ms: run.started_at_ms,
  ended_at_ms: run.ended_at_ms,
  error: run.error?.message ?? null,
});

export const operationOf = (view: View, run: RunRow): Static<typeof schemas.Operation> => ({
  ...briefOf(run),
  steps: view
    .rows(runSteps)
    .by('run_id', run.id)
    .toSorted((a, b) => a.position - b.position)
    .map(stepOf),
});

const stepOf = (line: RunStepRow): Static<typeof schemas.Step> => ({
  name: line.name,
  kind: line.kind,
  state: line.state,
  round: line.round,
  attempts: line.attempts,
  host: line.host,
  started_at_ms: line.started_at_ms,
  ended_at_ms: line.ended_at_ms,
  error: line.error?.message ?? null,
});

export const sortedHosts = (hosts: Iterable<HostRow>): HostRow[] =>
  [...hosts].sort(by((h) => h.name));
