/** Rows in the words of our own API; schemas.ts says what they mean. */
import type { Static } from 'typebox';
import { ended, type RunRow, type RunStepRow, runSteps } from '../../conductor/rows.ts';
import { type HostView, hostView, type ResourceView } from '../../fleet/view.ts';
import type { View } from '../../ledger/draft.ts';
import type { ServerRow } from '../../servers/rows.ts';
import type * as schemas from './schemas.ts';
import { deadlineIn } from './transfers.ts';

export const hostNamed = (view: View, name: string): Static<typeof schemas.Host> | null => {
  const seen = hostView(view, name);
  return seen === undefined ? null : hostOf(seen);
};

export function hostOf({
  host,
  resources,
  cells,
  devices,
  servers,
}: HostView): Static<typeof schemas.Host> {
  const { name, uuid, provider_id, state, status, disabled_reason, availability_zone } = host;
  return {
    name,
    uuid,
    provider_id,
    state: host.forced_down ? 'down' : state,
    status,
    disabled_reason,
    availability_zone,
    ...room('vcpus', resources['VCPU']),
    ...room('memory_mib', resources['MEMORY_MB']),
    ...room('disk_gib', resources['DISK_GB']),
    memory_mib_overhead: resources['MEMORY_MB']?.overhead ?? 0,
    disk_gib_overhead: resources['DISK_GB']?.overhead ?? 0,
    servers,
    cells: cells.map((cell) => ({ ...cell, pages: [...cell.pages] })),
    devices: [...devices],
  };
}

type Room<Name extends string> = Record<Name | `${Name}_used` | `${Name}_limit`, number>;

const room = <Name extends string>(name: Name, seen: ResourceView | undefined): Room<Name> =>
  ({
    [name]: seen?.total ?? 0,
    [`${name}_used`]: seen?.used ?? 0,
    [`${name}_limit`]: seen?.limit ?? 0,
  }) as Room<Name>;

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
    fault_reason: server.fault?.reason ?? null,
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
  waits: run.waits,
  started_at_ms: run.started_at_ms,
  ended_at_ms: run.ended_at_ms,
  error: run.error?.message ?? null,
});

export const operationOf = (
  view: View,
  run: RunRow,
): Omit<Static<typeof schemas.Operation>, 'transfer'> => ({
  ...briefOf(run),
  downtime_ms: downtimeOf(run),
  deadline: deadlineIn(run),
  steps: view
    .rows(runSteps)
    .by('run_id', run.id)
    .toSorted((a, b) => a.position - b.position)
    .map(stepOf),
});

/** A live migration notes it when the guest has come over. */
const downtimeOf = ({ known }: RunRow): number | null =>
  (known['switchover'] as { readonly downtime_ms?: number | null } | undefined)?.downtime_ms ??
  null;

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
