/**
 * Goal: a flavor, an image and hints become the ask that they mean, or a refusal that says why.
 * Method: examples by hand, one for each key and each way of getting it wrong.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import test from 'node:test';
import type { FlavorRow } from '../servers/rows.ts';
import type { Ask } from './ask.ts';
import { cpuSet } from './cpu-set.ts';
import { askFor, flavorAmounts } from './request.ts';

const flavor = (extra_specs: Record<string, string> = {}): FlavorRow => ({
  id: 'f',
  name: 'f',
  vcpus: 6,
  memory_mib: 4096,
  disk_gib: 20,
  ephemeral_gib: 10,
  swap_mib: 1025,
  rxtx_factor: 1,
  is_public: true,
  description: null,
  extra_specs,
  access: [],
  created_at_ms: 0,
});

function asked(specs: Record<string, string>, image: Record<string, string> = {}) {
  const server = {
    uuid: 's',
    flavor: flavor(specs),
    availability_zone: 'west',
    group_uuid: 'g',
    hints: { fault_domain: 2 },
  };
  return askFor({ server, image_properties: image, policy: 'spread' });
}

function ok(specs: Record<string, string>, image: Record<string, string> = {}): Ask {
  const result = asked(specs, image);
  if (result.is === 'no') throw new Error(result.why);
  return result.value;
}

function refused(specs: Record<string, string>, image: Record<string, string> = {}): string {
  const result = asked(specs, image);
  return result.is === 'no' ? result.why : 'not refused';
}

test('disk is root, ephemeral and swap, in GiB, rounded up: as the comment says', () => {
  deepEqual(flavorAmounts(flavor()), { VCPU: 6, MEMORY_MB: 4096, DISK_GB: 32 });
});

test('extra specs add, change and leave out resources', () => {
  const specs = { 'resources:VCPU': '0', 'resources:CUSTOM_X': '3', 'resources:DISK_GB': '5' };
  deepEqual(ok(specs).resources, { MEMORY_MB: 4096, DISK_GB: 5, CUSTOM_X: 3 });
  match(refused({ 'resources:VCPU': 'many' }), /no whole number: many/);
  match(refused({ resources1: '1' }), /names no resource class/);
});

test('traits come from flavor and image; an image cannot forbid', () => {
  const { required_traits, forbidden_traits } = ok(
    { 'trait:A': 'required', 'trait:B': 'forbidden', 'trait:C': 'wished' },
    { 'trait:D': 'required', 'trait:E': 'forbidden', 'trait:A': 'required' },
  );
  deepEqual(required_traits, ['A', 'D']);
  deepEqual(forbidden_traits, ['B']);
});

test('zone, group, fault domain and policy are carried over', () => {
  const { availability_zone, group, policy } = ok({});
  deepEqual(
    { availability_zone, group, policy },
    {
      availability_zone: 'west',
      group: { uuid: 'g', domain: '2' },
      policy: 'spread',
    },
  );
  equal(ok({ 'plimsoll:policy': 'pack' }).policy, 'pack');
  match(refused({ 'plimsoll:policy': 'tight' }), /not tight/);
});

test('NUMA nodes are even unless told otherwise', () => {
  deepEqual(ok({}).nodes, []);
  const half = { vcpus: 3, memory_mib: 2048 };
  deepEqual(ok({ 'hw:numa_nodes': '2' }).nodes, [half, half]);
  deepEqual(ok({}, { hw_numa_nodes: '2' }).nodes, [half, half]);
  const uneven = {
    'hw:numa_nodes': '2',
    'hw:numa_cpus.0': '0,1',
    'hw:numa_mem.0': '1024',
    'hw:numa_cpus.1': '2-5',
    'hw:numa_mem.1': '3072',
  };
  deepEqual(ok(uneven).nodes, [
    { vcpus: 2, memory_mib: 1024 },
    { vcpus: 4, memory_mib: 3072 },
  ]);
  match(refused({ ...uneven, 'hw:numa_cpus.1': '1-5' }), /twice/);
  match(refused({ ...uneven, 'hw:numa_cpus.1': '2-4' }), /without a node/);
  match(refused({ ...uneven, 'hw:numa_cpus.1': '2-6' }), /no set/);
  match(refused({ ...uneven, 'hw:numa_mem.1': '3000' }), /adds up to 4024/);
  match(refused({ 'hw:numa_nodes': '2', 'hw:numa_cpus.0': '0' }), /all nodes or none/);
});

test('NUMA nodes that cannot be are refused', () => {
  match(refused({ 'hw:numa_nodes': '4' }), /do not divide evenly/);
  match(refused({ 'hw:numa_nodes': 'two' }), /not two/);
  match(refused({ 'hw:numa_nodes': '0' }), /not 0/);
  match(refused({ 'hw:numa_nodes': '2' }, { hw_numa_nodes: '2' }), /the flavor does/);
});

test('CPU sets', () => {
  deepEqual(cpuSet('0-3,^2,8', 9), [0, 1, 3, 8]);
  for (const wrong of ['', 'a', '3-1', '9', '1,^1', '1,,2']) equal(cpuSet(wrong, 9), null, wrong);
});
