/**
 * `/os-hosts`: hosts as they were managed before there were hypervisors and services to ask for;
 * gone with 2.43. For operators.
 *
 * A host cannot be switched on, off or over by us, and knows no maintenance mode: asked for that,
 * it says so (501), and nothing is changed.
 */
import { Type } from 'typebox';
import { byText } from '../../base/order.ts';
import { type HostRow, hosts } from '../../fleet/rows.ts';
import { disableHost, enableHost } from '../../fleet/status.ts';
import type { View } from '../../ledger/draft.ts';
import { type Decision, done } from '../../ports/reply.ts';
import type { ServerRow } from '../../servers/rows.ts';
import { bodyOf, strict } from '../body.ts';
import { type HttpResponse, json } from '../http.ts';
import { lastOf } from '../query.ts';
import { type Refused, refuse } from '../refused.ts';
import { answered, fault } from './faults.ts';
import { type Shown, shownOf } from './hypervisor-view.ts';
import type { ComputeRooms } from './rooms.ts';
import type { Ask, ComputeRoute } from './route.ts';

const Switch = Type.Optional(
  Type.String({ pattern: '^(enable|Enable|ENABLE|disable|Disable|DISABLE)$' }),
);
const Update = bodyOf(strict({ status: Switch, maintenance_mode: Switch }, { minProperties: 1 }));

async function list({ query }: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const zone = lastOf(query, 'zone') ?? '';
  const service = lastOf(query, 'service') ?? 'compute';
  const rows = await ledger.read((view) => [...view.rows(hosts).values()]);
  const wanted = rows
    .filter((row) => service === 'compute' && (zone === '' || row.availability_zone === zone))
    .toSorted((a, b) => byText(a.name, b.name));
  const shown = wanted.map((row) => {
    return { host_name: row.name, service: 'compute', zone: row.availability_zone };
  });
  return json(200, { hosts: shown });
}

function find(view: View, { params }: Ask): Decision<HostRow, Refused> {
  const name = params['name'] ?? '';
  const row = view.rows(hosts).get(name);
  return row === undefined ? refuse(404, `Host ${name} could not be found.`) : done(row);
}

async function show(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const found = await ledger.read((view) => {
    const row = find(view, ask);
    return row.is === 'no' ? row : done(shownOf(view, row.value));
  });
  return answered(found, (shown) => json(200, { host: resourcesOf(shown) }));
}

interface Use {
  readonly cpu: number;
  readonly memory_mb: number;
  readonly disk_gb: number;
}

/** What the host has, what is held, what its servers may use at most; and the last by project. */
function resourcesOf({ row, servers, capacity }: Shown) {
  const line = (project: string, use: Use) => ({ resource: { host: row.name, project, ...use } });
  const projects = [...new Set(servers.map((server) => server.project_id))].sort(byText);
  return [
    line('(total)', {
      cpu: capacity.vcpus,
      memory_mb: capacity.memory_mib,
      disk_gb: capacity.disk_gib,
    }),
    line('(used_now)', {
      cpu: capacity.vcpus_used,
      memory_mb: capacity.memory_used_mib,
      disk_gb: capacity.disk_used_gib,
    }),
    line('(used_max)', useOf(servers)),
    ...projects.map((project) =>
      line(project, useOf(servers.filter((server) => server.project_id === project))),
    ),
  ];
}

const useOf = (of: readonly ServerRow[]): Use => ({
  cpu: of.reduce((sum, { flavor }) => sum + flavor.vcpus, 0),
  memory_mb: of.reduce((sum, { flavor }) => sum + flavor.memory_mib, 0),
  disk_gb: of.reduce((sum, { flavor }) => sum + flavor.disk_gib + flavor.ephemeral_gib, 0),
});

async function update(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const body = Update(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  const { status, maintenance_mode } = body.value;
  const enable = status?.toLowerCase() === 'enable';
  const reply = await ledger.submit((draft): Decision<HostRow, Refused> => {
    const found = find(draft, ask);
    if (found.is === 'no') return found;
    if (maintenance_mode !== undefined) return refuse(501, 'Hosts have no maintenance mode.');
    if (enable) enableHost(draft, found.value.name);
    else disableHost(draft, found.value.name, null);
    return found;
  });
  return answered(reply, ({ name }) =>
    json(200, { host: name, status: enable ? 'enabled' : 'disabled' }),
  );
}

async function power(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const found = await ledger.read((view) => find(view, ask));
  return answered(found, () => fault(501, 'Hosts cannot be switched on and off from here.'));
}

const who = 'admin' as const;
const to = 42;
const ONE = '/os-hosts/:name';
export const hostServiceRoutes: readonly ComputeRoute[] = [
  { method: 'GET', path: '/os-hosts', who, to, handle: list },
  { method: 'GET', path: ONE, who, to, handle: show },
  { method: 'PUT', path: ONE, who, to, handle: update },
  { method: 'GET', path: `${ONE}/startup`, who, to, handle: power },
  { method: 'GET', path: `${ONE}/shutdown`, who, to, handle: power },
  { method: 'GET', path: `${ONE}/reboot`, who, to, handle: power },
];
