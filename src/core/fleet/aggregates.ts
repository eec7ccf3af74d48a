/**
 * Host aggregates: made, renamed, given facts and hosts, and taken away by an operator.
 *
 *   create ──► (no hosts) ──► add and remove hosts, set metadata ──► (no hosts) ──► delete
 *
 * Each function writes first and looks then: a refusal leaves the rest to whoever asked (the ledger
 * takes a refused request back, L2).
 *
 *   AG1  a host's provider is in the Placement aggregate of each aggregate that it is in;
 *   AG2  all aggregates of a host that name a zone name the same one, and that is the host's; a
 *        host that none of them names one for is in the zone that it was configured with;
 *   AG3  a host on which anybody holds anything does not change its zone: its servers would move
 *        with it, and they were promised where they are.
 */
import { byText } from '../base/order.ts';
import { keyOf } from '../base/table.ts';
import { present } from '../base/units.ts';
import { bumpGeneration } from '../ledger/claim.ts';
import type { Draft, View } from '../ledger/draft.ts';
import { providerAggregates } from '../ledger/rows.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import {
  type AggregateRow,
  aggregateHosts,
  aggregates,
  hostZones,
  metadataOfHost,
  ZONE_KEY,
} from './aggregate-rows.ts';
import { sayAgain } from './heartbeat.ts';
import { type HostRow, hosts } from './rows.ts';

/** Why an aggregate was not made or changed; data first, words at the rim. */
export type AggregateRefusal =
  | { readonly why: 'name-taken'; readonly name: string }
  | { readonly why: 'unknown-aggregate'; readonly id: string }
  | { readonly why: 'unknown-host'; readonly host: string }
  | { readonly why: 'has-hosts'; readonly hosts: number }
  | { readonly why: 'member'; readonly host: string }
  | { readonly why: 'no-member'; readonly host: string }
  /** A zone has a name; where one was set, another may be, but none is not one. */
  | { readonly why: 'blank-zone' }
  /** AG2: the zones that its aggregates would name. */
  | { readonly why: 'two-zones'; readonly host: string; readonly zones: readonly string[] }
  /** AG3 */
  | { readonly why: 'in-use'; readonly host: string; readonly zone: string };

type Outcome = Decision<AggregateRow, AggregateRefusal>;

/** New facts; null takes one away, what is left out stays. */
export type Facts = Readonly<Record<string, string | null>>;

export function createAggregate(
  draft: Draft,
  about: { readonly uuid: string; readonly name: string; readonly zone: string | null },
): Outcome {
  const { uuid, name, zone } = about;
  const shelf = draft.rows(aggregates);
  if (shelf.by('name', name).length > 0) return no({ why: 'name-taken', name });
  const id = 1 + [...shelf.values()].reduce((most, row) => Math.max(most, row.id), 0);
  const metadata: Record<string, string> = zone === null ? {} : { [ZONE_KEY]: zone };
  const times = { created_at_ms: draft.now_ms, updated_at_ms: null };
  const row: AggregateRow = { id, uuid, name, metadata, ...times };
  draft.put(aggregates, row);
  return done(row);
}

export function changeAggregate(
  draft: Draft,
  id: string,
  to: { readonly name?: string; readonly facts?: Facts },
): Outcome {
  const before = draft.rows(aggregates).get(id);
  if (before === undefined) return no({ why: 'unknown-aggregate', id });
  const { name = before.name, facts = {} } = to;
  if (facts[ZONE_KEY] === null) return no({ why: 'blank-zone' });
  const namesakes = draft.rows(aggregates).by('name', name);
  if (namesakes.some((row) => row.id !== before.id)) return no({ why: 'name-taken', name });
  const merged = Object.entries({ ...before.metadata, ...facts });
  const kept = merged.filter((fact): fact is [string, string] => fact[1] !== null);
  const row = { ...before, name, metadata: Object.fromEntries(kept), updated_at_ms: draft.now_ms };
  draft.put(aggregates, row);
  for (const host of hostsIn(draft, before.id)) {
    const settled = settle(draft, host);
    if (settled.is === 'no') return settled;
  }
  return done(row);
}

