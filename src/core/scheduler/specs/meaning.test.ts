/**
 * Goal: no key that the tables know is taken and dropped. Each either changes what is asked of
 * hosts, or is refused by its name with the reason, or is a matter of the guest's devices alone.
 * Method: a line a key, with what else it needs said; the request with it and the one without are
 * compared. Every key of both tables has a line, and every key that upstream's validator knows.
 *
 * Mutants that were caught: thread policies, isolated emulators and the model of the encryption
 * left out of the request; a key made `guest` though it was refused.
 */
import { deepEqual, equal, match, notDeepEqual, ok } from 'node:assert/strict';
import test from 'node:test';
import type { Alias } from '../../devices/alias.ts';
import { flavorOf } from '../little-fleet.fixture.ts';
import { askFor } from '../request.ts';
import { flavorKeys } from './flavor-keys.ts';
import { imageKeys } from './image-keys.ts';

/** key=value, or key= with what must be said beside it. */
const ASKS = `
  hw:cpu_policy=dedicated
  hw:cpu_thread_policy=isolate            hw:cpu_policy=dedicated
  hw:cpu_dedicated_mask=0-1               hw:cpu_policy=mixed
  hw:emulator_threads_policy=isolate      hw:cpu_policy=dedicated
  hw:numa_nodes=2
  hw:numa_cpus.0=0  hw:numa_nodes=2 hw:numa_cpus.1=1-3 hw:numa_mem.0=1024 hw:numa_mem.1=3072
  hw:numa_mem.0=1024  hw:numa_nodes=2 hw:numa_cpus.0=0 hw:numa_cpus.1=1-3 hw:numa_mem.1=3072
  hw:mem_page_size=large
  hw:cpu_realtime=true                    hw:cpu_policy=dedicated hw:cpu_realtime_mask=^0
  hw:cpu_realtime_mask=2-3 hw:cpu_policy=mixed hw:cpu_dedicated_mask=1-3 hw:cpu_realtime=true
  hw:locked_memory=true                   hw:mem_page_size=large
  hw:pmem=4GB
  hw:mem_encryption=true                  hw_firmware_type=uefi
  hw:mem_encryption_model=amd-sev-es      hw:mem_encryption=true hw_firmware_type=uefi
  hw:maxphysaddr_mode=emulate
  hw:tpm_version=2.0
  hw:tpm_model=tpm-crb
  hw:tpm_secret_security=host
  hw:viommu_model=virtio
  hw:virtio_packed_ring=true
  hw:sound_model=virtio
  hw:ephemeral_encryption=true
  hw:ephemeral_encryption_format=luks
  hw:pci_numa_affinity_policy=required    pci_passthrough:alias=gpu:1
  os:secure_boot=required
  pci_passthrough:alias=gpu:1
  group_policy=isolate
  plimsoll:policy=pack
  plimsoll:lifetime=12h
  capabilities:hypervisor_type=qemu
  aggregate_instance_extra_specs:ssd=true
  resources:CUSTOM_X=1
  resources1:VGPU=1
  trait:HW_CPU_X86_AVX2=required
  trait1:HW_CPU_X86_AVX2=forbidden        resources1:VGPU=1
  hw_cpu_policy=dedicated
  hw_cpu_thread_policy=require            hw_cpu_policy=dedicated
  hw_emulator_threads_policy=isolate      hw_cpu_policy=dedicated
  hw_numa_nodes=2
  hw_numa_cpus.0=0  hw_numa_nodes=2 hw_numa_cpus.1=1-3 hw_numa_mem.0=1024 hw_numa_mem.1=3072
  hw_numa_mem.0=1024  hw_numa_nodes=2 hw_numa_cpus.0=0 hw_numa_cpus.1=1-3 hw_numa_mem.1=3072
  hw_mem_page_size=2MB                    hw:mem_page_size=any
  hw_cpu_realtime_mask=2-3 hw:cpu_realtime=true hw:cpu_policy=dedicated hw:cpu_realtime_mask=^0
  hw_locked_memory=true                   hw:mem_page_size=large
  hw_mem_encryption=true                  hw_firmware_type=uefi
  hw_mem_encryption_model=amd-sev-es      hw_mem_encryption=true hw_firmware_type=uefi
  hw_maxphysaddr_mode=passthrough
  hw_disk_bus=virtio
  hw_cdrom_bus=sata
  hw_rescue_bus=usb
  hw_vif_model=e1000
  hw_video_model=qxl
  hw_sound_model=virtio
  hw_viommu_model=intel
  hw_firmware_type=uefi
  hw_firmware_stateless=true
  hw_tpm_version=2.0
  hw_tpm_model=tpm-tis
  os_secure_boot=required
  hw_virtio_packed_ring=true
  hw_ephemeral_encryption=true
  hw_ephemeral_encryption_format=plain
  hw_pci_numa_affinity_policy=socket      pci_passthrough:alias=gpu:1
  trait:HW_CPU_X86_AVX=required
`;

/** Refused by name, since nothing here could keep to it. */
const REFUSED = `
  accel:device_profile=fpga   quota:cpu_shares=512
  quota:disk_read_iops_sec=1  quota:vif_inbound_peak=9    vmware:tpm=true
  hw_emulation_architecture=aarch64
`;

/** For filters that read the image itself (filters/filters.test.ts). */
const OF_FILTERS = ['hw_architecture'];

