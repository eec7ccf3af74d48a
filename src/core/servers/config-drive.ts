/**
 * What a server reads of itself on its config drive, in the layout that cloud-init and its like
 * know: from the server's row alone, so that whichever host makes the drive makes the same one.
 *
 *   openstack/latest/   meta_data.json  network_data.json  vendor_data.json  user_data
 *   openstack/content/  NNNN            the files that its owner sent along
 *   ec2/latest/         meta-data.json  user-data
 */
import type { DriveFile } from '../ports/order.ts';
import { hostnameOf, type Particulars, particularsOf } from './particulars.ts';
import type { ServerRow } from './rows.ts';

/** Undefined: it has none. */
export function driveOf(row: ServerRow): readonly DriveFile[] | undefined {
  const said = particularsOf(row);
  if (!said.config_drive) return undefined;
  const { files = [], user_data } = said;
  const json = (path: string, value: object) => ({ path, text: JSON.stringify(value) });
  const userData = (path: string) => (user_data === null ? [] : [{ path, base64: user_data }]);
  return [
    json('openstack/latest/meta_data.json', metadataOf(row, said)),
    json('openstack/latest/network_data.json', { links: [], networks: [], services: [] }),
    json('openstack/latest/vendor_data.json', {}),
    ...userData('openstack/latest/user_data'),
    ...files.map(({ contents }, at) => ({ path: `openstack${contentAt(at)}`, base64: contents })),
    json('ec2/latest/meta-data.json', ec2Of(row, said)),
    ...userData('ec2/latest/user-data'),
  ];
}

const contentAt = (place: number): string => `/content/${String(place).padStart(4, '0')}`;
/** Where nobody named one. */
const ZONE = 'nova';

function metadataOf(row: ServerRow, { files = [], public_key = null }: Particulars): object {
  const { uuid, name, project_id, metadata: meta, key_name } = row;
  const keyed = key_name !== null && public_key !== null;
  return {
    ...{ uuid, name, hostname: hostnameOf(row), project_id, meta },
    ...{ availability_zone: row.availability_zone ?? ZONE, launch_index: 0, devices: [] },
    ...(keyed && { public_keys: { [key_name]: public_key } }),
    ...(keyed && { keys: [{ name: key_name, type: 'ssh', data: public_key }] }),
    ...(files.length > 0 && {
      files: files.map(({ path }, at) => ({ path, content_path: contentAt(at) })),
    }),
  };
}

function ec2Of(row: ServerRow, { public_key = null }: Particulars): object {
  const hostname = hostnameOf(row);
  return {
    ...{ 'instance-id': row.uuid, hostname, 'local-hostname': hostname },
    ...{ 'instance-type': row.flavor.name, 'ami-launch-index': 0 },
    placement: { 'availability-zone': row.availability_zone ?? ZONE },
    ...(public_key !== null && { 'public-keys': { 0: { 'openssh-key': public_key } } }),
  };
}
