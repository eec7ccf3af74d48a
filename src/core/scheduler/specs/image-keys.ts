/**
 * Every `hw_…`, `os_…` property of an image that means something to where its servers go, or to
 * their devices. A device model becomes the trait of a host that can give it.
 */
import { GUEST, Keys, READ, type Row, traitAfter, traitsIf, unsupported } from './key.ts';
import { anyText, cpus, isTrue, oneOf, pageSize, truth, whole, written } from './value.ts';

const model = written(/^[a-z0-9_-]+$/i, 'the name of a model');

const machine: readonly Row[] = [
  ['hw_cpu_policy', oneOf('shared', 'dedicated', 'mixed'), READ],
  ['hw_cpu_thread_policy', oneOf('prefer', 'isolate', 'require'), READ],
  ['hw_cpu_realtime_mask', cpus, READ],
  ['hw_emulator_threads_policy', oneOf('share', 'isolate'), READ],
  ['hw_cpu_sockets', whole(1), GUEST],
  ['hw_cpu_cores', whole(1), GUEST],
  ['hw_cpu_threads', whole(1), GUEST],
  ['hw_cpu_max_sockets', whole(1), GUEST],
  ['hw_cpu_max_cores', whole(1), GUEST],
  ['hw_cpu_max_threads', whole(1), GUEST],
  ['hw_numa_nodes', whole(1, 64), READ],
  ['hw_numa_cpus.N', cpus, READ],
  ['hw_numa_mem.N', whole(1), READ],
  ['hw_mem_page_size', pageSize, READ],
  ['hw_locked_memory', truth, READ],
  ['hw_mem_encryption', truth, READ],
  ['hw_mem_encryption_model', oneOf('amd-sev', 'amd-sev-es'), READ],
  ['hw_maxphysaddr_mode', oneOf('passthrough', 'emulate'), READ],
  ['hw_maxphysaddr_bits', whole(32, 64), GUEST],
  ['hw_architecture', model, READ],
  ['hw_machine_type', anyText, GUEST],
  ['hw_pmu', truth, GUEST],
  ['hw_time_hpet', truth, GUEST],
];

const devices: readonly Row[] = [
  ['hw_disk_bus', model, traitAfter('COMPUTE_STORAGE_BUS_')],
  ['hw_cdrom_bus', model, traitAfter('COMPUTE_STORAGE_BUS_')],
  ['hw_rescue_bus', model, traitAfter('COMPUTE_STORAGE_BUS_')],
  ['hw_vif_model', model, traitAfter('COMPUTE_NET_VIF_MODEL_')],
  ['hw_video_model', model, traitAfter('COMPUTE_GRAPHICS_MODEL_')],
  ['hw_sound_model', model, traitAfter('COMPUTE_SOUND_MODEL_')],
  ['hw_viommu_model', model, traitAfter('COMPUTE_VIOMMU_MODEL_')],
  ['hw_firmware_type', oneOf('bios', 'uefi'), traitAfter('COMPUTE_FIRMWARE_')],
  ['hw_firmware_stateless', truth, traitsIf(isTrue, 'COMPUTE_SECURITY_STATELESS_FIRMWARE')],
  ['hw_tpm_version', oneOf('1.2', '2.0'), traitAfter('COMPUTE_SECURITY_TPM_')],
  ['hw_tpm_model', oneOf('tpm-tis', 'tpm-crb'), traitAfter('COMPUTE_SECURITY_')],
  [
    'os_secure_boot',
    oneOf('disabled', 'optional', 'required'),
    traitsIf((v) => v === 'required', 'COMPUTE_SECURITY_UEFI_SECURE_BOOT'),
  ],
  ['hw_virtio_packed_ring', truth, traitsIf(isTrue, 'COMPUTE_NET_VIRTIO_PACKED')],
  ['hw_ephemeral_encryption', truth, traitsIf(isTrue, 'COMPUTE_EPHEMERAL_ENCRYPTION')],
  [
    'hw_ephemeral_encryption_format',
    oneOf('plain', 'luks', 'luksv2'),
    traitAfter('COMPUTE_EPHEMERAL_ENCRYPTION_'),
  ],
  ['hw_ephemeral_encryption_secret_uuid', anyText, GUEST],
  ['hw_pci_numa_affinity_policy', oneOf('required', 'legacy', 'preferred', 'socket'), READ],
  ['hw_boot_menu', truth, GUEST],
  ['hw_disk_type', model, GUEST],
  ['hw_emulation_architecture', model, unsupported()],
  ['hw_floppy_bus', model, GUEST],
  ['hw_input_bus', model, GUEST],
  ['hw_ipxe_boot', truth, GUEST],
  ['hw_pointer_model', model, GUEST],
  ['hw_qemu_guest_agent', truth, GUEST],
  ['hw_redirected_usb_ports', whole(0, 15), GUEST],
  ['hw_rescue_device', model, GUEST],
  ['hw_rng_model', model, GUEST],
  ['hw_scsi_model', model, GUEST],
  ['hw_serial_port_count', whole(0), GUEST],
  ['hw_usb_model', model, GUEST],
  ['hw_video_ram', whole(0), GUEST],
  ['hw_vif_multiqueue_enabled', truth, GUEST],
  ['hw_watchdog_action', oneOf('none', 'pause', 'poweroff', 'reset', 'disabled'), GUEST],
];

export const imageKeys = new Keys([...machine, ...devices]);
