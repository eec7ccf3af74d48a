/** How the scheduler chooses, as operators said. */

import * as scheduler from '../../core/config/scheduler.ts';
import type { Setting } from '../../core/config/setting.ts';
import type { Settings } from '../../core/config/settings.ts';
import type { PolicyName } from '../../core/scheduler/ask.ts';
import type { SchedulerOptions } from '../../core/scheduler/decide.ts';
import type { FilterOptions } from '../../core/scheduler/filter-options.ts';
import type { Weights } from '../../core/scheduler/plugin.ts';
import type { WeightsGiven } from '../../core/scheduler/policies.ts';

export const schedulerOptions = (said: Settings): SchedulerOptions => ({
  policy: said.of(scheduler.policy),
  weights: weightsIn(said),
  filters: filtersIn(said),
});

function weightsIn(said: Settings): WeightsGiven {
  const ofPolicies = scheduler.policyNames.map(
    (name) => [name, given(said, scheduler.weightOf[name])] as const,
  );
  return {
    all: { ...metricsWeight(said), ...given(said, scheduler.weightOfAll) },
    ...(Object.fromEntries(ofPolicies) as Record<PolicyName, Partial<Weights>>),
  };
}

/** Upstream has it in a section of its own, and gives figures a weight as soon as one is set. */
const metricsWeight = (said: Settings): Partial<Weights> =>
  said.of(scheduler.metricsSetting) === null
    ? {}
    : { metrics: said.of(scheduler.metricsMultiplier) };

/** What is not said is left out. */
function given<Values extends object>(
  said: Settings,
  settings: { readonly [Name in keyof Values]: Setting<Values[Name] | null> },
): Partial<Values> {
  const all = Object.entries<Setting<unknown>>(settings);
  const values = all.map(([name, setting]) => [name, said.of(setting)] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== null)) as Partial<Values>;
}

const filtersIn = (said: Settings): Partial<FilterOptions> => ({
  ...given<Pick<FilterOptions, 'isolated_images' | 'isolated_hosts'>>(said, {
    isolated_images: scheduler.isolatedImages,
    isolated_hosts: scheduler.isolatedHosts,
  }),
  ...given<{ default_zone: string }>(said, { default_zone: scheduler.defaultZone }),
  max_servers: said.of(scheduler.maxServers),
  max_busy: said.of(scheduler.maxBusy),
  isolated_hosts_only_for_images: said.of(scheduler.onlyForImages),
  image_type_support: said.of(scheduler.imageTypeSupport),
  default_architecture: said.of(scheduler.defaultArchitecture),
  aggregate_image_keys: imageKeys(said),
  own_aggregates: ownAggregates(said),
  metrics: metricsIn(said),
  image_props: imagePropsIn(said),
  isolate_aggregates: said.of(scheduler.isolatedAggregates),
});

/** e.g. namespace `os` with separator `_`; '': nobody says. */
function imageKeys(said: Settings): string {
  const namespace = said.of(scheduler.aggregateNamespace);
  return namespace === null ? '' : namespace + said.of(scheduler.aggregateSeparator);
}

function ownAggregates(said: Settings): FilterOptions['own_aggregates'] {
  if (!said.of(scheduler.ownAggregates)) return 'ignored';
  return said.of(scheduler.ownAggregatesRequired) ? 'required' : 'kept';
}

function metricsIn(said: Settings): FilterOptions['metrics'] {
  const weights = said.of(scheduler.metricsSetting);
  if (weights === null) return null;
  const required = said.of(scheduler.metricsRequired);
  return { weights, required, unavailable: said.of(scheduler.metricsUnavailable) };
}

/** Null: nobody gave them weight. */
function imagePropsIn(said: Settings): FilterOptions['image_props'] {
  const weights = said.of(scheduler.imageProps);
  const settings = [scheduler.weightOfAll, ...Object.values(scheduler.weightOf)].map(
    (one) => one['image-props'],
  );
  const asked = settings.some((one) => said.of(one) !== null);
  return weights ?? (asked ? {} : null);
}
