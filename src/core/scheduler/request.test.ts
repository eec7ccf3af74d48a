/**
 * Goal: a flavor, an image and hints become the ask that they mean, or a refusal that says why.
 * Method: examples by hand, one for each key and each way of getting it wrong.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import test from 'node:test';
import type { FlavorRow } from '../servers/rows.ts';
import { cpuSet } from '../topology/cpu-set.ts';
import type { Ask } from './ask.ts';
import { STANDARD_OPTIONS } from './filter-options.ts';
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
    project_id: 'p',
    image_id: null,
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
  match(refused({ 'resources:VCPU': 'many' }), /whole number from 0 to 2147483647, not many/);
  match(refused({ 'resources:VCPUS': '1' }), /did you mean resources:VCPU,/);
});

test('traits come from flavor and image; an image cannot forbid', () => {
  const { required_traits, forbidden_traits } = ok(
    { 'trait:CUSTOM_A': 'required', 'trait:CUSTOM_B': 'forbidden' },
    { 'trait:CUSTOM_D': 'required', 'trait:CUSTOM_A': 'required' },
  );
  deepEqual(required_traits, ['CUSTOM_A', 'CUSTOM_D']);
  deepEqual(forbidden_traits, ['CUSTOM_B']);
  match(refused({ 'trait:CUSTOM_A': 'wished' }), /required or forbidden, not wished/);
  match(refused({}, { 'trait:CUSTOM_A': 'forbidden' }), /is required, not forbidden/);
});

test('suffixes make groups, each with amounts and traits of its own', () => {
  const { resources, groups, group_policy } = ok({
    'resources1:VGPU': '1',
    'trait1:CUSTOM_FAST': 'required',
    'trait_b:CUSTOM_SLOW': 'forbidden',
    'resources_b:VGPU': '2',
    group_policy: 'isolate',
  });
  const none: readonly string[] = [];
  deepEqual(groups, [
    {
      suffix: '1',
      resources: { VGPU: 1 },
      required_traits: ['CUSTOM_FAST'],
      forbidden_traits: none,
    },
    {
      suffix: '_b',
      resources: { VGPU: 2 },
      required_traits: none,
      forbidden_traits: ['CUSTOM_SLOW'],
    },
  ]);
  equal(group_policy, 'isolate');
  equal('VGPU' in resources, false);
});

test('what a host must be able to give becomes traits', () => {
  const { required_traits } = ok(
    { 'hw:tpm_version': '2.0', 'hw:tpm_model': 'tpm-crb', 'os:secure_boot': 'required' },
    { hw_disk_bus: 'virtio', hw_firmware_type: 'uefi', os_secure_boot: 'optional' },
  );
  deepEqual(required_traits, [
    'COMPUTE_SECURITY_TPM_2_0',
    'COMPUTE_SECURITY_TPM_CRB',
    'COMPUTE_SECURITY_UEFI_SECURE_BOOT',
    'COMPUTE_STORAGE_BUS_VIRTIO',
    'COMPUTE_FIRMWARE_UEFI',
  ]);
  const uefi = { hw_firmware_type: 'uefi' };
  const [context] = ok({ 'hw:mem_encryption': 'true' }, uefi).groups;
  deepEqual(context?.resources, { MEM_ENCRYPTION_CONTEXT: 1 });
  deepEqual(context?.required_traits, ['HW_CPU_X86_AMD_SEV']);
  match(refused({ 'hw:mem_encryption': 'true' }), /hw_firmware_type=uefi/);
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
  match(refused({ 'plimsoll:policy': 'tight' }), /spread, pack or balanced, not tight/);
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

test('with the option image_type_support an image asks for hosts that read its format', () => {
  const server = { uuid: 's', flavor: flavor(), availability_zone: null, group_uuid: null };
  const more = { hints: {}, project_id: 'p', image_id: 'i' };
  const traits = (image_type_support: boolean, image_format: string | null) => {
    const options = { ...STANDARD_OPTIONS, image_type_support };
    const facts = { server: { ...server, ...more }, image_properties: {}, image_format };
    const result = askFor({ ...facts, policy: 'spread', options });
    return result.is === 'done' ? result.value.required_traits : result.why;
  };
  deepEqual(traits(true, 'qcow2'), ['COMPUTE_IMAGE_TYPE_QCOW2']);
  deepEqual([traits(true, null), traits(false, 'qcow2')], [[], []]);
});
