/** `host list`, `server list` and `operation list`: what there is, one line each. */
import type { Static } from 'typebox';
import type { Host, OperationBrief, Server } from '../core/api/plimsoll/schemas.ts';
import type { Session } from './session.ts';
import { type Column, moment, state, table } from './table.ts';

type HostView = Static<typeof Host>;
type ServerView = Static<typeof Server>;
type OperationView = Static<typeof OperationBrief>;

const used = (used: number, limit: number): string => `${used} / ${limit}`;

const hostColumns: readonly Column<HostView>[] = [
  { title: 'HOST', cell: ({ name }) => name },
  { title: 'STATE', cell: (host) => state(host.state) },
  { title: 'STATUS', cell: ({ status }) => state(status) },
  { title: 'ZONE', cell: ({ availability_zone }) => availability_zone },
  { title: 'SERVERS', right: true, cell: ({ servers }) => servers },
  { title: 'VCPUS', right: true, cell: (host) => used(host.vcpus_used, host.vcpus_limit) },
  {
    title: 'MEMORY MiB',
    right: true,
    cell: (host) => used(host.memory_mib_used + host.memory_mib_overhead, host.memory_mib_limit),
  },
  {
    title: 'DISK GiB',
    right: true,
    cell: (host) => used(host.disk_gib_used + host.disk_gib_overhead, host.disk_gib_limit),
  },
  { title: 'CELLS', right: true, cell: ({ cells }) => cells.length },
];

const serverColumns: readonly Column<ServerView>[] = [
  { title: 'SERVER', cell: ({ uuid }) => uuid },
  { title: 'NAME', cell: ({ name }) => name },
  { title: 'STATE', cell: ({ vm_state }) => state(vm_state) },
  { title: 'TASK', cell: ({ task_state }) => task_state },
  { title: 'HOST', cell: ({ host }) => host },
  { title: 'VCPUS', right: true, cell: ({ vcpus }) => vcpus },
  { title: 'MEMORY MiB', right: true, cell: ({ memory_mib }) => memory_mib },
];

const operationColumns: readonly Column<OperationView>[] = [
  { title: 'OPERATION', cell: ({ id }) => id },
  { title: 'SAGA', cell: ({ saga }) => saga },
  { title: 'SERVER', cell: ({ server_uuid }) => server_uuid },
  { title: 'STATE', cell: (operation) => state(operation.state) },
  { title: 'STEP', cell: ({ step }) => step },
  { title: 'STARTED', cell: ({ started_at_ms }) => moment(started_at_ms) },
  { title: 'WAITS UNTIL', cell: ({ waits }) => moment(waits?.until_ms ?? null) },
  { title: 'ERROR', cell: ({ error, waits }) => error ?? waits?.for_what ?? null },
];

function show<Row>(
  { format, print }: Session,
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  none: string,
): void {
  if (format === 'json') print(JSON.stringify(rows, null, 2));
  else if (rows.length === 0) print(none);
  else print(table(columns, rows));
}

export async function listHosts(session: Session): Promise<number> {
  const body = await session.client.get<{ hosts: HostView[] }>('/hosts');
  show(session, body?.hosts ?? [], hostColumns, 'There are no hosts.');
  return 0;
}

export async function listServers(session: Session): Promise<number> {
  const body = await session.client.get<{ servers: ServerView[] }>('/servers');
  show(session, body?.servers ?? [], serverColumns, 'There are no servers.');
  return 0;
}

export async function listOperations(
  session: Session,
  about: { readonly server?: string; readonly state?: string; readonly limit: number },
): Promise<number> {
  const { server, state, limit } = about;
  const some = { ...(server && { server }), ...(state && { state }) };
  const query = new URLSearchParams({ limit: String(limit), ...some });
  const body = await session.client.get<{ operations: OperationView[] }>(`/operations?${query}`);
  show(session, body?.operations ?? [], operationColumns, 'There are no operations.');
  return 0;
}