const NAMES = ['hw:cpu_policy', 'hw:cpu_thread_policy', 'hw:cpu_realtime', 'hw:cpu_realtime_mask']
  .concat('hw:emulator_threads_policy hw:cpu_dedicated_mask hw:mem_page_size'.split(' '))
  .concat('hw:locked_memory hw:numa_nodes hw:numa_cpus.0 hw:numa_mem.0 hw:cpu_sockets'.split(' '))
  .concat('hw:pci_numa_affinity_policy hw:cpu_cores hw:cpu_threads hw:boot_menu'.split(' '))
  .concat('hw:cpu_max_sockets hw:cpu_max_cores hw:cpu_max_threads hw:pmem hw:pmu'.split(' '))
  .concat('hw:vif_multiqueue_enabled hw:mem_encryption hw:mem_encryption_model'.split(' '))
  .concat('hw:serial_port_count hw:tpm_model hw:tpm_version hw:tpm_secret_security'.split(' '))
  .concat('hw:watchdog_action hw:viommu_model hw:virtio_packed_ring hw:sound_model'.split(' '))
  .concat('hw:usb_model hw:redirected_usb_ports hw:ephemeral_encryption'.split(' '))
  .concat('hw:ephemeral_encryption_format hw:maxphysaddr_mode hw:maxphysaddr_bits'.split(' '))
  .concat('hw:hide_hypervisor_id hide_hypervisor_id group_policy os:secure_boot'.split(' '))
  .concat('hw_rng:allowed hw_video:ram_max_mb pci_passthrough:alias'.split(' '));

const GPU: Alias = {
  name: 'gpu',
  kind: 'PCI',
  numa: null,
  any_of: [
    { vendor_id: '1', product_id: '2', resource_class: null, traits: [], live_migratable: null },
  ],
};

type Pair = readonly [key: string, value: string];
const pairOf = (text: string): Pair => {
  const at = text.indexOf('=');
  return [text.slice(0, at), text.slice(at + 1)];
};
const pairsIn = (text: string): readonly Pair[] => text.trim().split(/\s+/).map(pairOf);

/** Flavors' keys have a colon in their names; what an image says of traits has one too. */
const isImages = ([key]: Pair): boolean =>
  /^(hw_|os_)(?!rng:|video:)/.test(key) || key === 'trait:HW_CPU_X86_AVX';

function asked(pairs: readonly Pair[]) {
  const of = (image: boolean) => Object.fromEntries(pairs.filter((one) => isImages(one) === image));
  const flavor = { ...flavorOf('f', 4), memory_mib: 4096, extra_specs: of(false) };
  const server = {
    ...{ uuid: 's', flavor, availability_zone: null, group_uuid: null, hints: {} },
    ...{ project_id: 'p', image_id: null },
  };
  const aliases = new Map([['gpu', GPU]]);
  return askFor({ server, image_properties: of(true), policy: 'spread', aliases });
}

/** What hosts are asked for, without the image as it came. */
function essence(pairs: readonly Pair[]) {
  const said = asked(pairs);
  if (said.is === 'no') return said.why;
  return { ...said.value, about: { ...said.value.about, image: {} } };
}

for (const line of ASKS.trim().split('\n')) {
  const [own, ...beside] = pairsIn(line) as [Pair, ...Pair[]];
  test(`${own.join('=')} changes what is asked of hosts`, () => {
    const all = asked([own, ...beside]);
    equal(all.is === 'no' ? all.why : all.is, 'done');
    notDeepEqual(essence([own, ...beside]), essence(beside));
  });
}

test('what cannot be kept to is refused by its name, with the reason', () => {
  for (const own of pairsIn(REFUSED)) {
    const said = asked([own]);
    match(said.is === 'no' ? said.why : '', new RegExp(`^${own[0]}=.* cannot be kept to`));
  }
});

test('what is a matter of the guest’s devices changes nothing for hosts', () => {
  for (const keys of [flavorKeys, imageKeys]) {
    for (const key of keys.names.filter((name) => keys.find(name)?.fate.is === 'guest')) {
      const value = ['true', '2', '40', 'virtio', 'reset'].find((one) =>
        keys.find(key)?.value.fits(one),
      );
      deepEqual(essence([[key, value ?? '']]), essence([]), key);
    }
  }
});

test('every key has its line, and so has every one that upstream knows', () => {
  const lines = new Set(
    [...pairsIn(ASKS), ...pairsIn(REFUSED)].map(([key]) => key.replace(/\.0$/, '.N')),
  );
  const named = (key: string) => [...lines].some((one) => flavorKeys.find(one)?.key === key);
  for (const key of flavorKeys.names) {
    const { fate } = flavorKeys.find(key.replace('.N', '.0').replace('*', 'x')) ?? {};
    if (fate?.is === 'guest' || key.startsWith('quota:')) continue;
    ok(lines.has(key) || named(key), `${key} is in no line`);
  }
  for (const key of imageKeys.names) {
    const { fate } = imageKeys.find(key.replace('.N', '.0')) ?? {};
    if (fate?.is === 'guest' || OF_FILTERS.includes(key)) continue;
    ok(lines.has(key), `${key} is in no line`);
  }
  for (const name of NAMES) ok(flavorKeys.find(name) !== undefined, `${name} is not known`);
});
