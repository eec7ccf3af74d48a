/**
 * Servers as the compute API shows them. The view is a stack: each microversion puts its fields on
 * those before it, and some are for operators alone.
 *
 *   2.1 the base · 2.3 more for operators · 2.9 locked · 2.16 host_status · 2.19 description
 *   2.26 tags · 2.47 embedded flavor · 2.63 certificates · 2.71 server_groups (one server only)
 *   2.73 locked_reason · 2.90 hostname for all · 2.96 pinned zone
 */
import { type HostRow, hosts } from '../../fleet/rows.ts';
import { isUp } from '../../fleet/status.ts';
import type { View } from '../../ledger/draft.ts';
import type { Digests } from '../../ports/passwords.ts';
import { hostnameOf, particularsOf } from '../../servers/particulars.ts';
import { resizes } from '../../servers/resizes.ts';
import { reservationOf, type ServerRow, type VmState } from '../../servers/rows.ts';
import { micros, seconds } from '../times.ts';
import { flavorOfServer } from './flavor-view.ts';
import { type Ask, isAdmin, linksOf } from './route.ts';
import { powerOf, progressOf, statusOf } from './server-state.ts';

/** A server with what else its view needs. */
export interface Shown {
  readonly row: ServerRow;
  readonly host: HostRow | undefined;
  /** What it was before it was resized, and is still but for its name. */
  readonly was: VmState | undefined;
}

export const shownOf = (view: View, row: ServerRow): Shown => ({
  row,
  host: row.host === null ? undefined : view.rows(hosts).get(row.host),
  was: view.rows(resizes).get(row.uuid)?.was,
});

export const serverBrief = (row: ServerRow, ask: Ask) => ({
  id: row.uuid,
  name: row.name,
  links: linksOf(ask, `servers/${row.uuid}`),
});

/** All that `show` and `detail` tell. */
export const serverView = (shown: Shown, ask: Ask, digests: Digests) => ({
  ...serverCore(shown, ask, digests),
  ...extended(shown),
  ...(ask.version >= 90 ? { 'OS-EXT-SRV-ATTR:hostname': hostnameOf(shown.row) } : {}),
  ...(ask.version >= 96 ? { pinned_availability_zone: shown.row.availability_zone } : {}),
  ...(isAdmin(ask.caller) ? forOperators(shown, ask) : {}),
});

/** The part that the answer to an update has had since the beginning. */
export const serverCore = ({ row }: Shown, ask: Ask, digests: Digests) => ({
  id: row.uuid,
  name: row.name,
  status: statusOf(row),
  tenant_id: row.project_id,
  user_id: row.user_id,
  metadata: row.metadata,
  hostId: hostIdOf(row, digests),
  image: imageOf(row, ask),
  flavor: flavorOfServer(row.flavor, ask),
  created: seconds(row.created_at_ms),
  updated: seconds(row.updated_at_ms),
  addresses: {},
  accessIPv4: particularsOf(row).access_ipv4,
  accessIPv6: particularsOf(row).access_ipv6,
  links: linksOf(ask, `servers/${row.uuid}`),
  'OS-DCF:diskConfig': particularsOf(row).disk_config,
  ...progressOf(row),
  ...faultOf(row, ask),
  ...(ask.version >= 9 ? { locked: row.lock !== null } : {}),
  ...(ask.version >= 19 ? { description: row.description } : {}),
  ...(ask.version >= 26 ? { tags: row.tags } : {}),
  ...(ask.version >= 63 ? { trusted_image_certificates: null } : {}),
  ...(ask.version >= 73 ? { locked_reason: row.lock?.reason ?? null } : {}),
});

const extended = ({ row, host, was }: Shown) => ({
  'OS-EXT-AZ:availability_zone': host?.availability_zone ?? row.availability_zone ?? '',
  'OS-EXT-STS:power_state': powerOf(row, was),
  'OS-EXT-STS:task_state': row.task_state,
  'OS-EXT-STS:vm_state': row.vm_state,
  'OS-SRV-USG:launched_at': row.launched_at_ms === null ? null : micros(row.launched_at_ms),
  'OS-SRV-USG:terminated_at': row.vm_state === 'deleted' ? micros(row.updated_at_ms) : null,
  'os-extended-volumes:volumes_attached': [],
  config_drive: particularsOf(row).config_drive ? 'True' : '',
  key_name: row.key_name,
});

const forOperators = ({ row, host }: Shown, { version }: Ask) => ({
  'OS-EXT-SRV-ATTR:host': row.host,
  'OS-EXT-SRV-ATTR:hypervisor_hostname': row.host,
  'OS-EXT-SRV-ATTR:instance_name': `instance-${row.uuid.slice(-8)}`,
  ...(version >= 3
    ? {
        'OS-EXT-SRV-ATTR:hostname': hostnameOf(row),
        'OS-EXT-SRV-ATTR:kernel_id': '',
        'OS-EXT-SRV-ATTR:ramdisk_id': '',
        'OS-EXT-SRV-ATTR:launch_index': 0,
        'OS-EXT-SRV-ATTR:reservation_id': reservationOf(row),
        'OS-EXT-SRV-ATTR:root_device_name': row.host === null ? null : '/dev/vda',
        'OS-EXT-SRV-ATTR:user_data': particularsOf(row).user_data,
      }
    : {}),
  ...(version >= 16 ? { host_status: hostStatus(host) } : {}),
});

function hostStatus(host: HostRow | undefined): string {
  if (host === undefined) return '';
  if (!isUp(host)) return 'DOWN';
  return host.status === 'disabled' ? 'MAINTENANCE' : 'UP';
}

function hostIdOf({ host, project_id }: ServerRow, digests: Digests): string {
  return host === null ? '' : digests.digest(`${project_id} ${host}`).slice(0, 56);
}

const imageOf = ({ image_id }: ServerRow, ask: Ask) =>
  image_id === null ? '' : { id: image_id, links: linksOf(ask, `images/${image_id}`).slice(1) };

/** Only while it is in error; the details, which may name hosts, only for operators. */
function faultOf({ vm_state, fault }: ServerRow, { caller }: Ask) {
  if (vm_state !== 'error' || fault === null) return {};
  const { code, message, created_at_ms, explanation_id } = fault;
  const details =
    isAdmin(caller) && explanation_id !== null
      ? { details: `plimsoll explain ${explanation_id}` }
      : {};
  return { fault: { code, message, created: seconds(created_at_ms), ...details } };
}
