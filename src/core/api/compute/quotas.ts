/**
 * Quotas and limits. Nothing is limited yet but by what the hosts have, and −1 is how the API says
 * so; what is in use is counted from the servers that are there.
 *
 *   2.36 network resources are gone · 2.39 image metadata · 2.57 files to inject
 */
import type { View } from '../../ledger/draft.ts';
import { serverGroups, servers } from '../../servers/rows.ts';
import { type HttpResponse, json } from '../http.ts';
import { lastOf } from '../query.ts';
import type { ComputeRooms } from './rooms.ts';
import { type Ask, type ComputeRoute, forbidden, isAdmin } from './route.ts';

const UNLIMITED = -1;

interface Use {
  readonly instances: number;
  readonly cores: number;
  readonly ram_mib: number;
  readonly groups: number;
}

function useOf(view: View, project: string): Use {
  const rows = view.rows(servers).by('project_id', project);
  const live = rows.filter((row) => row.vm_state !== 'deleted');
  return {
    instances: live.length,
    cores: live.reduce((sum, row) => sum + row.flavor.vcpus, 0),
    ram_mib: live.reduce((sum, row) => sum + row.flavor.memory_mib, 0),
    groups: view.rows(serverGroups).by('project_id', project).length,
  };
}

const resourcesOf = (version: number): readonly string[] => [
  ...['instances', 'cores', 'ram', 'metadata_items', 'key_pairs', 'server_groups'],
  'server_group_members',
  ...(version < 57
    ? ['injected_files', 'injected_file_content_bytes', 'injected_file_path_bytes']
    : []),
  ...(version < 36 ? ['fixed_ips', 'floating_ips', 'security_groups', 'security_group_rules'] : []),
];

/** One's own project, or any for operators. */
const mayAsk = ({ params, caller }: Ask): boolean =>
  params['project'] === caller.project_id || isAdmin(caller);

function show(ask: Ask): HttpResponse {
  if (!mayAsk(ask)) return forbidden();
  const limits = resourcesOf(ask.version).map((name) => [name, UNLIMITED] as const);
  return json(200, { quota_set: { id: ask.params['project'], ...Object.fromEntries(limits) } });
}

async function detail(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  if (!mayAsk(ask)) return forbidden();
  const { project = '' } = ask.params;
  const use = await ledger.read((view) => useOf(view, project));
  const used: Readonly<Record<string, number>> = {
    instances: use.instances,
    cores: use.cores,
    ram: use.ram_mib,
    server_groups: use.groups,
  };
  const about = resourcesOf(ask.version).map(
    (name) => [name, { limit: UNLIMITED, in_use: used[name] ?? 0, reserved: 0 }] as const,
  );
  return json(200, { quota_set: { id: project, ...Object.fromEntries(about) } });
}

async function limits(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const { caller, version } = ask;
  const asked = isAdmin(caller) ? lastOf(ask.query, 'tenant_id') : undefined;
  const use = await ledger.read((view) => useOf(view, asked ?? caller.project_id ?? ''));
  const absolute = {
    ...unlimited('maxTotalInstances', 'maxTotalCores', 'maxTotalRAMSize', 'maxTotalKeypairs'),
    ...unlimited('maxServerMeta', 'maxServerGroups', 'maxServerGroupMembers'),
    ...(version < 57 ? unlimited('maxPersonality', 'maxPersonalitySize') : {}),
    ...(version < 39 ? unlimited('maxImageMeta') : {}),
    ...(version < 36
      ? {
          ...unlimited('maxSecurityGroups', 'maxSecurityGroupRules', 'maxTotalFloatingIps'),
          totalSecurityGroupsUsed: 0,
          totalFloatingIpsUsed: 0,
        }
      : {}),
    totalInstancesUsed: use.instances,
    totalCoresUsed: use.cores,
    totalRAMUsed: use.ram_mib,
    totalServerGroupsUsed: use.groups,
  };
  return json(200, { limits: { rate: [], absolute } });
}

const unlimited = (...names: readonly string[]): Record<string, number> =>
  Object.fromEntries(names.map((name) => [name, UNLIMITED]));

export const quotaRoutes: readonly ComputeRoute[] = [
  { method: 'GET', path: '/limits', who: 'reader', handle: limits },
  { method: 'GET', path: '/os-quota-sets/:project', who: 'reader', handle: show },
  { method: 'GET', path: '/os-quota-sets/:project/detail', who: 'reader', handle: detail },
  { method: 'GET', path: '/os-quota-sets/:project/defaults', who: 'reader', handle: show },
];
