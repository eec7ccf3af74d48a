/** The filters, in the order in which the funnel counts them. */

import { inZone } from './filters/availability-zone.ts';
import { capacity } from './filters/capacity.ts';
import { enabled } from './filters/enabled.ts';
import { group } from './filters/group.ts';
import { groups } from './filters/groups.ts';
import { namedHosts } from './filters/named-hosts.ts';
import { numa } from './filters/numa.ts';
import { traits } from './filters/traits.ts';
import type { Filter, Request } from './plugin.ts';

/** What a whole class of requests asks of a host; answers are kept in the ranking. */
export const shapeFilters: readonly Filter[] = [enabled, inZone, traits, capacity, groups, numa];

/** What one request asks; answered while the ranking is walked. */
export const requestFilters: readonly Filter<Request>[] = [namedHosts, group];

/** All of them, the cheap and telling ones first. */
export const filters: readonly Filter<Request>[] = [
  enabled,
  inZone,
  namedHosts,
  traits,
  capacity,
  groups,
  numa,
  group,
];
