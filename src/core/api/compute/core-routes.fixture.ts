/**
 * What of the Compute API must be served, and from which microversion to which. An id in braces is
 * of something that a test made; whatever is named so is there.
 */
import type { Method } from '../../../sim/compute-client.ts';

export interface CoreRoute {
  readonly method: Method;
  readonly path: string;
  readonly from?: number;
  /** The last that has it. */
  readonly to?: number;
}

const paths: readonly string[] = [
  'GET /servers',
  'POST /servers',
  'GET /servers/detail',
  'GET /servers/{server}',
  'PUT /servers/{server}',
  'GET /servers/{server}/migrations 23',
  'GET /servers/{server}/os-instance-actions',
  'GET /servers/{server}/os-instance-actions/{request}',
  'GET /servers/{server}/topology 78',
  'GET /servers/{server}/diagnostics',
  'GET /servers/{server}/metadata',
  'POST /servers/{server}/metadata',
  'PUT /servers/{server}/metadata',
  'PUT /servers/{server}/metadata/colour',
  'GET /servers/{server}/metadata/colour',
  'DELETE /servers/{server}/metadata/colour',
  'GET /servers/{server}/tags 26',
  'PUT /servers/{server}/tags 26',
  'PUT /servers/{server}/tags/red 26',
  'GET /servers/{server}/tags/red 26',
  'DELETE /servers/{server}/tags/red 26',
  'DELETE /servers/{server}/tags 26',
  'GET /servers/{server}/ips',
  'GET /servers/{server}/os-interface',
  'POST /servers/{server}/os-interface',
  'GET /servers/{server}/os-volume_attachments',
  'POST /servers/{server}/os-volume_attachments',
  'POST /servers/{server}/remote-consoles 6',
  'GET /servers/{server}/os-server-password',
  'DELETE /servers/{server}/os-server-password',
  'GET /servers/{server}/os-security-groups',
  'GET /flavors',
  'POST /flavors',
  'GET /flavors/detail',
  'GET /flavors/{flavor}',
  'PUT /flavors/{flavor} 55',
  'POST /flavors/{private}/action',
  'GET /flavors/{private}/os-flavor-access',
  'GET /flavors/{flavor}/os-extra_specs',
  'POST /flavors/{flavor}/os-extra_specs',
  'PUT /flavors/{flavor}/os-extra_specs/hw:x',
  'GET /os-aggregates',
  'POST /os-aggregates',
  'GET /os-aggregates/{aggregate}',
  'PUT /os-aggregates/{aggregate}',
  'POST /os-aggregates/{aggregate}/action',
  'POST /os-aggregates/{aggregate}/images 81',
  'GET /os-availability-zone',
  'GET /os-availability-zone/detail',
  'GET /os-hypervisors',
  'GET /os-hypervisors/detail',
  'GET /os-hypervisors/{hypervisor}',
  'GET /os-hypervisors/h/search -52',
  'GET /os-hypervisors/h/servers -52',
  'GET /os-hypervisors/statistics -87',
  'GET /os-hypervisors/{hypervisor}/uptime -87',
  'GET /os-services',
  'PUT /os-services/{service}',
  'GET /os-server-groups',
  'POST /os-server-groups',
  'GET /os-server-groups/{group}',
  'GET /os-migrations',
  'GET /os-keypairs',
  'POST /os-keypairs',
  'GET /os-keypairs/{key}',
  'GET /limits',
  'GET /os-quota-sets/{project}',
  'PUT /os-quota-sets/{project}',
  'DELETE /os-quota-sets/{project}',
  'GET /os-quota-sets/{project}/detail',
  'GET /os-quota-sets/{project}/defaults',
  'GET /os-quota-class-sets/default',
  'PUT /os-quota-class-sets/default',
  'POST /os-server-external-events',
  'GET /os-simple-tenant-usage',
  'GET /os-simple-tenant-usage/{project}',
  'GET /os-instance_usage_audit_log',
  'GET /os-instance_usage_audit_log/2024-01-01%2000:00:00',
  'POST /os-assisted-volume-snapshots',
  'GET /os-console-auth-tokens/nobodys',
  'GET /extensions',
  'GET /extensions/os-aggregates',
  'GET /',
];

const line = /^(?<method>[A-Z]+) (?<path>\S+)(?: (?<from>\d*)(?:-(?<to>\d+))?)?$/;

export const coreRoutes: readonly CoreRoute[] = paths.map((text) => {
  const { method = '', path = '', from = '', to = '' } = line.exec(text)?.groups ?? {};
  return {
    method: method as Method,
    path,
    ...(from !== '' && { from: Number(from) }),
    ...(to !== '' && { to: Number(to) }),
  };
});

interface CoreAction {
  readonly body: Readonly<Record<string, unknown>>;
  readonly from?: number;
  readonly to?: number;
}

const live = { host: null, block_migration: false, disk_over_commit: false };
/** With the body that says least. Whatever they answer, it is not that there is no such action. */
export const coreActions: readonly CoreAction[] = [
  ...['os-start', 'os-stop', 'pause', 'unpause', 'suspend', 'resume', 'lock', 'unlock'].map(bare),
  ...['confirmResize', 'revertResize', 'migrate', 'shelve', 'shelveOffload', 'unshelve'].map(bare),
  ...['rescue', 'unrescue', 'restore', 'injectNetworkInfo'].map(bare),
  { body: { reboot: { type: 'SOFT' } } },
  { body: { resize: { flavorRef: '{private}' } } },
  { body: { 'os-migrateLive': live }, to: 24 },
  { body: { 'os-migrateLive': { host: null, block_migration: 'auto' } }, from: 25 },
  { body: { evacuate: { onSharedStorage: false } }, to: 13 },
  { body: { evacuate: {} }, from: 14 },
  { body: { rebuild: { imageRef: '{image}' } } },
  { body: { createImage: { name: 'image' } } },
  { body: { createBackup: { name: 'backup', backup_type: 'daily', rotation: 1 } } },
  { body: { 'os-resetState': { state: 'active' } } },
  { body: { trigger_crash_dump: null }, from: 17 },
  { body: { changePassword: { adminPass: 'secret' } } },
  { body: { 'os-getConsoleOutput': {} } },
  { ...bare('forceDelete'), from: 96 }, // once: nothing is left of it
];

function bare(name: string): CoreAction {
  return { body: { [name]: null } };
}
