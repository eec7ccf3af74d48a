/**
 * Every extra spec of a flavor that means something, a row each. `resources…:` and `trait…:` name
 * classes and traits and are judged by those names (check.ts).
 *
 * What promises a share of a machine, or a device, and cannot be kept to yet is `unsupported`: a
 * flavor may say so, but no server is built from it as if it had not.
 */
import { LIFETIME, LIFETIME_KEY, LIFETIME_WORDS } from '../../servers/lifetime.ts';
import { GUEST, Keys, READ, type Row, traitAfter, traitsIf, unsupported } from './key.ts';
import { anyText, cpus, isTrue, oneOf, pageSize, truth, whole, words, written } from './value.ts';

const aliases = written(
  /^[^\s,:]+\s*:\s*[1-9]\d?(\s*,\s*[^\s,:]+\s*:\s*[1-9]\d?)*$/,
  'names with counts: gpu:2,nic:1',
);

const cpu: readonly Row[] = [
  ['hw:cpu_policy', oneOf('shared', 'dedicated', 'mixed'), READ],
  ['hw:cpu_thread_policy', oneOf('prefer', 'isolate', 'require'), READ],
  ['hw:cpu_dedicated_mask', cpus, READ],
  ['hw:cpu_realtime', truth, READ],
  ['hw:cpu_realtime_mask', cpus, READ],
  ['hw:emulator_threads_policy', oneOf('share', 'isolate'), READ],
  ['hw:cpu_sockets', whole(1), GUEST],
  ['hw:cpu_cores', whole(1), GUEST],
  ['hw:cpu_threads', whole(1), GUEST],
  ['hw:cpu_max_sockets', whole(1), GUEST],
  ['hw:cpu_max_cores', whole(1), GUEST],
  ['hw:cpu_max_threads', whole(1), GUEST],
  ['hw:pmu', truth, GUEST],
];

const memory: readonly Row[] = [
  ['hw:numa_nodes', whole(1, 64), READ],
  ['hw:numa_cpus.N', cpus, READ],
  ['hw:numa_mem.N', whole(1), READ],
  ['hw:mem_page_size', pageSize, READ],
  ['hw:locked_memory', truth, READ],
  ['hw:mem_encryption', truth, READ],
  ['hw:mem_encryption_model', oneOf('amd-sev', 'amd-sev-es'), READ],
  ['hw:maxphysaddr_mode', oneOf('passthrough', 'emulate'), READ],
  ['hw:maxphysaddr_bits', whole(32, 64), GUEST],
  ['hw:pmem', words, READ],
];

const devices: readonly Row[] = [
  ['hw:tpm_version', oneOf('1.2', '2.0'), traitAfter('COMPUTE_SECURITY_TPM_')],
  ['hw:tpm_model', oneOf('tpm-tis', 'tpm-crb'), traitAfter('COMPUTE_SECURITY_')],
  [
    'hw:tpm_secret_security',
    oneOf('user', 'host', 'deployment'),
    traitAfter('COMPUTE_SECURITY_TPM_SECRET_SECURITY_'),
  ],
  [
    'hw:viommu_model',
    oneOf('intel', 'smmuv3', 'virtio', 'auto'),
    traitAfter('COMPUTE_VIOMMU_MODEL_'),
  ],
  ['hw:virtio_packed_ring', truth, traitsIf(isTrue, 'COMPUTE_NET_VIRTIO_PACKED')],
  [
    'hw:sound_model',
    oneOf('ac97', 'es1370', 'ich6', 'ich9', 'pcspk', 'sb16', 'usb', 'virtio'),
    traitAfter('COMPUTE_SOUND_MODEL_'),
  ],
  ['hw:ephemeral_encryption', truth, traitsIf(isTrue, 'COMPUTE_EPHEMERAL_ENCRYPTION')],
  [
    'hw:ephemeral_encryption_format',
    oneOf('plain', 'luks', 'luksv2'),
    traitAfter('COMPUTE_EPHEMERAL_ENCRYPTION_'),
  ],
  ['hw:pci_numa_affinity_policy', oneOf('required', 'legacy', 'preferred', 'socket'), READ],
  ['hw:usb_model', written(/^[a-z0-9-]+$/, 'the name of a USB controller'), GUEST],
  ['hw:redirected_usb_ports', whole(0, 15), GUEST],
  ['hw:serial_port_count', whole(0), GUEST],
  ['hw:boot_menu', truth, GUEST],
  ['hw:vif_multiqueue_enabled', truth, GUEST],
  ['hw:hide_hypervisor_id', truth, GUEST],
  ['hide_hypervisor_id', truth, GUEST],
  ['hw:watchdog_action', oneOf('none', 'pause', 'poweroff', 'reset', 'disabled'), GUEST],
  ['hw_rng:allowed', truth, GUEST],
  ['hw_rng:rate_bytes', whole(0), GUEST],
  ['hw_rng:rate_period', whole(0), GUEST],
  ['hw_video:ram_max_mb', whole(0), GUEST],
  [
    'os:secure_boot',
    oneOf('disabled', 'optional', 'required'),
    traitsIf((v) => v === 'required', 'COMPUTE_SECURITY_UEFI_SECURE_BOOT'),
  ],
  ['pci_passthrough:alias', aliases, READ],
  ['accel:device_profile', anyText, unsupported()],
];

const THROTTLES = [
  'cpu_shares cpu_period cpu_quota cpu_limit cpu_reservation cpu_shares_level cpu_shares_share',
  'memory_limit memory_reservation memory_shares_level memory_shares_share',
  'disk_read_bytes_sec disk_read_iops_sec disk_write_bytes_sec disk_write_iops_sec',
  'disk_total_bytes_sec disk_total_iops_sec',
  'disk_io_limit disk_io_reservation disk_io_shares_level disk_io_shares_share',
  'vif_inbound_average vif_inbound_burst vif_inbound_peak',
  'vif_outbound_average vif_outbound_burst vif_outbound_peak',
  'vif_limit vif_reservation vif_shares_level vif_shares_share',
].flatMap((line) => line.split(' '));

const throttle = (name: string): Row => [
  `quota:${name}`,
  name.endsWith('_level') ? oneOf('low', 'normal', 'high', 'custom') : signed,
  unsupported(),
];
const signed = written(/^-?\d{1,12}$/, 'a whole number');

const choice: readonly Row[] = [
  ['group_policy', oneOf('none', 'isolate'), READ],
  ['plimsoll:policy', oneOf('spread', 'pack', 'balanced'), READ],
  [LIFETIME_KEY, written(LIFETIME, LIFETIME_WORDS), READ],
  ['capabilities:*', anyText, READ],
  ['aggregate_instance_extra_specs:*', anyText, READ],
  ['vmware:*', anyText, unsupported()],
];

export const flavorKeys = new Keys([
  ...cpu,
  ...memory,
  ...devices,
  ...THROTTLES.map(throttle),
  ...choice,
]);
