/**
 * Which servers a list shows: `?name=^web&status=ACTIVE&host=h1&all_tenants=1&changes-since=…`.
 *
 * Everybody sees their own project's; operators see all with `all_tenants`. Filters that only
 * operators may use are ignored for the rest, as Nova does. Servers here have no addresses, so a
 * filter by address finds none.
 *
 * Servers that are gone are shown to operators who ask for them, and to whoever asks what has
 * changed: a client that follows a list by `changes-since` learns so what to take away.
 */
import type { View } from '../../ledger/draft.ts';
import { type Decision, done } from '../../ports/reply.ts';
import { endedServers } from '../../servers/ended.ts';
import { reservationOf, type ServerRow, servers } from '../../servers/rows.ts';
import { lastOf, type Query } from '../query.ts';
import { type Refused, refuse } from '../refused.ts';
import { changedWithin } from './changed-within.ts';
import { patternOf } from './name-pattern.ts';
import { type Ask, isAdmin } from './route.ts';
import { KNOWN_STATUSES, statusOf } from './server-state.ts';
import { truthIn } from './shapes.ts';

export type Test = (row: ServerRow) => boolean;

/** The servers that the caller may see and did not say to leave out by project. */
export function inScope(view: View, ask: Ask): Iterable<ServerRow> {
  const project = projectOf(ask);
  const [there, gone] = [view.rows(servers), view.rows(endedServers)];
  const rows = project === null ? there.values() : there.by('project_id', project);
  const past = project === null ? gone.values() : gone.by('project_id', project);
  switch (lives(ask)) {
    case 'present':
      return rows;
    case 'past':
      return [...past].map(({ server }) => server);
    case 'both':
      return [...rows, ...[...past].map(({ server }) => server)];
  }
}

/** Null: every project's. */
function projectOf({ query, caller }: Ask): string | null {
  const all = truthIn(lastOf(query, 'all_tenants') ?? 'false') ?? true;
  if (!isAdmin(caller) || !all) return caller.project_id ?? '';
  return lastOf(query, 'project_id') ?? lastOf(query, 'tenant_id') ?? null;
}

/** Those that are there, those that are gone, or both. */
function lives({ query, caller }: Ask): 'present' | 'past' | 'both' {
  if (isAdmin(caller) && asksForDeleted(query)) return 'past';
  return query.has('changes-since') || query.has('changes-before') ? 'both' : 'present';
}

const asksForDeleted = (query: Query): boolean =>
  truthIn(lastOf(query, 'deleted') ?? 'false') === true || statusesOf(query).includes('DELETED');

const statusesOf = (query: Query): readonly string[] =>
  (query.get('status') ?? []).map((status) => status.toUpperCase());

export function testOf(ask: Ask): Decision<Test, Refused> {
  const { query, caller, version } = ask;
  if (truthIn(lastOf(query, 'all_tenants') ?? 'false') === true && !isAdmin(caller)) {
    return refuse(403, "Policy doesn't allow all_tenants with your roles.");
  }
  if (statusesOf(query).includes('DELETED') && !isAdmin(caller)) {
    return refuse(403, 'Only administrators may list deleted instances');
  }
  const all = lastOf(query, 'all_tenants') ?? '';
  if (all !== '' && truthIn(all) === null) return refuse(400, `Invalid all_tenants: ${all}`);
  const within = changedWithin(ask, 1);
  if (within.is === 'no') return within;
  const tests: Test[] = [(row) => within.value(row.updated_at_ms)];
  for (const [name, values] of query) {
    const maker = makerOf(name, ask);
    if (maker === undefined) {
      if (version >= 75 && !known.has(name) && !name.startsWith('_')) {
        return refuse(400, `Additional properties are not allowed ('${name}' was unexpected)`);
      }
      continue;
    }
    const test = maker(values, version);
    if (test.is === 'no') return test;
    tests.push(test.value);
  }
  const away = asksForSoftDeleted(query);
  return done(
    (row) => (away || row.vm_state !== 'soft-delete') && tests.every((test) => test(row)),
  );
}

/** What can still be restored is shown to whoever asks for it by name. */
const asksForSoftDeleted = (query: Query): boolean =>
  statusesOf(query).includes('SOFT_DELETED') ||
  (query.get('vm_state') ?? []).includes('soft-delete') ||
  query.has('changes-since');

