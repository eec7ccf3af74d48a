/**
 * Limits: a project's quotas with what it uses of them, under the names that clients print.
 *
 *   2.36 network resources are gone · 2.39 image metadata · 2.57 files to inject
 */
import { useOf } from '../../servers/quota.ts';
import { limitsOf, type Resource } from '../../servers/quota-rows.ts';
import { type HttpResponse, json } from '../http.ts';
import { lastOf } from '../query.ts';
import type { ComputeRooms } from './rooms.ts';
import { type Ask, type ComputeRoute, forbidden, isAdmin } from './route.ts';

/** Name, resource, and the first version that no longer has it. */
const names: readonly (readonly [string, Resource, number])[] = [
  ['maxTotalInstances', 'instances', Infinity],
  ['maxTotalCores', 'cores', Infinity],
  ['maxTotalRAMSize', 'ram', Infinity],
  ['maxTotalKeypairs', 'key_pairs', Infinity],
  ['maxServerMeta', 'metadata_items', Infinity],
  ['maxServerGroups', 'server_groups', Infinity],
  ['maxServerGroupMembers', 'server_group_members', Infinity],
  ['maxPersonality', 'injected_files', 57],
  ['maxPersonalitySize', 'injected_file_content_bytes', 57],
  ['maxImageMeta', 'metadata_items', 39],
  ['maxSecurityGroups', 'security_groups', 36],
  ['maxSecurityGroupRules', 'security_group_rules', 36],
  ['maxTotalFloatingIps', 'floating_ips', 36],
];

async function limits(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const { caller, version, query } = ask;
  const own = caller.project_id ?? '';
  const project = lastOf(query, 'tenant_id') ?? own;
  if (project !== own && !isAdmin(caller)) return forbidden();
  const { use, most } = await ledger.read((view) => {
    return { use: useOf(view, project), most: limitsOf(view, project) };
  });
  const there = names.filter(([, , gone]) => version < gone);
  const absolute = {
    ...Object.fromEntries(there.map(([name, resource]) => [name, most[resource]])),
    ...(version < 36 ? { totalSecurityGroupsUsed: 0, totalFloatingIpsUsed: 0 } : {}),
    totalInstancesUsed: use.instances,
    totalCoresUsed: use.cores,
    totalRAMUsed: use.ram,
    totalServerGroupsUsed: use.server_groups,
  };
  return json(200, { limits: { rate: [], absolute } });
}

export const limitRoutes: readonly ComputeRoute[] = [
  { method: 'GET', path: '/limits', who: 'reader', handle: limits },
];
