/**
 * How heavy each weigher is on a host: what the policy says, unless an aggregate of it says
 * otherwise.
 *
 *   option, and key of aggregates' metadata      ram            → ram_weight_multiplier
 *                                                soft-affinity  → soft_affinity_weight_multiplier
 *
 * Of several aggregates the least holds; what is no number is as if not said.
 */
import type { HostView } from './host-view.ts';
import type { WeigherName, Weights, WishName } from './plugin.ts';

export const multiplierOf = (name: WeigherName | WishName): string =>
  `${(upstream[name] ?? name).replaceAll('-', '_')}_weight_multiplier`;

/** Where our word for it is another. */
const upstream: { readonly [Name in WeigherName | WishName]?: string } = {
  'spared-devices': 'pci',
};

/** Null: it is no number. */
export const numberSaid = (text: string): number | null =>
  NUMBER.test(text.trim()) ? Number(text) : null;

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i;

export function weightOn(host: HostView, name: WeigherName | WishName, weights: Weights): number {
  const { metadata } = host;
  return metadata.length === 0 ? weights[name] : leastSaid(metadata, name, weights[name]);
}

function leastSaid(
  metadata: HostView['metadata'],
  name: WeigherName | WishName,
  otherwise: number,
): number {
  const key = keys.get(name) ?? multiplierOf(name);
  keys.set(name, key);
  let least = Number.POSITIVE_INFINITY;
  for (const { [key]: said } of metadata) {
    const value = said === undefined ? null : numberSaid(said);
    if (value !== null) least = Math.min(least, value);
  }
  return least === Number.POSITIVE_INFINITY ? otherwise : least;
}

/** By weigher: asked for each host, spelled once. */
const keys = new Map<string, string>();
