/**
 * How the scheduler chooses, from the environment.
 *
 *   PLIMSOLL_POLICY=pack                              a word for all: spread, pack, balanced
 *   OS_FILTER_SCHEDULER__RAM_WEIGHT_MULTIPLIER=2      one weight, in every policy
 *   PLIMSOLL_PACK__RAM_WEIGHT_MULTIPLIER=0            … in this one
 *   OS_FILTER_SCHEDULER__MAX_INSTANCES_PER_HOST=50    what filters keep to
 *   OS_DEFAULT__DEFAULT_SCHEDULE_ZONE=nova            where servers go that name no zone
 *   OS_METRICS__WEIGHT_SETTING=cpu.percent=-1.0       what hosts' own figures are worth
 *
 * Weights and options have the names that oslo.config gives upstream's. What cannot be read is told
 * all at once, a line each.
 */
import { type Decision, done, no } from '../../core/ports/reply.ts';
import type { PolicyName } from '../../core/scheduler/ask.ts';
import type { SchedulerOptions } from '../../core/scheduler/decide.ts';
import type { FilterOptions } from '../../core/scheduler/filter-options.ts';
import type { Weights } from '../../core/scheduler/plugin.ts';
import { policies, type WeightsGiven } from '../../core/scheduler/policies.ts';
import { multiplierOf, numberSaid } from '../../core/scheduler/weights.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const SHARED = 'OS_FILTER_SCHEDULER__';
const policyNames = Object.keys(policies) as PolicyName[];
const weightNames = Object.keys(policies.spread) as (keyof Weights)[];

export function readSchedulerOptions(env: Environment): Decision<SchedulerOptions, string> {
  const wrong: string[] = [];
  const policy = policyNames.find((name) => name === (env['PLIMSOLL_POLICY'] ?? 'spread'));
  if (policy === undefined) {
    wrong.push(`PLIMSOLL_POLICY is ${policyNames.join(', ')}, not ${env['PLIMSOLL_POLICY']}`);
  }
  const weights: WeightsGiven = {
    all: { ...metricsWeight(env, wrong), ...weightsIn(env, SHARED, wrong) },
    ...Object.fromEntries(
      policyNames.map((name) => [name, weightsIn(env, `PLIMSOLL_${name.toUpperCase()}__`, wrong)]),
    ),
  };
  const filters = filtersIn(env, wrong);
  if (policy === undefined || wrong.length > 0) return no(wrong.join('; '));
  return done({ policy, weights, filters });
}

/** Upstream has it in a section of its own, and gives figures a weight as soon as one is set. */
function metricsWeight(env: Environment, wrong: string[]): Partial<Weights> {
  if (!env['OS_METRICS__WEIGHT_SETTING']) return {};
  return { metrics: numberIn(env, 'OS_METRICS__WEIGHT_MULTIPLIER', wrong) ?? 1 };
}

function weightsIn(env: Environment, prefix: string, wrong: string[]): Partial<Weights> {
  const given: Partial<Record<keyof Weights, number>> = {};
  for (const name of weightNames) {
    const key = prefix + multiplierOf(name).toUpperCase();
    const text = env[key];
    if (text === undefined) continue;
    const value = numberIn(env, key, wrong);
    if (value !== undefined) given[name] = value;
  }
  return given;
}

