/** What is said of a process of agents: whom it dials, as which hosts, and what runs the guests. */
import { configFile, providerConfig } from './common.ts';
import { choice, listOf, path, text, url, whole } from './kinds.ts';
import { type Process, type Setting, setting } from './setting.ts';

const BANDWIDTH_MAX_MIB = 1_000_000;
const DRIVERS = ['simulated', 'qemu', 'libvirt'] as const;
const read_by: readonly Process[] = ['agent'];
const controlUrl = url(['http', 'https', 'ws', 'wss', 'nats', 'tls'], 'http://127.0.0.1:8780');

export const control = setting(listOf(controlUrl, ' '), {
  key: 'agent.control',
  flag: 'control',
  placeholder: 'url',
  says: 'The control planes to dial, or the NATS server by which all of them are reached.',
  unit: null,
  default: 'http://127.0.0.1:8780',
  secret: 'url',
  read_by,
});

export const tokens = setting(path, {
  key: 'agent.tokens',
  flag: 'tokens',
  placeholder: 'file',
  says: 'The file with HOST TOKEN a line, from `plimsoll host token`.',
  unit: null,
  otherwise: 'none: it must be said',
  read_by,
});

export const certificates = setting(path, {
  key: 'agent.certificates',
  flag: 'certificates',
  placeholder: 'directory',
  says: 'Where HOST.crt and HOST.key are, a certificate a host, for control planes that ask.',
  unit: null,
  otherwise: 'none: a token is enough',
  read_by,
});

export const ca = setting(path, {
  key: 'agent.ca',
  flag: 'ca',
  placeholder: 'file',
  says: 'The authority that signed the certificates of the control planes; PEM.',
  unit: null,
  otherwise: 'those that Node trusts',
  read_by,
});

export const state = setting(path, {
  key: 'agent.state',
  flag: 'state',
  placeholder: 'directory',
  says: 'Where it keeps what must outlive it.',
  unit: null,
  default: '.plimsoll-agent',
  upstream: '[DEFAULT] state_path',
  read_by,
});

export const driver = setting(choice(DRIVERS), {
  key: 'agent.driver',
  flag: 'driver',
  placeholder: 'name',
  says: 'What runs the guests: simulated, QEMU by itself, or the libvirtd that is there.',
  unit: null,
  default: 'simulated',
  upstream: '[DEFAULT] compute_driver',
  read_by,
});

export const zone = setting(text, {
  key: 'agent.zone',
  flag: 'zone',
  placeholder: 'name',
  says: 'The availability zone of its hosts.',
  unit: null,
  otherwise: 'nova; qemu for real guests',
  upstream: '[DEFAULT] default_availability_zone',
  read_by,
});

export const libvirtSocket = setting(path, {
  key: 'agent.libvirt_socket',
  flag: 'libvirt-socket',
  placeholder: 'path',
  says: 'Where libvirtd listens.',
  unit: null,
  otherwise: 'where it does by itself, below /run/libvirt',
  upstream: '[libvirt] connection_uri',
  read_by,
});

export const cleanDevice = setting(path, {
  key: 'agent.clean_device',
  flag: 'clean-device',
  placeholder: 'program',
  says: 'A program that is run with the address of a device that was used once.',
  unit: null,
  otherwise: 'none: somebody else cleans',
  read_by,
});

export const listen = setting(text, {
  key: 'agent.listen',
  flag: 'listen',
  placeholder: 'address',
  says: 'Where other machines send guests to.',
  unit: null,
  otherwise: 'none: all hosts are on this machine',
  upstream: '[libvirt] live_migration_inbound_addr',
  read_by,
});

export const bandwidth = setting(whole(1, BANDWIDTH_MAX_MIB), {
  key: 'agent.bandwidth',
  flag: 'bandwidth',
  placeholder: 'mib',
  says: 'What a guest that leaves may take at most.',
  unit: 'MiB/s',
  otherwise: 'all there is',
  upstream: '[libvirt] live_migration_bandwidth',
  read_by,
});

export const ACCELS = ['auto', 'kvm', 'tcg'] as const;
export const accel = setting(choice(ACCELS), {
  key: 'agent.accel',
  flag: 'accel',
  placeholder: 'name',
  says: 'Whether guests are run by the processor (kvm) or emulated (tcg); auto: what truly works.',
  unit: null,
  default: 'auto',
  read_by,
});

/** In the order in which the command shows its flags. */
export const agentSettings: readonly Setting<unknown>[] = [
  ...[control, tokens, certificates, ca, state, driver, libvirtSocket, zone, providerConfig],
  ...[cleanDevice, listen, bandwidth, accel, configFile],
];
