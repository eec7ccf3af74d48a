/**
 * Why nothing could take it: the funnel, each host's first failing constraint, the nearest miss.
 *
 *   3 hosts ─ enabled ─► 2 ─ capacity ─► 0
 *                 1 │             2 │ host-2 has 6 VCPU left, not the 8 asked for
 *
 * Made only when a request is refused; then every host is looked at by every filter, and repairs
 * are tried on a few. A tenant sees counts, what it asked for, and what it could ask for instead
 * (`forTenant`); an operator sees hosts, the nearest first.
 */
import type { Draft } from '../ledger/draft.ts';
import { type Against, allAgainst } from './against.ts';
import type { Ask, Explanation, RefusalKind, Repair } from './ask.ts';
import { cellRooms } from './cell-rooms.ts';
import { filters } from './filters.ts';
import { holders, nameOf } from './holders.ts';
import { HostView } from './host-view.ts';
import type { Filter, Request } from './plugin.ts';
import { refusalKind, refusalWords } from './refusal.ts';
import { repairsFor } from './repairs.ts';
import type { AskFor } from './repairs-flavor.ts';
import { explanationId } from './rows.ts';

/** How many hosts an explanation names. */
export const HOSTS_EXPLAINED_MAX = 50;
/** How many that hold something on the nearest. */
const HOLDERS_MAX = 20;

export function explain(draft: Draft, request: Request, askFor: AskFor): Explanation {
  const nearest = allAgainst(draft, request, filters);
  const funnel = funnelOf(nearest, filters);
  const refusal = refusalKind(draft, request, nearest);
  return {
    id: explanationId(draft.now_ms, request.ask.server_uuid),
    server_uuid: request.ask.server_uuid,
    asked: request.ask,
    decided_at_ms: draft.now_ms,
    refusal,
    funnel,
    hosts: nearest.slice(0, HOSTS_EXPLAINED_MAX).map(firstFailing),
    hosts_total: nearest.length,
    nearest_miss: nearestMiss(draft, request, nearest[0]),
    repairs: repairsFor(draft, request, nearest, askFor),
    summary: summary(request.ask, nearest.length, funnel, refusal),
  };
}

/** What the owner of a request can do alone; their sentences name no host. */
const ofTheRequest: ReadonlySet<Repair['kind']> = new Set([
  'other-zone',
  'any-host',
  'drop-traits',
  'relax-group',
  'smaller-flavor',
]);

/** What a tenant asked for itself. */
export function ownAsk(asked: Ask) {
  const { resources, required_traits, forbidden_traits, nodes, availability_zone } = asked;
  return { resources, required_traits, forbidden_traits, nodes, availability_zone };
}

/** What a tenant may see: counts, and the facts of its own request. */
export function forTenant(explanation: Explanation) {
  const { id, server_uuid, asked, decided_at_ms, refusal, funnel, hosts_total, summary } =
    explanation;
  return {
    id,
    server_uuid,
    decided_at_ms,
    asked: ownAsk(asked),
    refusal,
    funnel,
    hosts_total,
    repairs: explanation.repairs.filter(({ kind }) => ofTheRequest.has(kind)),
    summary,
  };
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

function nearestMiss(
  draft: Draft,
  request: Request,
  nearest: Against | undefined,
): Explanation['nearest_miss'] {
  if (nearest === undefined) return null;
  const { host, provider_id, objections } = nearest;
  const reasons = objections.map(({ reason }) => reason).join('; and ');
  const largest = holders(draft, request, provider_id).toReversed().slice(0, HOLDERS_MAX);
  const held_by = largest.map(({ consumer_uuid, amounts }) => ({
    ...{ consumer_uuid, name: nameOf(draft, consumer_uuid), amounts },
  }));
  const view = new HostView(draft);
  const cells = view.at(provider_id) ? cellRooms(view, request.ask) : [];
  return { host, sentence: `${host} comes nearest: it ${reasons}`, held_by, cells };
}

/** For the person who asked: names no host. */
function summary(
  ask: Ask,
  hosts_total: number,
  funnel: Explanation['funnel'],
  refusal: RefusalKind,
): string {
  if (hosts_total === 0) return 'There is no host at all.';
  const turnedDown = funnel
    .filter((step) => step.in > step.out)
    .map((step) => `${step.in - step.out} by ${step.filter}`);
  const what = [
    ...Object.entries(ask.resources).map(([name, amount]) => `${amount} ${name}`),
    ...(ask.devices ?? []).map(({ alias, count }) => `${count} ${alias}`),
  ];
  const hosts = hosts_total === 1 ? 'The only host' : `None of ${hosts_total} hosts`;
  const can = hosts_total === 1 ? 'cannot take' : 'can take';
  const why = `turned down ${turnedDown.join(', ')}`;
  return `${hosts} ${can} ${what.join(', ')}: ${why}. ${refusalWords(refusal)}`;
}
