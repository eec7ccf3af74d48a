/** All that speaks against each host, by every filter: what refusals are told from. */
import { byNumber } from '../base/order.ts';
import { hosts } from '../fleet/rows.ts';
import type { View } from '../ledger/draft.ts';
import { HostView } from './host-view.ts';
import type { Filter, Objection, Request } from './plugin.ts';

export interface FilterObjection extends Objection {
  readonly filter: string;
}

/** One host, and all that speaks against it, in the order of the filters. */
export interface Against {
  readonly host: string;
  readonly provider_id: number;
  readonly objections: readonly FilterObjection[];
  /** How far it is from fitting: 0 would fit. */
  readonly distance: number;
}

/** Every host, the nearest to fitting first; of equals the lowest provider id. */
export function allAgainst(
  view: View,
  request: Request,
  filters: readonly Filter<Request>[],
): readonly Against[] {
  const host = new HostView(view);
  const ids = [...view.rows(hosts).values()].map((row) => row.provider_id).sort(byNumber);
  return ids
    .flatMap((id) => (host.at(id) ? [againstHost(host, request, filters)] : []))
    .sort((a, b) => a.distance - b.distance || a.provider_id - b.provider_id);
}

/** The host that the view stands on. */
export function againstHost(
  host: HostView,
  request: Request,
  filters: readonly Filter<Request>[],
): Against {
  const objections = filters
    .filter((filter) => !filter.allows(request, host))
    .map((filter) => ({ ...filter.objection(request, host), filter: filter.name }));
  const distance = objections.reduce((sum, objection) => sum + distanceOf(objection), 0);
  return { host: host.row.name, provider_id: host.provider_id, objections, distance };
}

/** The share of what was needed that is not there; what is no matter of how much counts as 1. */
function distanceOf({ needed, available }: Objection): number {
  if (needed === null || available === null || needed <= 0) return 1;
  return Math.min(1, (needed - available) / needed);
}