export function deleteAggregate(draft: Draft, id: string): Outcome {
  const row = draft.rows(aggregates).get(id);
  if (row === undefined) return no({ why: 'unknown-aggregate', id });
  const members = hostsIn(draft, row.id);
  if (members.length > 0) return no({ why: 'has-hosts', hosts: members.length });
  draft.remove(aggregates, row);
  return done(row);
}

export function addHost(draft: Draft, id: string, host: string): Outcome {
  const row = draft.rows(aggregates).get(id);
  if (row === undefined) return no({ why: 'unknown-aggregate', id });
  const { provider_id } = draft.rows(hosts).get(host) ?? {};
  if (provider_id === undefined) return no({ why: 'unknown-host', host });
  const member = { aggregate_id: row.id, host };
  if (draft.put(aggregateHosts, member) !== undefined) return no({ why: 'member', host });
  if (!inPlacement(draft, provider_id, row.uuid)) {
    draft.put(providerAggregates, { provider_id, aggregate_uuid: row.uuid });
    bumpGeneration(draft, provider_id);
  }
  const settled = settle(draft, host);
  return settled.is === 'no' ? settled : done(row);
}

export function removeHost(draft: Draft, id: string, host: string): Outcome {
  const row = draft.rows(aggregates).get(id);
  if (row === undefined) return no({ why: 'unknown-aggregate', id });
  const member = draft.rows(aggregateHosts).get(keyOf(row.id, host));
  if (member === undefined) return no({ why: 'no-member', host });
  draft.remove(aggregateHosts, member);
  const { provider_id } = present(draft.rows(hosts).get(host), `no host ${host}`);
  if (inPlacement(draft, provider_id, row.uuid)) {
    draft.remove(providerAggregates, { provider_id, aggregate_uuid: row.uuid });
    bumpGeneration(draft, provider_id);
  }
  const settled = settle(draft, host);
  return settled.is === 'no' ? settled : done(row);
}

/** The names of the aggregate's hosts, sorted. */
export const hostsIn = (view: View, aggregate_id: number): string[] =>
  view
    .rows(aggregateHosts)
    .by('aggregate_id', aggregate_id)
    .map((row) => row.host)
    .sort(byText);

/** The zone that a host's aggregates put it in; undefined: none of them says. */
export const zoneSaid = (view: View, host: string): string | undefined => zonesSaid(view, host)[0];

const zonesSaid = (view: View, host: string): string[] => [
  ...new Set(metadataOfHost(view, host).flatMap((facts) => facts[ZONE_KEY] ?? [])),
];

const inPlacement = ({ books }: View, provider_id: number, aggregate_uuid: string): boolean =>
  books.providerAggregates[provider_id]?.has(aggregate_uuid) ?? false;

/** Brings the host's zone in line with what its aggregates say now (AG2), if it may change. */
function settle(draft: Draft, host: string): Decision<void, AggregateRefusal> {
  const zones = zonesSaid(draft, host);
  if (zones.length > 1) return no({ why: 'two-zones', host, zones });
  const row = present(draft.rows(hosts).get(host), `no host ${host}`);
  const configured = configuredZone(draft, row);
  const zone = zones[0] ?? configured;
  if (zone !== row.availability_zone) {
    if (inUse(draft, row)) return no({ why: 'in-use', host, zone: row.availability_zone });
    draft.put(hosts, { ...row, availability_zone: zone });
  }
  sayAgain(draft, row.provider_id);
  return done(undefined);
}

/** Noted when it is first asked for: no aggregate has overruled the row until then. */
function configuredZone(draft: Draft, { name, availability_zone }: HostRow): string {
  const noted = draft.rows(hostZones).get(name);
  if (noted !== undefined) return noted.configured;
  draft.put(hostZones, { host: name, configured: availability_zone });
  return availability_zone;
}

const inUse = ({ books }: View, { provider_id }: HostRow): boolean =>
  (books.trees.get(provider_id) ?? []).some((id) => (books.holders[id]?.size ?? 0) > 0);
