/**
 * Goal: the scheduler's options are read from the environment under upstream's names, one policy's
 * weight comes before that of all, and what is wrong is named, all at once. Method: examples; what
 * was read is tried on a decision in scheduler/weighers/weighers.test.ts.
 */
import { deepEqual, equal } from 'node:assert/strict';
import test from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { STANDARD_OPTIONS } from '../../core/scheduler/filter-options.ts';
import { weightsWith } from '../../core/scheduler/policies.ts';
import { said, wrongIn } from '../config/said.fixture.ts';
import { schedulerOptions } from './scheduler-options.ts';

/** With only those filters that differ from the standard. */
function read(env: Readonly<Record<string, string>>) {
  const { filters = {}, ...options } = schedulerOptions(said(env));
  const standard = Object.entries(STANDARD_OPTIONS);
  const others = Object.entries(filters).filter(
    ([name, value]) => !standard.some((one) => isDeepStrictEqual(one, [name, value])),
  );
  return { ...options, filters: Object.fromEntries(others) };
}

test('nothing said: the policy spread, and every weight its own', () => {
  const { policy, weights = {}, filters } = read({});
  equal(policy, 'spread');
  deepEqual(weightsWith(weights), weightsWith({}));
  deepEqual(filters, {});
});

test('policies, weights and limits are read under their names', () => {
  const { policy, weights, filters } = read({
    PLIMSOLL_POLICY: 'pack',
    OS_FILTER_SCHEDULER__IO_OPS_WEIGHT_MULTIPLIER: '-2.5',
    OS_FILTER_SCHEDULER__WHOLE_CELLS_WEIGHT_MULTIPLIER: '3',
    PLIMSOLL_PACK__WHOLE_CELLS_WEIGHT_MULTIPLIER: '30',
    OS_FILTER_SCHEDULER__MAX_INSTANCES_PER_HOST: '50',
    OS_FILTER_SCHEDULER__ISOLATED_HOSTS: 'a, b',
    OS_DEFAULT__DEFAULT_SCHEDULE_ZONE: 'west',
    OS_FILTER_SCHEDULER__RESTRICT_ISOLATED_HOSTS_TO_ISOLATED_IMAGES: 'false',
  });
  equal(policy, 'pack');
  const all = weightsWith(weights ?? {});
  deepEqual([all.pack['io-ops'], all.spread['io-ops']], [-2.5, -2.5]);
  deepEqual([all.pack['whole-cells'], all.spread['whole-cells']], [30, 3]);
  deepEqual(filters, {
    max_servers: 50,
    default_zone: 'west',
    isolated_hosts: ['a', 'b'],
    isolated_hosts_only_for_images: false,
  });
});

test('figures, image properties and formats have weight only where somebody says so', () => {
  const { weights, filters } = read({
    OS_METRICS__WEIGHT_SETTING: 'cpu.percent=-1.0, cpu.idle.percent = 0.5',
    OS_METRICS__WEIGHT_MULTIPLIER: '2',
    OS_METRICS__REQUIRED: 'false',
    OS_FILTER_SCHEDULER__IMAGE_PROPS_WEIGHT_SETTING: 'os_distro=2',
    OS_FILTER_SCHEDULER__IMAGE_PROPS_WEIGHT_MULTIPLIER: '3',
    OS_SCHEDULER__QUERY_PLACEMENT_FOR_IMAGE_TYPE_SUPPORT: 'true',
  });
  deepEqual(filters, {
    image_type_support: true,
    metrics: {
      weights: { 'cpu.percent': -1, 'cpu.idle.percent': 0.5 },
      required: false,
      unavailable: -10_000,
    },
    image_props: { os_distro: 2 },
  });
  const { pack } = weightsWith(weights ?? {});
  deepEqual([pack.metrics, pack['image-props']], [2, 3]);
  const plainly = read({ PLIMSOLL_PACK__IMAGE_PROPS_WEIGHT_MULTIPLIER: '1' });
  deepEqual(plainly.filters, { image_props: {} });
});

test('what images and projects are kept to is read under upstream’s names', () => {
  const limited = { OS_SCHEDULER__LIMIT_TENANTS_TO_PLACEMENT_AGGREGATE: 'true' };
  const { filters } = read({
    ...limited,
    OS_FILTER_SCHEDULER__IMAGE_PROPERTIES_DEFAULT_ARCHITECTURE: 'x86_64',
    OS_FILTER_SCHEDULER__AGGREGATE_IMAGE_PROPERTIES_ISOLATION_NAMESPACE: 'os',
    OS_FILTER_SCHEDULER__AGGREGATE_IMAGE_PROPERTIES_ISOLATION_SEPARATOR: '_',
  });
  deepEqual(filters, {
    default_architecture: 'x86_64',
    aggregate_image_keys: 'os_',
    own_aggregates: 'kept',
  });
  const OS_SCHEDULER__PLACEMENT_AGGREGATE_REQUIRED_FOR_TENANTS = 'true';
  const required = { OS_SCHEDULER__PLACEMENT_AGGREGATE_REQUIRED_FOR_TENANTS };
  deepEqual(read({ ...limited, ...required }).filters, { own_aggregates: 'required' });
  deepEqual(read(required).filters, {});
});

test('what is wrong is named', () => {
  deepEqual(
    wrongIn({
      PLIMSOLL_POLICY: 'stack',
      OS_FILTER_SCHEDULER__RAM_WEIGHT_MULTIPLIER: 'heavy',
      OS_FILTER_SCHEDULER__MAX_IO_OPS_PER_HOST: '-1',
      OS_METRICS__WEIGHT_SETTING: 'cpu.percent',
    }),
    [
      'PLIMSOLL_POLICY stack: it must be spread, pack, balanced',
      'OS_FILTER_SCHEDULER__MAX_IO_OPS_PER_HOST -1: it must be a whole number from 0 to 999999999',
      'OS_METRICS__WEIGHT_SETTING cpu.percent: it must be a list of NAME=NUMBER',
      'OS_FILTER_SCHEDULER__RAM_WEIGHT_MULTIPLIER heavy: it must be a number from -1000000000 to ' +
        '1000000000',
    ],
  );
});
