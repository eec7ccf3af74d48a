/** The largest flavor below the one asked for that would fit, of those its owner may use. */

import type { Draft, View } from '../ledger/draft.ts';
import type { Decision } from '../ports/reply.ts';
import { type FlavorRow, flavors, type ServerRow, servers } from '../servers/rows.ts';
import type { Against } from './against.ts';
import type { Ask, Repair } from './ask.ts';
import type { Bounds } from './lookup.ts';
import type { Request } from './plugin.ts';
import { takes } from './trial.ts';

const FLAVORS_TRIED_MAX = 8;
/** The hosts nearest to fitting, which have the most room. */
const HOSTS_TRIED_MAX = 64;

/** What a server with that flavor would ask. */
export type AskFor = (view: View, server: ServerRow, bounds: Bounds) => Decision<Ask, string>;

/** Only for a server that is nowhere yet: one that moves keeps its size. */
export function smallerFlavor(
  draft: Draft,
  { ask }: Request,
  against: readonly Against[],
  askFor: AskFor,
): Repair | null {
  const server = draft.rows(servers).get(ask.server_uuid);
  if (server === undefined || server.host !== null) return null;
  const nearest = against.slice(0, HOSTS_TRIED_MAX);
  for (const flavor of smaller(draft, server)) {
    const asked = askFor(draft, { ...server, flavor }, ask);
    if (asked.is === 'no') continue;
    if (!nearest.some(({ provider_id }) => takes(draft, asked.value, provider_id))) continue;
    const sentence = `choose flavor ${flavor.name}: ${sizes(flavor)}`;
    return { kind: 'smaller-flavor', sentence, flavor_id: flavor.id };
  }
  return null;
}

const sizes = ({ vcpus, memory_mib, disk_gib }: FlavorRow): string =>
  `${vcpus} vCPUs, ${memory_mib} MiB, ${disk_gib} GiB`;

/** The largest first. */
function smaller(draft: Draft, { flavor, project_id }: ServerRow): readonly FlavorRow[] {
  const [vcpus, memory_mib, disk_gib] = amounts(flavor);
  const share = (one: FlavorRow): number => {
    const [v, m, d] = amounts(one);
    return v / vcpus + m / memory_mib + d / Math.max(1, disk_gib);
  };
  return [...draft.rows(flavors).values()]
    .filter((one) => one.is_public || one.access.includes(project_id))
    .filter((one) => isSmaller(amounts(one), [vcpus, memory_mib, disk_gib]))
    .sort((a, b) => share(b) - share(a))
    .slice(0, FLAVORS_TRIED_MAX);
}

const amounts = ({ vcpus, memory_mib, disk_gib, ephemeral_gib }: FlavorRow) =>
  [vcpus, memory_mib, disk_gib + ephemeral_gib] as const;

const isSmaller = (a: readonly number[], b: readonly number[]): boolean =>
  a.every((amount, at) => amount <= (b[at] as number)) &&
  a.some((amount, at) => amount < (b[at] as number));
