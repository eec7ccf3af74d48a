/** The filters, in the order in which the funnel counts them. */

import { aggregateFlavors } from './filters/aggregate-flavors.ts';
import { aggregateImages } from './filters/aggregate-images.ts';
import { aggregateSpecs } from './filters/aggregate-specs.ts';
import { aggregateTraits } from './filters/aggregate-traits.ts';
import { inZone } from './filters/availability-zone.ts';
import { capabilities } from './filters/capabilities.ts';
import { capacity } from './filters/capacity.ts';
import { devices } from './filters/devices.ts';
import { enabled } from './filters/enabled.ts';
import { group } from './filters/group.ts';
import { groups } from './filters/groups.ts';
import { howBusy, howMany } from './filters/how-many.ts';
import { imageHost } from './filters/image-host.ts';
import { isolated } from './filters/isolated.ts';
import { jsonQuery } from './filters/json-query.ts';
import { metrics } from './filters/metrics.ts';
import { namedHosts } from './filters/named-hosts.ts';
import { near } from './filters/near.ts';
import { numa } from './filters/numa.ts';
import { ordinaryMemory } from './filters/ordinary-memory.ts';
import { tenants } from './filters/tenants.ts';
import { traits } from './filters/traits.ts';
import type { Filter, Request } from './plugin.ts';

/** What a whole class of requests asks of a host; answers are kept in the ranking. */
export const shapeFilters: readonly Filter[] = [
  enabled,
  inZone,
  traits,
  capacity,
  groups,
  ordinaryMemory,
  numa,
  devices,
];

/** What one request asks; answered while the ranking is walked. */
const ofRequest: readonly Filter<Request>[] = [
  namedHosts,
  tenants,
  isolated,
  aggregateFlavors,
  aggregateImages,
  aggregateTraits,
  aggregateSpecs,
  imageHost,
  capabilities,
  near,
  jsonQuery,
  howMany,
  howBusy,
  metrics,
];
export const requestFilters: readonly Filter<Request>[] = [...ofRequest, group];

/** All of them, the cheap and telling ones first. */
export const filters: readonly Filter<Request>[] = [
  enabled,
  inZone,
  ...ofRequest,
  traits,
  capacity,
  groups,
  ordinaryMemory,
  numa,
  devices,
  group,
];