type Maker = (values: readonly string[], version: number) => Decision<Test, Refused>;

const equal =
  (of: (row: ServerRow) => string | null): Maker =>
  (values) =>
    done((row) => values.includes(of(row) ?? ''));

const matching =
  (of: (row: ServerRow) => string): Maker =>
  (values) => {
    const pattern = patternOf(values.at(-1) ?? '');
    return pattern.is === 'no' ? pattern : done((row) => pattern.value.test(of(row)));
  };

/** Asked once for both, since they bear on each other. */
const changed: Maker = () => done(() => true);

const tagged =
  (holds: (row: ServerRow, tags: readonly string[]) => boolean): Maker =>
  (values) => {
    const tags = (values.at(-1) ?? '').split(',');
    return done((row) => holds(row, tags));
  };

const status: Maker = (values, version) => {
  const wanted = values.map((value) => value.toUpperCase());
  if (wanted.some((value) => !KNOWN_STATUSES.has(value)) && version >= 38) {
    return refuse(400, 'Invalid status value');
  }
  return done((row) => wanted.includes(statusOf(row)));
};

const locked: Maker = (values) => {
  const wanted = truthIn(values.at(-1) ?? '');
  if (wanted === null) return refuse(400, `Invalid locked value: ${values.at(-1)}`);
  return done((row) => (row.lock !== null) === wanted);
};

const none: Maker = () => done(() => false);

const forAll: Readonly<Record<string, Maker>> = {
  name: matching((row) => row.name),
  display_name: matching((row) => row.name),
  status,
  flavor: equal((row) => row.flavor.id),
  image: equal((row) => row.image_id),
  uuid: equal((row) => row.uuid),
  reservation_id: equal(reservationOf),
  'changes-since': changed,
  'changes-before': changed,
  ip: none,
  ip6: none,
};

const forOperators: Readonly<Record<string, Maker>> = {
  host: equal((row) => row.host),
  node: equal((row) => row.host),
  user_id: equal((row) => row.user_id),
  vm_state: equal((row) => row.vm_state),
  task_state: equal((row) => row.task_state),
};

/** For operators, and from 2.83 on for everybody. */
const from83: Readonly<Record<string, Maker>> = {
  availability_zone: equal((row) => row.availability_zone),
  key_name: equal((row) => row.key_name),
  description: matching((row) => row.description ?? ''),
  display_description: matching((row) => row.description ?? ''),
  image_ref: equal((row) => row.image_id),
};

const from26: Readonly<Record<string, Maker>> = {
  tags: tagged((row, tags) => tags.every((tag) => row.tags.includes(tag))),
  'tags-any': tagged((row, tags) => tags.some((tag) => row.tags.includes(tag))),
  'not-tags': tagged((row, tags) => !tags.every((tag) => row.tags.includes(tag))),
  'not-tags-any': tagged((row, tags) => !tags.some((tag) => row.tags.includes(tag))),
};

function makerOf(name: string, { caller, version }: Ask): Maker | undefined {
  const operator = isAdmin(caller);
  const groups = [
    forAll,
    ...(operator ? [forOperators] : []),
    ...(operator || version >= 83 ? [from83] : []),
    ...(version >= 26 ? [from26] : []),
    ...(version >= 73 ? [{ locked }] : []),
  ];
  const group = groups.find((makers) => Object.hasOwn(makers, name));
  return group?.[name as keyof typeof group];
}

/** Names that are no filter of ours but may be sent: pages, scope, and what finds all of ours. */
const known: ReadonlySet<string> = new Set([
  ...['limit', 'marker', 'sort_key', 'sort_dir', 'all_tenants', 'deleted', 'project_id'],
  ...['tenant_id', 'soft_deleted', 'config_drive', 'hostname', 'progress'],
  ...['power_state', 'created_at', 'launched_at', 'terminated_at', 'launch_index', 'kernel_id'],
  ...['ramdisk_id', 'root_device_name', 'access_ip_v4', 'access_ip_v6', 'auto_disk_config'],
  ...['locked_by', 'metadata', 'system_metadata', 'security_groups', 'services', 'tags'],
  ...['block_device_mapping', 'info_cache', 'pci_devices'],
  ...[forAll, forOperators, from83, from26].flatMap((makers) => Object.keys(makers)),
]);
