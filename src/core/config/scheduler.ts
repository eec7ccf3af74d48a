/** What is said of how servers are placed: the policy, the weights, what filters keep to. */
import type { PolicyName } from '../scheduler/ask.ts';
import type { Weights } from '../scheduler/plugin.ts';
import { policies } from '../scheduler/policies.ts';
import { multiplierOf } from '../scheduler/weights.ts';
import { choice, listOf, number, text, truth, weights, whole } from './kinds.ts';
import { type Process, type Setting, setting } from './setting.ts';

const LIMIT_MAX = 999_999_999;
const WEIGHT_MAX = 1e9;
const read_by: readonly Process[] = ['control plane'];
const weight = number({ least: -WEIGHT_MAX, most: WEIGHT_MAX });

export const policyNames = Object.keys(policies) as readonly PolicyName[];
const weigherNames = Object.keys(policies.spread) as readonly (keyof Weights)[];

export const policy = setting(choice(policyNames), {
  key: 'plimsoll.policy',
  says: 'How hosts are chosen: as evenly as possible, as few as possible, or in between.',
  unit: null,
  default: 'spread',
  read_by,
});

// ── weights ──────────────────────────────────────────────────────────────────────────────────

/** What each prefers, to end a sentence. */
const PREFERENCES: Readonly<Record<keyof Weights, string>> = {
  ram: 'hosts with more free memory',
  cpu: 'hosts with more free VCPUs',
  disk: 'hosts with more free disk',
  'io-ops': 'hosts where more is being done to servers',
  'num-instances': 'hosts with more servers',
  'hypervisor-version': 'hosts with a newer hypervisor',
  'build-failure': 'hosts that did not fail builds of late',
  lifetime: 'hosts that a server of known lifetime does not keep from becoming empty',
  headroom: 'hosts of zones that could still lose any one host',
  room: 'hosts that stay roomy',
  packing: 'hosts that are fuller',
  balanced: 'hosts that run out of everything at the same time',
  'whole-cells': 'hosts where NUMA cells stay whole',
  quiet: 'hosts where no group is gathering',
  siblings: 'hosts with room for many more of a gathering group',
  opened: 'hosts that are in use already',
  'spared-devices': 'hosts without devices, for guests without devices',
  metrics: 'hosts by their own figures',
  'image-props': 'hosts whose servers have images of the same properties',
  'soft-affinity': 'hosts with servers of the same group, where it wishes so',
  'soft-anti-affinity': 'hosts without servers of the same group, where it wishes so',
};

type WeightSettings = Readonly<Record<keyof Weights, Setting<number | null>>>;

const byWeigher = (make: (name: keyof Weights) => Setting<number | null>): WeightSettings =>
  Object.fromEntries(weigherNames.map((name) => [name, make(name)])) as WeightSettings;

const ownOf = (name: keyof Weights): string =>
  policyNames.map((each) => `${policies[each][name]} (${each})`).join(', ');

/** In every policy. */
export const weightOfAll = byWeigher((name) =>
  setting(weight, {
    key: `filter_scheduler.${multiplierOf(name)}`,
    says: `What it is worth, in every policy, to prefer ${PREFERENCES[name]}.`,
    unit: null,
    otherwise: ownOf(name),
    read_by,
  }),
);

/** In one. */
export const weightOf = Object.fromEntries(
  policyNames.map((one) => [
    one,
    byWeigher((name) =>
      setting(weight, {
        key: `${one}.${multiplierOf(name)}`,
        says: `What it is worth, with the policy ${one}, to prefer ${PREFERENCES[name]}.`,
        unit: null,
        otherwise: `that of every policy, else ${policies[one][name]}`,
        read_by,
      }),
    ),
  ]),
) as Readonly<Record<PolicyName, WeightSettings>>;

export const metricsSetting = setting(weights, {
  key: 'metrics.weight_setting',
  says: "What one of each of the hosts' own figures is worth, e.g. cpu.percent=-1.0.",
  unit: null,
  otherwise: 'none is weighed',
  read_by,
});

