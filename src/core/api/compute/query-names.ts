/**
 * Which names a query may have. Most routes took any name and went by those that they knew; from
 * some version on, 2.75 for most, a name that means nothing is refused, so that a slip of the pen
 * is not an answer to another question.
 *
 * Lists of servers have a table of their own, with the meaning of each (server-filter.ts).
 */
import type { Query } from '../query.ts';
import type { ComputeRoute } from './route.ts';

interface Names {
  /** The first version at which another name is refused. */
  readonly from: number;
  readonly names: readonly string[];
  /** Names that came later, by the version that brought them. */
  readonly later?: readonly (readonly [number, ...string[]])[];
}

const page = ['limit', 'marker'];
const sizes = ['is_public', 'minDisk', 'minRam', 'sort_dir', 'sort_key'];
const hypervisors = ['hypervisor_hostname_pattern', 'with_servers', ...page];
const moves = ['hidden', 'host', 'instance_uuid', 'migration_type', 'source_compute', 'status'];

const strict: Readonly<Record<string, Names>> = {
  'GET /flavors': { from: 75, names: [...sizes, ...page] },
  'GET /flavors/detail': { from: 75, names: [...sizes, ...page] },
  'GET /limits': { from: 75, names: ['tenant_id'] },
  'DELETE /os-assisted-volume-snapshots/:id': { from: 75, names: ['delete_info'] },
  'GET /os-hypervisors': { from: 53, names: hypervisors },
  'GET /os-hypervisors/detail': { from: 53, names: hypervisors },
  'GET /os-hypervisors/:id': { from: 53, names: ['with_servers'] },
  'GET /os-keypairs': { from: 75, names: ['user_id', ...page] },
  'GET /os-keypairs/:name': { from: 75, names: ['user_id'] },
  'DELETE /os-keypairs/:name': { from: 75, names: ['user_id'] },
  'GET /os-migrations': {
    from: 59,
    names: ['changes-since', ...moves, ...page],
    later: [
      [66, 'changes-before'],
      [80, 'user_id', 'project_id'],
    ],
  },
  'GET /os-quota-sets/:project': { from: 75, names: ['user_id'] },
  'PUT /os-quota-sets/:project': { from: 75, names: ['user_id'] },
  'DELETE /os-quota-sets/:project': { from: 75, names: ['user_id'] },
  'GET /os-quota-sets/:project/detail': { from: 75, names: ['user_id'] },
  'GET /os-server-groups': { from: 75, names: ['all_projects', 'limit', 'offset'] },
  'GET /os-services': { from: 75, names: ['binary', 'host'] },
  'GET /os-simple-tenant-usage': { from: 75, names: ['detailed', 'end', 'start', ...page] },
  'GET /os-simple-tenant-usage/:project': { from: 75, names: ['end', 'start', ...page] },
  'GET /servers/:id/os-instance-actions': {
    from: 58,
    names: ['changes-since', ...page],
    later: [[66, 'changes-before']],
  },
  'GET /servers/:id/os-volume_attachments': { from: 75, names: ['limit', 'offset'] },
};

/** The first name that this route does not know at this version; null: it knows them all. */
export function strayName(
  { method, path }: Pick<ComputeRoute, 'method' | 'path'>,
  version: number,
  query: Query,
): string | null {
  const known = strict[`${method} ${path}`];
  if (known === undefined || query.size === 0 || version < known.from) return null;
  const { names, later = [] } = known;
  const came = later.flatMap(([from, ...more]) => (version >= from ? more : []));
  return [...query.keys()].find((name) => !names.includes(name) && !came.includes(name)) ?? null;
}
