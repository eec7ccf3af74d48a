/**
 * Why a server went where it went: the funnel, what weighed for its host, and who came next.
 *
 *   1,000 hosts ─ traits ─► 400 ─ capacity ─► 90 that could take it ─► host-7
 *                                              score 5.91 = room 4 × 0.93 + ram 1 × 0.88 + …
 *                                              next: host-9, 0.02 behind, mostly by ram
 *
 * Told from what the decision left behind, at no look at the fleet: how many hosts each filter of
 * the class turned down is kept with its ranking (classes.ts), and the next ones stand below the
 * first. What the request's own filters turned down is told of those that ranked higher alone.
 */
import { hosts } from '../fleet/rows.ts';
import type { Draft } from '../ledger/draft.ts';
import type { Ask, Placement } from './ask.ts';
import { requestFilters, shapeFilters } from './filters.ts';
import type { HostView } from './host-view.ts';
import type { Request, Weights } from './plugin.ts';
import { weighers } from './policies.ts';
import type { Ranking } from './ranking.ts';
import { explanationId } from './rows.ts';
import { score } from './score.ts';
import { weightOn } from './weights.ts';
import { wish } from './wishes.ts';

/** How many of those that came next are told. */
const RUNNERS_UP_MAX = 3;
/** How many of the ranking are looked at for them. */
const WALKED_MAX = 256;

export interface Points {
  readonly weigher: string;
  readonly weight: number;
  readonly merit: number;
  readonly points: number;
}

export interface RunnerUp {
  readonly host: string;
  readonly score: number;
  /** What cost it most against the one chosen; null: nothing, its number is only higher. */
  readonly behind_by: { readonly weigher: string; readonly points: number } | null;
}

export interface Choice {
  readonly id: string;
  readonly server_uuid: string;
  readonly asked: Ask;
  readonly decided_at_ms: number;
  readonly host: string;
  readonly score: number;
  readonly points: readonly Points[];
  readonly runners_up: readonly RunnerUp[];
  /** Of the whole fleet, by what requests of this class share; empty where few hosts were named. */
  readonly funnel: readonly {
    readonly filter: string;
    readonly in: number;
    readonly out: number;
  }[];
  /** Hosts that ranked higher, and that a filter of this request alone turned down. */
  readonly passed_over: readonly { readonly filter: string; readonly hosts: number }[];
  readonly hosts_total: number;
  readonly summary: string;
}

/** What the class of a request knows: null where only few hosts were in question. */
export interface Ranked {
  readonly ranking: Ranking;
  /** How many hosts each of `shapeFilters` turned down. */
  readonly turned_down: readonly number[];
}

export function choiceOf(
  draft: Draft,
  host: HostView,
  request: Request,
  place: Placement,
  weights: Weights,
  ranked: Ranked | null,
): Choice {
  const { ask } = request;
  const first = pointsOn(request, host, place.provider_id, weights);
  const hosts_total = draft.rows(hosts).size;
  const funnel = ranked === null ? [] : funnelOf(hosts_total, ranked.turned_down);
  const next = ranked === null ? nobody : walked(request, host, ranked.ranking, place, weights);
  return {
    id: explanationId(draft.now_ms, ask.server_uuid),
    server_uuid: ask.server_uuid,
    asked: ask,
    decided_at_ms: draft.now_ms,
    host: place.host,
    score: sum(first),
    points: first,
    runners_up: next.others.map(({ name, points }) => behind(name, points, first)),
    funnel,
    passed_over: [...next.over].map(([filter, count]) => ({ filter, hosts: count })),
    hosts_total,
    summary: summary(request, funnel, hosts_total),
  };
}

/** What weighs for a host that passes, weigher by weigher, those without weight left out. */
function pointsOn(
  request: Request,
  host: HostView,
  provider: number,
  weights: Weights,
): readonly Points[] {
  score(request, host, provider, weights); // leaves the view on the host, with its best seat
  const each = weighers.map(({ name, merit }) => {
    const weight = weightOn(host, name, weights);
    const worth = weight === 0 ? 0 : merit(request, host);
    return {
      weigher: name as string,
      weight,
      merit: rounded(worth),
      points: rounded(weight * worth),
    };
  });
  const wished = wish(request, host, weights) / 1e6;
  const weigher = request.group?.policy ?? '';
  const group = wished === 0 ? [] : [{ weigher, weight: 1, merit: wished, points: wished }];
  return [...each.filter(({ weight }) => weight !== 0), ...group];
}

const rounded = (number: number): number => Math.round(number * 1e6) / 1e6;
const sum = (all: readonly Points[]): number =>
  rounded(all.reduce((total, { points }) => total + points, 0));

function funnelOf(hosts_total: number, turned_down: readonly number[]): Choice['funnel'] {
  let left = hosts_total;
  return shapeFilters.map(({ name }, at) => {
    const step = { filter: name, in: left, out: left - (turned_down[at] ?? 0) };
    left = step.out;
    return step;
  });
}

interface Walked {
  readonly over: ReadonlyMap<string, number>;
  readonly others: readonly { readonly name: string; readonly points: readonly Points[] }[];
}
const nobody: Walked = { over: new Map(), others: [] };

/** Down the ranking: whom the request passes over before its host, and who comes after. */
function walked(
  request: Request,
  host: HostView,
  ranking: Ranking,
  place: Placement,
  weights: Weights,
): Walked {
  const over = new Map<string, number>();
  const others: Walked['others'][number][] = [];
  let before = true;
  let looked = 0;
  for (const provider of ranking.walk()) {
    if (looked++ === WALKED_MAX || others.length === RUNNERS_UP_MAX) break;
    if (provider === place.provider_id) before = false;
    else if (host.at(provider)) {
      const against = requestFilters.find((filter) => !filter.allows(request, host))?.name;
      if (against === undefined) {
        others.push({ name: host.row.name, points: pointsOn(request, host, provider, weights) });
      } else if (before) over.set(against, (over.get(against) ?? 0) + 1);
    }
  }
  return { over, others };
}

function behind(host: string, points: readonly Points[], first: readonly Points[]): RunnerUp {
  const gaps = first.map(({ weigher, points: most }) => {
    const own = points.find((one) => one.weigher === weigher)?.points ?? 0;
    return { weigher, points: rounded(most - own) };
  });
  const widest = gaps.toSorted((a, b) => b.points - a.points)[0];
  const behind_by = widest === undefined || widest.points <= 0 ? null : widest;
  return { host, score: sum(points), behind_by };
}

/** For the person who asked: names no host. */
function summary({ ask }: Request, funnel: Choice['funnel'], hosts_total: number): string {
  const what = Object.entries(ask.resources).map(([name, amount]) => `${amount} ${name}`);
  const fitting = funnel.at(-1)?.out;
  if (fitting === undefined) return `Placed for ${what.join(', ')}, where the request allowed.`;
  const some = fitting === 1 ? 'only one' : `the best by policy ${ask.policy}`;
  return `${fitting} of ${hosts_total} hosts could take ${what.join(', ')}: ${some} was chosen.`;
}
