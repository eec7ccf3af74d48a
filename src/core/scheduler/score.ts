/**
 * What a host is worth to a shape: the one function behind the ranking and the full scan, so that
 * both always agree.
 *
 * Scores are whole numbers, in millionths: adding a group's wish is exact, and hosts that differ by
 * less than rounding does are equal, so the lowest id decides between them on every machine.
 */
import { shapeFilters } from './filters.ts';
import type { HostView } from './host-view.ts';
import type { Shape, Weigher, Weights } from './plugin.ts';
import { weighers } from './policies.ts';
import { seatBest } from './seat.ts';
import { weightOn } from './weights.ts';

export const inMillionths = (merit: number): number => Math.round(merit * 1e6);

/** Of a host that cannot take it. */
export const INELIGIBLE = -Infinity;

/** In `host.failed`, where it is not the place of the filter that turned the host down. */
export const NO_HOST = shapeFilters.length;
export const PASSES = shapeFilters.length + 1;

/**
 * Moves the view to the host; a host that passes has its best seat in `host.seat` afterwards, and
 * of any, `host.failed` tells what turned it down.
 */
export function score(shape: Shape, host: HostView, provider: number, weights: Weights): number {
  host.failed = NO_HOST;
  if (!host.at(provider)) return INELIGIBLE;
  for (let at = 0; at < shapeFilters.length; at++) {
    const filter = shapeFilters[at] as (typeof shapeFilters)[number];
    host.failed = at;
    if (!filter.allows(shape, host)) return INELIGIBLE;
  }
  host.failed = PASSES;
  seatBest(shape, host);
  host.heeds_headroom = weights.headroom !== 0;
  return inMillionths(
    host.metadata.length === 0 ? usual(shape, host, weights) : said(shape, host, weights),
  );
}

/** Where no aggregate of the host may say otherwise: by those that have a weight at all. */
function usual(shape: Shape, host: HostView, weights: Weights): number {
  const those = heavy.get(weights) ?? heavyOf(weights);
  let sum = 0;
  for (let at = 0; at < those.length; at++) {
    const { name, merit } = those[at] as Weigher;
    sum += weights[name] * merit(shape, host);
  }
  return sum;
}

function said(shape: Shape, host: HostView, weights: Weights): number {
  let sum = 0;
  for (const { name, merit } of weighers) {
    const weight = weightOn(host, name, weights);
    if (weight !== 0) sum += weight * merit(shape, host);
  }
  return sum;
}

/** Picked once for each policy: asked for every host that a decision looks at. */
const heavy = new WeakMap<Weights, readonly Weigher[]>();

function heavyOf(weights: Weights): readonly Weigher[] {
  const those = weighers.filter(({ name }) => weights[name] !== 0);
  heavy.set(weights, those);
  return those;
}
