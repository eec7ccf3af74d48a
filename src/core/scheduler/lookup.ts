/** Looks up what a server's request rests on: its image, its group, and the servers it names. */
import { aggregates } from '../fleet/aggregate-rows.ts';
import type { View } from '../ledger/draft.ts';
import { type Decision, done } from '../ports/reply.ts';
import { images, servers } from '../servers/rows.ts';
import type { Ask, PolicyName } from './ask.ts';
import { type Aliases, movable } from './device-asks.ts';
import { type FilterOptions, STANDARD_OPTIONS } from './filter-options.ts';
import { projectsIn } from './filters/tenants.ts';
import { type AskFacts, askFor } from './request.ts';

/** Which hosts a move leaves in question. */
export interface Bounds {
  readonly ignore_hosts: readonly string[];
  /** Those that were asked a moment ago, in vain. */
  readonly tried_hosts?: readonly string[];
  /** Null: any. */
  readonly only_hosts: readonly string[] | null;
  /** The guest runs meanwhile: only devices that bear it. */
  readonly live?: boolean;
}

export function serverAsk(
  view: View,
  server: AskFacts['server'],
  bounds: Bounds,
  policy: PolicyName,
  options = STANDARD_OPTIONS,
  aliases: Aliases = new Map(),
): Decision<Ask, string> {
  const image = server.image_id === null ? undefined : view.rows(images).get(server.image_id);
  const apart = hostsOf(view, server.hints['different_host']);
  const together = server.hints['same_host'];
  const with_hosts = together === undefined ? null : hostsOf(view, together);
  const { properties: image_properties = {}, disk_format: image_format = null } = image ?? {};
  const asked = askFor({ server, image_properties, image_format, policy, options, aliases });
  if (asked.is === 'no') return asked;
  const { devices, about } = asked.value;
  const bound = isBound(view, server.project_id, options);
  return done({
    ...asked.value,
    ...(bound && { about: { ...about, own_aggregates_only: true } }),
    ...(bounds.live === true && devices && { devices: movable(devices) }),
    ignore_hosts: [...bounds.ignore_hosts, ...apart],
    ...(bounds.tried_hosts !== undefined && { tried_hosts: bounds.tried_hosts }),
    only_hosts: both(bounds.only_hosts, with_hosts),
  });
}

/** Whether the project goes to its own aggregates alone. */
function isBound(view: View, project_id: string, options: FilterOptions): boolean {
  if (options.own_aggregates !== 'kept') return options.own_aggregates === 'required';
  const all = [...view.rows(aggregates).values()].map(({ metadata }) => metadata);
  return projectsIn(all).includes(project_id);
}

/** Where the servers live that a hint names, one or many. */
function hostsOf(view: View, hint: unknown): readonly string[] {
  const uuids = Array.isArray(hint) ? hint : hint === undefined ? [] : [hint];
  return uuids.flatMap((uuid) => view.rows(servers).get(String(uuid))?.host ?? []);
}

function both(a: readonly string[] | null, b: readonly string[] | null) {
  if (a === null || b === null) return a ?? b;
  return a.filter((host) => b.includes(host));
}