function filtersIn(env: Environment, wrong: string[]): Partial<FilterOptions> {
  const most = (name: string): number | null | undefined => {
    const text = env[SHARED + name];
    if (text === undefined) return undefined;
    if (/^\d{1,9}$/.test(text)) return Number(text);
    wrong.push(`${SHARED}${name} is a whole number, not ${text}`);
    return undefined;
  };
  const listed = (name: string) => env[SHARED + name]?.split(',').map((item) => item.trim());
  const given: { [Option in keyof FilterOptions]?: FilterOptions[Option] | undefined } = {
    max_servers: most('MAX_INSTANCES_PER_HOST'),
    max_busy: most('MAX_IO_OPS_PER_HOST'),
    isolated_images: listed('ISOLATED_IMAGES'),
    isolated_hosts: listed('ISOLATED_HOSTS'),
    isolated_hosts_only_for_images: truth(
      env[`${SHARED}RESTRICT_ISOLATED_HOSTS_TO_ISOLATED_IMAGES`],
    ),
    default_zone: env['OS_DEFAULT__DEFAULT_SCHEDULE_ZONE'] || undefined,
    image_type_support: truth(env['OS_SCHEDULER__QUERY_PLACEMENT_FOR_IMAGE_TYPE_SUPPORT']),
    default_architecture: env[`${SHARED}IMAGE_PROPERTIES_DEFAULT_ARCHITECTURE`] || undefined,
    aggregate_image_keys: imageKeys(env),
    own_aggregates: ownAggregates(env),
    metrics: metricsIn(env, wrong),
    image_props: imagePropsIn(env, wrong),
    isolate_aggregates: truth(env['OS_SCHEDULER__ENABLE_ISOLATED_AGGREGATE_FILTERING']),
  };
  const said = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(said) as Partial<FilterOptions>;
}

/** e.g. namespace `os` with separator `_`; undefined: nobody says. */
function imageKeys(env: Environment): string | undefined {
  const namespace = env[`${SHARED}AGGREGATE_IMAGE_PROPERTIES_ISOLATION_NAMESPACE`];
  const separator = env[`${SHARED}AGGREGATE_IMAGE_PROPERTIES_ISOLATION_SEPARATOR`] ?? '.';
  return namespace ? namespace + separator : undefined;
}

function ownAggregates(env: Environment): FilterOptions['own_aggregates'] | undefined {
  if (!truth(env['OS_SCHEDULER__LIMIT_TENANTS_TO_PLACEMENT_AGGREGATE'])) return undefined;
  const required = truth(env['OS_SCHEDULER__PLACEMENT_AGGREGATE_REQUIRED_FOR_TENANTS']);
  return required ? 'required' : 'kept';
}

/** Undefined: no figures are weighed. */
function metricsIn(env: Environment, wrong: string[]): FilterOptions['metrics'] | undefined {
  const weights = weighed(env, 'OS_METRICS__WEIGHT_SETTING', wrong);
  if (weights === undefined) return undefined;
  const required = truth(env['OS_METRICS__REQUIRED']) ?? true;
  const unavailable = numberIn(env, 'OS_METRICS__WEIGHT_OF_UNAVAILABLE', wrong) ?? -10_000;
  return { weights, required, unavailable };
}

/** Undefined: nobody gave them weight. */
function imagePropsIn(env: Environment, wrong: string[]): FilterOptions['image_props'] | undefined {
  const given = weighed(env, `${SHARED}IMAGE_PROPS_WEIGHT_SETTING`, wrong);
  const asked = Object.keys(env).some((key) => key.endsWith('__IMAGE_PROPS_WEIGHT_MULTIPLIER'));
  return given ?? (asked ? {} : undefined);
}

/** e.g. `cpu.percent=-1.0, cpu.idle.percent=0.5`; undefined: nothing is said. */
function weighed(
  env: Environment,
  key: string,
  wrong: string[],
): Readonly<Record<string, number>> | undefined {
  const items = (env[key] ?? '').split(',').filter((item) => item.trim() !== '');
  const pairs = items.map((item) => /^\s*([^=\s]+)\s*=\s*(\S+)\s*$/.exec(item));
  const read = pairs.map((pair) => [pair?.[1] ?? '', numberSaid(pair?.[2] ?? '')] as const);
  if (read.length === 0) return undefined;
  if (read.every(([, value]) => value !== null)) return Object.fromEntries(read) as never;
  wrong.push(`${key} is a list of NAME=NUMBER, not ${env[key]}`);
  return undefined;
}

function numberIn(env: Environment, key: string, wrong: string[]): number | undefined {
  const text = env[key];
  const value = text === undefined ? undefined : numberSaid(text);
  if (value === null) wrong.push(`${key} is a number, not ${text}`);
  return value ?? undefined;
}

const truth = (text: string | undefined): boolean | undefined =>
  text === undefined ? undefined : !/^(false|0|no|off)$/i.test(text);