export const metricsMultiplier = setting(weight, {
  key: 'metrics.weight_multiplier',
  says: 'What those figures are worth together.',
  unit: null,
  default: '1',
  read_by,
});

export const metricsRequired = setting(truth, {
  key: 'metrics.required',
  says: 'Whether hosts that do not tell all of those figures take nothing.',
  unit: null,
  default: 'yes',
  read_by,
});

export const metricsUnavailable = setting(weight, {
  key: 'metrics.weight_of_unavailable',
  says: 'What such a host is worth otherwise.',
  unit: null,
  default: '-10000',
  read_by,
});

export const imageProps = setting(weights, {
  key: 'filter_scheduler.image_props_weight_setting',
  says: "What each property is worth that a server's image shares with others on the host.",
  unit: null,
  otherwise: '1 each, if its weight is said',
  read_by,
});

// ── what filters keep to ─────────────────────────────────────────────────────────────────────

const named = (name: string, says: string) =>
  setting(listOf(text), {
    key: `filter_scheduler.${name}`,
    says,
    unit: null,
    otherwise: 'none',
    read_by,
  });

const most = (name: string, says: string) =>
  setting(whole(0, LIMIT_MAX), {
    key: `filter_scheduler.${name}`,
    says,
    unit: 'servers',
    otherwise: 'any number',
    read_by,
  });

const yesOrNo = (key: string, says: string, otherwise: 'yes' | 'no') =>
  setting(truth, { key, says, unit: null, default: otherwise, read_by });

const word = (key: string, says: string, otherwise: string) =>
  setting(text, { key, says, unit: null, otherwise, read_by });

export const maxServers = most('max_instances_per_host', 'The most servers on a host.');
export const maxBusy = most('max_io_ops_per_host', 'The most servers of a host being worked on.');

export const isolatedImages = named('isolated_images', 'Images that go to isolated hosts alone.');
export const isolatedHosts = named('isolated_hosts', 'Hosts that are kept for those images.');
export const onlyForImages = yesOrNo(
  'filter_scheduler.restrict_isolated_hosts_to_isolated_images',
  'Whether isolated hosts take nothing else.',
  'yes',
);

export const defaultZone = word(
  'default.default_schedule_zone',
  'Where servers go that name no zone.',
  'anywhere; nova, where this machine is a host beside simulated ones',
);
export const defaultArchitecture = word(
  'filter_scheduler.image_properties_default_architecture',
  'What an image is for that does not say.',
  'anything',
);
export const aggregateNamespace = word(
  'filter_scheduler.aggregate_image_properties_isolation_namespace',
  'How keys of aggregates begin that speak of images.',
  'anyhow',
);
export const aggregateSeparator = setting(text, {
  key: 'filter_scheduler.aggregate_image_properties_isolation_separator',
  says: 'What follows in such a key.',
  unit: null,
  default: '.',
  read_by,
});

export const imageTypeSupport = yesOrNo(
  'scheduler.query_placement_for_image_type_support',
  'Whether an image goes only to hosts that say they can read its format.',
  'no',
);
export const isolatedAggregates = yesOrNo(
  'scheduler.enable_isolated_aggregate_filtering',
  'Whether hosts of an aggregate that requires a trait take only servers that require it too.',
  'yes',
);
export const ownAggregates = yesOrNo(
  'scheduler.limit_tenants_to_placement_aggregate',
  'Whether projects that aggregates name go nowhere else.',
  'no',
);
export const ownAggregatesRequired = yesOrNo(
  'scheduler.placement_aggregate_required_for_tenants',
  'Whether, then, all other projects go nowhere.',
  'no',
);

export const schedulerSettings: readonly Setting<unknown>[] = [
  ...[policy, maxServers, maxBusy, isolatedImages, isolatedHosts, onlyForImages],
  ...[defaultZone, defaultArchitecture, aggregateNamespace, aggregateSeparator],
  ...[imageTypeSupport, isolatedAggregates, ownAggregates, ownAggregatesRequired],
  ...[metricsSetting, metricsMultiplier, metricsRequired, metricsUnavailable, imageProps],
  ...Object.values(weightOfAll),
  ...policyNames.flatMap((name) => Object.values(weightOf[name])),
];
