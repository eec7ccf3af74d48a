/**
 * `/extensions`: the parts of the API by the aliases that they had when they could be left out.
 * Old clients look here for what a cloud can do; only what is served is listed.
 */
import { type HttpResponse, json } from '../http.ts';
import { fault } from './faults.ts';
import type { Ask, ComputeRoute } from './route.ts';

/** Alias, name, and what it is about. */
const parts: readonly (readonly [string, string, string])[] = [
  ['OS-DCF', 'DiskConfig', 'how a disk is partitioned, as asked'],
  ['OS-EXT-AZ', 'ExtendedAvailabilityZone', 'the zone that a server is in'],
  ['OS-EXT-IMG-SIZE', 'ImageSize', 'the size of an image'],
  ['OS-EXT-SRV-ATTR', 'ExtendedServerAttributes', 'a server as its operators see it'],
  ['OS-EXT-STS', 'ExtendedStatus', 'the state, task and power of a server'],
  ['OS-FLV-DISABLED', 'FlavorDisabled', 'whether a flavor is disabled'],
  ['OS-FLV-EXT-DATA', 'FlavorExtraData', 'the ephemeral disk of a flavor'],
  ['OS-SCH-HNT', 'SchedulerHints', 'hints to the scheduler'],
  ['OS-SRV-USG', 'ServerUsage', 'when a server was launched and ended'],
  ['extensions', 'Extensions', 'this list'],
  ['flavors', 'Flavors', 'flavors'],
  ['image-metadata', 'ImageMetadata', 'metadata of images'],
  ['images', 'Images', 'images'],
  ['ips', 'Ips', 'addresses of a server'],
  ['limits', 'Limits', 'limits of a project'],
  ['os-access-ips', 'AccessIPs', 'addresses that an owner names'],
  ['os-admin-actions', 'AdminActions', 'acts of operators on servers'],
  ['os-aggregates', 'Aggregates', 'aggregates of hosts'],
  ['os-attach-interfaces', 'AttachInterfaces', 'ports of a server'],
  ['os-availability-zone', 'AvailabilityZone', 'availability zones'],
  ['os-config-drive', 'ConfigDrive', 'whether a server has a config drive'],
  ['os-console-output', 'ConsoleOutput', 'what a guest wrote to its console'],
  ['os-consoles', 'Consoles', 'consoles of servers'],
  ['os-extended-volumes', 'ExtendedVolumes', 'volumes of a server'],
  ['os-flavor-access', 'FlavorAccess', 'which projects may use a flavor'],
  ['os-flavor-extra-specs', 'FlavorExtraSpecs', 'extra specs of flavors'],
  ['os-flavor-manage', 'FlavorManage', 'making and removing flavors'],
  ['os-flavor-rxtx', 'FlavorRxtx', 'the bandwidth factor of a flavor'],
  ['os-hosts', 'Hosts', 'hosts'],
  ['os-hypervisors', 'Hypervisors', 'hypervisors'],
  ['os-instance-actions', 'InstanceActions', 'what was done to a server'],
  ['os-instance_usage_audit_log', 'OSInstanceUsageAuditLog', 'the log of usage audits'],
  ['os-keypairs', 'Keypairs', 'key pairs'],
  ['os-lock-server', 'LockServer', 'locking of servers'],
  ['os-migrate-server', 'MigrateServer', 'migration of servers'],
  ['os-migrations', 'Migrations', 'a list of migrations'],
  ['os-multiple-create', 'MultipleCreate', 'several servers by one request'],
  ['os-pause-server', 'PauseServer', 'pausing of servers'],
  ['os-quota-class-sets', 'QuotaClasses', 'quotas for everybody'],
  ['os-quota-sets', 'Quotas', 'quotas of projects and users'],
  ['os-security-groups', 'SecurityGroups', 'security groups of a server'],
  ['os-server-diagnostics', 'ServerDiagnostics', 'diagnostics of a server'],
  ['os-server-groups', 'ServerGroups', 'groups of servers'],
  ['os-server-password', 'ServerPassword', 'the password that a guest has set'],
  ['os-services', 'Services', 'compute services'],
  ['os-simple-tenant-usage', 'SimpleTenantUsage', 'what projects have used over a time'],
  ['os-suspend-server', 'SuspendServer', 'suspending of servers'],
  ['os-used-limits', 'UsedLimits', 'what is used of the limits'],
  ['server-metadata', 'ServerMetadata', 'metadata of servers'],
  ['server-migrations', 'ServerMigrations', 'migrations of one server'],
  ['servers', 'Servers', 'servers'],
  ['versions', 'Versions', 'versions of this API'],
];

const view = ([alias, name, about]: (typeof parts)[number]) => ({
  alias,
  name,
  description: `For ${about}.`,
  namespace: 'http://docs.openstack.org/compute/ext/fake_xml',
  updated: '2014-12-03T00:00:00Z',
  links: [],
});

const list = (): HttpResponse => json(200, { extensions: parts.map(view) });

function show({ params }: Ask): HttpResponse {
  const found = parts.find(([alias]) => alias === params['alias']);
  if (found === undefined) return fault(404, `There is no extension ${params['alias']}.`);
  return json(200, { extension: view(found) });
}

export const extensionRoutes: readonly ComputeRoute[] = [
  { method: 'GET', path: '/extensions', who: 'reader', handle: list },
  { method: 'GET', path: '/extensions/:alias', who: 'reader', handle: show },
];
