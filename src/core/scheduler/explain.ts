/**
 * Why nothing could take it: the funnel, each host's first failing constraint, the nearest miss.
 *
 *   3 hosts ─ enabled ─► 2 ─ capacity ─► 0
 *                 1 │             2 │ host-2 has 6 VCPU left, not the 8 asked for
 *
 * Made only when a request is refused; then every host is looked at by every filter. A tenant sees
 * counts and what it asked for (`forTenant`); an operator sees hosts, the nearest first.
 */
import { byNumber } from '../base/order.ts';
import { hosts } from '../fleet/rows.ts';
import type { Draft } from '../ledger/draft.ts';
import type { Ask, Explanation } from './ask.ts';
import { HostView } from './host-view.ts';
import type { Filter, Objection, Request } from './plugin.ts';
import { explanationId } from './rows.ts';

/** How many hosts an explanation names. */
export const HOSTS_EXPLAINED_MAX = 50;

/** One host, and all that speaks against it, in the order of the filters. */
interface Against {
  readonly host: string;
  readonly provider_id: number;
  readonly objections: readonly (Objection & { readonly filter: string })[];
  /** How far it is from fitting: 0 would fit. */
  readonly distance: number;
}

export function explain(
  draft: Draft,
  request: Request,
  filters: readonly Filter<Request>[],
): Explanation {
  const against = allAgainst(draft, request, filters);
  const funnel = funnelOf(against, filters);
  const nearest = against.toSorted(
    (a, b) => a.distance - b.distance || a.provider_id - b.provider_id,
  );
  return {
    id: explanationId(draft.now_ms, request.ask.server_uuid),
    server_uuid: request.ask.server_uuid,
    asked: request.ask,
    decided_at_ms: draft.now_ms,
    funnel,
    hosts: nearest.slice(0, HOSTS_EXPLAINED_MAX).map(firstFailing),
    hosts_total: against.length,
    nearest_miss: nearestMiss(nearest[0]),
    summary: summary(request.ask, against.length, funnel),
  };
}

/** What a tenant may see: counts, and the facts of its own request. */
export function forTenant(explanation: Explanation) {
  const { id, server_uuid, asked, decided_at_ms, funnel, hosts_total, summary } = explanation;
  const { resources, required_traits, forbidden_traits, nodes, availability_zone } = asked;
  return {
    id,
    server_uuid,
    decided_at_ms,
    asked: { resources, required_traits, forbidden_traits, nodes, availability_zone },
    funnel,
    hosts_total,
    summary,
  };
}

function allAgainst(
  draft: Draft,
  request: Request,
  filters: readonly Filter<Request>[],
): readonly Against[] {
  const view = new HostView(draft);
  const ids = [...draft.rows(hosts).values()].map((row) => row.provider_id);
  return ids.sort(byNumber).flatMap((provider_id) => {
    if (!view.at(provider_id)) return [];
    const objections = filters
      .filter((filter) => !filter.allows(request, view))
      .map((filter) => ({ ...filter.objection(request, view), filter: filter.name }));
    const distance = objections.reduce((sum, objection) => sum + distanceOf(objection), 0);
    return [{ host: view.row.name, provider_id, objections, distance }];
  });
}

/** The share of what was needed that is not there; what is no matter of how much counts as 1. */
function distanceOf({ needed, available }: Objection): number {
  if (needed === null || available === null || needed <= 0) return 1;
  return Math.min(1, (needed - available) / needed);
}

function funnelOf(against: readonly Against[], filters: readonly Filter<Request>[]) {
  let left = against.length;
  return filters.map(({ name }) => {
    const turnedDown = against.filter(({ objections }) => objections[0]?.filter === name).length;
    const step = { filter: name, in: left, out: left - turnedDown };
    left = step.out;
    return step;
  });
}

function firstFailing({ host, objections }: Against): Explanation['hosts'][number] {
  const [first] = objections;
  return {
    host,
    filter: first?.filter ?? '',
    reason: first?.reason ?? '',
    resource: first?.resource ?? null,
    needed: first?.needed ?? null,
    available: first?.available ?? null,
  };
}

function nearestMiss(nearest: Against | undefined): Explanation['nearest_miss'] {
  if (nearest === undefined) return null;
  const reasons = nearest.objections.map(({ reason }) => reason).join('; and ');
  return { host: nearest.host, sentence: `${nearest.host} comes nearest: it ${reasons}` };
}

/** For the person who asked: names no host. */
function summary(ask: Ask, hosts_total: number, funnel: Explanation['funnel']): string {
  if (hosts_total === 0) return 'There is no host at all.';
  const turnedDown = funnel
    .filter((step) => step.in > step.out)
    .map((step) => `${step.in - step.out} by ${step.filter}`);
  const what = Object.entries(ask.resources).map(([name, amount]) => `${amount} ${name}`);
  const hosts = hosts_total === 1 ? 'The only host' : `None of ${hosts_total} hosts`;
  const can = hosts_total === 1 ? 'cannot take' : 'can take';
  return `${hosts} ${can} ${what.join(', ')}: turned down ${turnedDown.join(', ')}.`;
}
