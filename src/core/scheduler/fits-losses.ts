/**
 * How many more would fit after a loss: the fullest host, a zone, or the hosts of an aggregate.
 *
 *   the hosts are down ─► their servers find places on the others ─► what is left is counted
 *
 * So a loss costs more than the room it had: its servers take room elsewhere first, the largest
 * first; those that find none are `homeless`. Where there are more than REPLACED_MAX of them they
 * are left out, and the number is `at-most` what would fit.
 */
import { byText } from '../base/order.ts';
import { aggregateHosts, aggregates, ZONE_KEY } from '../fleet/aggregate-rows.ts';
import { type HostRow, hosts } from '../fleet/rows.ts';
import { claimAll } from '../ledger/claim.ts';
import type { Draft, View } from '../ledger/draft.ts';
import type { Decision } from '../ports/reply.ts';
import { type ServerRow, servers } from '../servers/rows.ts';
import type { Ask, Placement } from './ask.ts';
import { type Bound, countFits } from './fits.ts';
import type { Bounds } from './lookup.ts';
import { release, tried } from './trial.ts';

/** How many servers are given other places in one trial. */
export const REPLACED_MAX = 2_000;
/** How many aggregates are lost in trial, by name. */
const AGGREGATES_TRIED_MAX = 16;

export interface Loss {
  readonly kind: 'host' | 'zone' | 'aggregate';
  readonly name: string;
  readonly hosts: readonly string[];
}

export interface LossFits {
  readonly kind: Loss['kind'];
  readonly name: string;
  readonly hosts: number;
  /** Those that were on the lost hosts. */
  readonly servers: number;
  /** Those of them that would find no other host; null: they were too many to try. */
  readonly homeless: number | null;
  readonly more: number;
  readonly bound: Bound;
}

/** The part of the scheduler that finds servers another place. */
export interface Finder {
  askFor(view: View, server: ServerRow, bounds: Bounds): Decision<Ask, string>;
  find(draft: Draft, ask: Ask): Placement | null;
}

const anywhere = { ignore_hosts: [], only_hosts: null };

/** Worth a trial: the fullest host, each zone where there are several, each aggregate. */
export function lossesOf(view: View, ask: Ask): readonly Loss[] {
  const all = [...view.rows(hosts).values()].sort((a, b) => byText(a.name, b.name));
  const zones = [...new Set(all.map((row) => row.availability_zone))].sort(byText);
  const fullest = all.toSorted((a, b) => fullness(view, ask, b) - fullness(view, ask, a))[0];
  return [
    ...(fullest === undefined ? [] : [loss('host', fullest.name, [fullest])]),
    ...(zones.length < 2 ? [] : zones.map((zone) => loss('zone', zone, inZone(all, zone)))),
    ...aggregateLosses(view),
  ];
}

const inZone = (all: readonly HostRow[], zone: string) =>
  all.filter(({ availability_zone }) => availability_zone === zone);

type Named = readonly { readonly name: string }[];
const loss = (kind: Loss['kind'], name: string, rows: Named): Loss => ({
  kind,
  name,
  hosts: rows.map((row) => row.name),
});

/** Racks and the like; those that are zones are there as zones. */
function aggregateLosses(view: View): readonly Loss[] {
  return [...view.rows(aggregates).values()]
    .filter(({ metadata }) => metadata[ZONE_KEY] === undefined)
    .map(({ id, name }) => {
      const members = view.rows(aggregateHosts).by('aggregate_id', id);
      return loss(
        'aggregate',
        name,
        members.map(({ host }) => ({ name: host })),
      );
    })
    .filter((one) => one.hosts.length > 0)
    .toSorted((a, b) => byText(a.name, b.name))
    .slice(0, AGGREGATES_TRIED_MAX);
}

/** The largest share that is used of anything asked for. */
function fullness({ books }: View, ask: Ask, { provider_id }: { provider_id: number }): number {
  const shares = Object.keys(ask.resources).map((name) => {
    const id = books.classByName.get(name)?.id;
    const column = id === undefined ? null : books.column(id);
    const limit = column?.limit[provider_id] ?? -1;
    return limit > 0 ? (column?.used[provider_id] ?? 0) / limit : 0;
  });
  return Math.max(0, ...shares);
}

export function fitsAfter(draft: Draft, finder: Finder, ask: Ask, lost: Loss): LossFits {
  return tried(draft, () => {
    const homes = lost.hosts.flatMap((host) => draft.rows(servers).by('host', host));
    for (const name of lost.hosts) close(draft, name);
    const many = homes.length > REPLACED_MAX;
    const homeless = many ? null : replace(draft, finder, homes);
    const { more, bound } = countFits(draft, ask);
    return {
      kind: lost.kind,
      name: lost.name,
      hosts: lost.hosts.length,
      servers: homes.length,
      homeless,
      more,
      bound: many ? unmoved[bound] : bound,
    };
  });
}

/** What a number is worth once the servers of what is lost were left out. */
const unmoved: Readonly<Record<Bound, Bound>> = {
  exact: 'at-most',
  'at-most': 'at-most',
  'at-least': 'unsure',
  unsure: 'unsure',
};

function close(draft: Draft, name: string): void {
  const row = draft.rows(hosts).get(name);
  if (row !== undefined) draft.put(hosts, { ...row, forced_down: true });
}

/** Gives each another place, the largest first; says how many found none. */
function replace(draft: Draft, finder: Finder, homes: readonly ServerRow[]): number {
  const rows = homes.toSorted(
    (a, b) =>
      b.flavor.memory_mib - a.flavor.memory_mib ||
      b.flavor.vcpus - a.flavor.vcpus ||
      byText(a.uuid, b.uuid),
  );
  release(
    draft,
    rows.map(({ uuid }) => uuid),
  );
  return rows.filter((server) => !settles(draft, finder, server)).length;
}

function settles(draft: Draft, finder: Finder, server: ServerRow): boolean {
  const ask = finder.askFor(draft, server, anywhere);
  const place = ask.is === 'done' ? finder.find(draft, ask.value) : null;
  if (place === null) return false;
  const { uuid: consumer_uuid, project_id, user_id } = server;
  const claim = { consumer_uuid, project_id, user_id, consumer_type: 'INSTANCE', ...place };
  return claimAll(draft, [claim]).is === 'done';
}
