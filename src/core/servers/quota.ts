/**
 * Quotas: how much a project may have, and whether more would be too much.
 *
 *   limits ─┐
 *   use ────┼─► what would be over ─► refused        asked inside the ledger request that creates
 *   need ───┘
 *
 * Use is counted from the servers that are there, in the very request that makes more of them. So
 * there is nothing to reserve and nothing to forget, and requests that come at once see each other.
 *
 *   Q1  no request brings a project, or a user of it, over a limit; what an operator lowers below
 *       the use only shuts the door;
 *   Q2  a server counts until its row is gone; its cores and memory do not once it has failed and
 *       is on no host, or while it is shelved off its host, since it holds none;
 *   Q3  one that is being resized counts with the larger of both flavors until that is confirmed or
 *       reverted, so that neither can be refused.
 */
import { keyOf } from '../base/table.ts';
import { assert, present } from '../base/units.ts';
import type { View } from '../ledger/draft.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import { type Limits, limitsOf, quotas, type Resource, UNLIMITED } from './quota-rows.ts';
import { resizes } from './resizes.ts';
import { type FlavorRow, type ServerRow, serverGroups, servers } from './rows.ts';

/** What is counted of a project, in the resources' own units. */
export type Use = Readonly<Record<'instances' | 'cores' | 'ram' | 'server_groups', number>>;

/** Would be over: asked for so much more, where so much of the limit is in use. */
export interface Overrun {
  readonly resource: Resource;
  readonly asked: number;
  readonly used: number;
  readonly limit: number;
}

export interface OverQuota {
  readonly why: 'over-quota';
  readonly over: readonly Overrun[];
}

/** What a request for a server says that bears on quotas. */
export interface Asked {
  readonly project_id: string;
  readonly user_id: string;
  readonly flavor: Pick<FlavorRow, 'vcpus' | 'memory_mib'>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly group_uuid: string | null;
}

/** What a project uses; or what one of its users does. */
export function useOf(view: View, project_id: string, user_id: string | null = null): Use {
  const theirs = (row: { readonly user_id: string }) => user_id === null || row.user_id === user_id;
  const rows = view.rows(servers).by('project_id', project_id).filter(theirs);
  const holding = rows.filter(holds);
  return {
    instances: rows.length,
    cores: holding.reduce((sum, row) => sum + sizeOf(view, row).vcpus, 0),
    ram: holding.reduce((sum, row) => sum + sizeOf(view, row).memory_mib, 0),
    server_groups: view.rows(serverGroups).by('project_id', project_id).filter(theirs).length,
  };
}

/** Q2 */
const holds = ({ vm_state, host, task_state }: ServerRow): boolean => {
  if (host !== null) return true;
  if (vm_state === 'shelved_offloaded') return task_state === 'unshelving';
  return vm_state !== 'error';
};

/** What would be over if a server that is on no host took one again; null: nothing. */
export function roomAgain(view: View, server: ServerRow): OverQuota | null {
  const need = { cores: server.flavor.vcpus, ram: server.flavor.memory_mib };
  const over = scopesOf(view, server).flatMap((scope) => overrunsOf(scope, need));
  return over.length === 0 ? null : { why: 'over-quota', over };
}

/** Q3 */
function sizeOf(view: View, { uuid, flavor }: ServerRow): Asked['flavor'] {
  const move = view.rows(resizes).get(uuid);
  return move === undefined ? flavor : larger(move.flavor_before, move.flavor_after);
}

const larger = (one: Asked['flavor'], other: Asked['flavor']): Asked['flavor'] => ({
  vcpus: Math.max(one.vcpus, other.vcpus),
  memory_mib: Math.max(one.memory_mib, other.memory_mib),
});

/** What would be over if the server might have that flavor as well as its own; null: nothing. */
export function roomToGrow(view: View, server: ServerRow, flavor: FlavorRow): OverQuota | null {
  const { vcpus, memory_mib } = larger(server.flavor, flavor);
  const need = { cores: vcpus - server.flavor.vcpus, ram: memory_mib - server.flavor.memory_mib };
  const over = scopesOf(view, server).flatMap((scope) => overrunsOf(scope, need));
  return over.length === 0 ? null : { why: 'over-quota', over };
}

/** How many of the servers may be made, from the first on: all, or at least so many, or why not. */
export function admitted(
  view: View,
  asks: readonly Asked[],
  least: number,
): Decision<number, OverQuota> {
  const first = present(asks[0], 'nobody asks for a server');
  assert(
    asks.every((ask) => ask.project_id === first.project_id && ask.user_id === first.user_id),
    'one request, one owner',
  );
  const scopes = scopesOf(view, first);
  let need = nothing;
  for (const [at, ask] of asks.entries()) {
    need = plus(need, ask);
    const over = [
      ...scopes.flatMap((scope) => overrunsOf(scope, need)),
      ...tooManyItems(view, ask),
    ];
    if (over.length > 0 && at >= least) return done(at);
    if (over.length > 0) return no({ why: 'over-quota', over });
  }
  return done(asks.length);
}

type Need = Readonly<Partial<Record<Resource, number>>>;
interface Scope {
  readonly limits: Limits;
  readonly used: Need;
}

const nothing: Need = {};
const plus = (need: Need, { flavor, group_uuid }: Asked): Need => ({
  instances: (need.instances ?? 0) + 1,
  cores: (need.cores ?? 0) + flavor.vcpus,
  ram: (need.ram ?? 0) + flavor.memory_mib,
  ...(group_uuid === null ? {} : { server_group_members: (need.server_group_members ?? 0) + 1 }),
});

/** The project, and the user where an operator has said something about that one. */
function scopesOf(view: View, { project_id, user_id, group_uuid }: Asked): Scope[] {
  const users = view.rows(quotas).has(keyOf(project_id, user_id)) ? [null, user_id] : [null];
  return users.flatMap((user) => {
    const limits = limitsOf(view, project_id, user ?? undefined);
    // Counting is only worth it where there is a limit: projects can be large.
    if (serverResources.every((resource) => limits[resource] === UNLIMITED)) return [];
    const members = group_uuid === null ? 0 : membersOf(view, project_id, group_uuid);
    return { limits, used: { ...useOf(view, project_id, user), server_group_members: members } };
  });
}

const serverResources = ['instances', 'cores', 'ram', 'server_group_members'] as const;

const membersOf = (view: View, project_id: string, group_uuid: string): number =>
  view
    .rows(servers)
    .by('project_id', project_id)
    .filter((row) => row.group_uuid === group_uuid).length;

const overrunsOf = ({ limits, used }: Scope, need: Need): Overrun[] =>
  serverResources.flatMap((resource) =>
    overrun(limits, resource, used[resource] ?? 0, need[resource] ?? 0),
  );

/** What one server may not be large in. */
export const tooManyItems = (
  view: View,
  { project_id, metadata }: Pick<Asked, 'project_id' | 'metadata'>,
): Overrun[] =>
  overrun(limitsOf(view, project_id), 'metadata_items', 0, Object.keys(metadata).length);

/** One thing more of what is not a server's: nothing, or what would be over. */
export function overrun(
  limits: Limits,
  resource: Resource,
  used: number,
  asked: number,
): Overrun[] {
  const limit = limits[resource];
  const fits = limit === UNLIMITED || asked <= 0 || used + asked <= limit;
  return fits ? [] : [{ resource, asked, used, limit }];
}
