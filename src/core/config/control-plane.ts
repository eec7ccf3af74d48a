/** What is said of a control plane: where it keeps things, where it listens, who may ask. */
import { configFile } from './common.ts';
import { choice, path, text, truth, url, whole } from './kinds.ts';
import { bridges } from './kinds-of-hosts.ts';
import { type Process, type Setting, setting } from './setting.ts';

const HOSTS_MAX = 1000;
const PORT_MAX = 65_535;
const TIMEOUT_MAX_S = 999_999;
const TEN_YEARS_S = 10 * 365 * 86_400;
const read_by: readonly Process[] = ['control plane'];

export const LOOPBACK = ['127.0.0.1', 'localhost', '::1'] as const;
export const isLoopback = (host: string): boolean => (LOOPBACK as readonly string[]).includes(host);

export const data = setting(path, {
  key: 'plimsoll.data',
  flag: 'data',
  placeholder: 'DIR',
  says: 'Where everything is kept: the database, images, simulated guests, clouds.yaml, the log.',
  unit: null,
  default: '.plimsoll',
  read_by,
});

export const database = setting(url(['postgres', 'postgresql'], 'postgres://user@host/database'), {
  key: 'plimsoll.database',
  flag: 'database',
  placeholder: 'URL',
  says: 'A PostgreSQL server for the tables; a password is better said where nobody lists it.',
  unit: null,
  otherwise: 'a file in the data directory',
  upstream: '[database] connection',
  secret: 'url',
  read_by,
});

export const shared = setting(truth, {
  key: 'plimsoll.shared',
  flag: 'shared',
  says: 'Whether this is one of several equal processes on one database.',
  unit: null,
  default: 'no',
  read_by,
});

export const images = setting(path, {
  key: 'plimsoll.images',
  flag: 'images',
  placeholder: 'DIR',
  says: 'Where images are, the same for all that share a database.',
  unit: null,
  otherwise: 'images, in the data directory',
  read_by,
});

export const nats = setting(url(['nats', 'tls'], 'nats://host:4222'), {
  key: 'plimsoll.nats',
  flag: 'nats',
  placeholder: 'URL',
  says: 'A NATS server by which agents are reached as well.',
  unit: null,
  otherwise: 'none',
  upstream: '[DEFAULT] transport_url',
  secret: 'url',
  read_by,
});

export const natsKey = setting(path, {
  key: 'plimsoll.nats_key',
  flag: 'nats-key',
  placeholder: 'FILE',
  says: 'The file with the key that the control planes have at the NATS server.',
  unit: null,
  otherwise: 'none',
  read_by,
});

export const port = setting(whole(0, PORT_MAX), {
  key: 'plimsoll.port',
  flag: 'port',
  placeholder: 'N',
  says: 'The port to listen on; 0 takes any free one.',
  unit: null,
  default: '8780',
  upstream: '[DEFAULT] osapi_compute_listen_port',
  read_by,
});

export const host = setting(text, {
  key: 'plimsoll.host',
  flag: 'host',
  placeholder: 'NAME',
  says: 'The address to listen on; any but loopback needs TLS.',
  unit: null,
  default: '127.0.0.1',
  upstream: '[DEFAULT] osapi_compute_listen',
  read_by,
});

export const tlsCert = setting(path, {
  key: 'plimsoll.tls_cert',
  flag: 'tls-cert',
  placeholder: 'FILE',
  says: 'The certificate to serve TLS with, and those between it and its authority; PEM.',
  unit: null,
  otherwise: 'none: plain HTTP',
  upstream: '[ssl] cert_file',
  read_by,
});

export const tlsKey = setting(path, {
  key: 'plimsoll.tls_key',
  flag: 'tls-key',
  placeholder: 'FILE',
  says: 'The key of that certificate; PEM.',
  unit: null,
  otherwise: 'none',
  upstream: '[ssl] key_file',
  read_by,
});

export const agentCa = setting(path, {
  key: 'plimsoll.agent_ca',
  flag: 'agent-ca',
  placeholder: 'FILE',
  says: 'The authority of the certificates that agents have to show when they dial in; PEM.',
  unit: null,
  otherwise: 'none: a token is enough',
  read_by,
});

export const metricsToken = setting(path, {
  key: 'plimsoll.metrics_token',
  flag: 'metrics-token',
  placeholder: 'FILE',
  says: 'The file with what Prometheus sends as its bearer token to read /metrics.',
  unit: null,
  otherwise: 'none: whoever reaches a loopback address may',
  read_by,
});

export const hosts = setting(whole(0, HOSTS_MAX), {
  key: 'plimsoll.hosts',
  flag: 'hosts',
  placeholder: 'N',
  says: 'How many simulated hosts there are.',
  unit: 'hosts',
  default: '3',
  read_by,
});

export const QEMU_WISHES = ['auto', 'off', 'required'] as const;

export const qemu = setting(choice(QEMU_WISHES), {
  key: 'plimsoll.qemu',
  flag: 'qemu',
  placeholder: 'WISH',
  says:
    'This machine as a host too, for real guests, in the zone qemu: ' +
    'if QEMU is there (auto), never (off), or no start without it (required).',
  unit: null,
  otherwise: 'auto; off with plimsoll.shared',
  read_by,
});

export const noAuth = setting(truth, {
  key: 'plimsoll.no_auth',
  flag: 'no-auth',
  says: 'For labs: whoever reaches the port is the administrator.',
  unit: null,
  default: 'no',
  upstream: '[api] auth_strategy',
  read_by,
});

export const namedBridges = setting(bridges, {
  key: 'plimsoll.bridges',
  flag: 'bridge',
  placeholder: 'NAME[=LABEL]',
  says: 'Bridges of the hosts that clients see as networks.',
  unit: null,
  otherwise: 'none',
  read_by,
});

export const requestsPerSecond = setting(whole(0, 1_000_000), {
  key: 'plimsoll.requests_per_second',
  flag: 'requests-per-second',
  placeholder: 'N',
  says: 'How many requests a second a user (a stranger: an address) may send to one route; 0: any.',
  unit: '1/s',
  default: '10000',
  read_by,
});

export const reclaimAfter = setting(whole(0, TEN_YEARS_S), {
  key: 'default.reclaim_instance_interval',
  flag: 'reclaim-after',
  placeholder: 'S',
  says: 'For how long a deleted server can be restored; 0: not at all.',
  unit: 's',
  default: '0',
  read_by,
});

export const shelvedOffload = setting(whole(-1, TEN_YEARS_S), {
  key: 'default.shelved_offload_time',
  flag: 'shelved-offload-time',
  placeholder: 'S',
  says: 'After how long a shelved server leaves its host; 0: at once, -1: never.',
  unit: 's',
  default: '0',
  read_by,
});

export const confirmWindow = setting(whole(0, TEN_YEARS_S), {
  key: 'default.resize_confirm_window',
  flag: 'resize-confirm-window',
  placeholder: 'S',
  says: 'After how long a resize or cold migration is confirmed by itself; 0: never.',
  unit: 's',
  default: '0',
  read_by,
});

export const resizeToSameHost = setting(truth, {
  key: 'default.allow_resize_to_same_host',
  flag: 'allow-resize-to-same-host',
  says: 'Whether a server may be resized beside itself, on its own host.',
  unit: null,
  default: 'no',
  read_by,
});

export const forceConfigDrive = setting(truth, {
  key: 'default.force_config_drive',
  says: 'Whether every new server has a config drive, asked for or not.',
  unit: null,
  default: 'no',
  read_by,
});

const TIMEOUT_ACTIONS = ['abort', 'force_complete'] as const;

export const completionTimeout = setting(whole(0, TIMEOUT_MAX_S), {
  key: 'libvirt.live_migration_completion_timeout',
  says: 'How long a live migration may take for each GiB of memory and disk; 0: no deadline.',
  unit: 's/GiB',
  default: '800',
  read_by,
});

export const permitPostCopy = setting(truth, {
  key: 'libvirt.live_migration_permit_post_copy',
  says: 'Whether a guest that is forced to its end then goes on over there, and fetches the rest.',
  unit: null,
  default: 'false',
  read_by,
});

export const timeoutAction = setting(choice(TIMEOUT_ACTIONS), {
  key: 'libvirt.live_migration_timeout_action',
  says: 'What happens at that deadline.',
  unit: null,
  default: 'abort',
  read_by,
});

// ── an existing Keystone ─────────────────────────────────────────────────────────────────────

export const keystone = setting(url(['http', 'https'], 'http://keystone:5000/v3', /^[^\s?#]+$/), {
  key: 'keystone.url',
  flag: 'keystone',
  placeholder: 'URL',
  says: 'An existing Keystone in place of the one inside.',
  unit: null,
  otherwise: 'none',
  upstream: '[keystone_authtoken] auth_url',
  secret: 'url',
  read_by,
});

export const keystoneUser = setting(text, {
  key: 'keystone.username',
  environment: 'OS_USERNAME',
  says: 'The user that the control plane is there.',
  unit: null,
  otherwise: 'nobody',
  upstream: '[keystone_authtoken] username',
  read_by,
});

export const keystonePassword = setting(text, {
  key: 'keystone.password',
  environment: 'OS_PASSWORD',
  says: 'Its password.',
  unit: null,
  otherwise: 'none',
  upstream: '[keystone_authtoken] password',
  secret: 'whole',
  read_by,
});

export const keystoneProject = setting(text, {
  key: 'keystone.project_name',
  environment: 'OS_PROJECT_NAME',
  says: 'Its project.',
  unit: null,
  default: 'service',
  upstream: '[keystone_authtoken] project_name',
  read_by,
});

export const keystoneUserDomain = setting(text, {
  key: 'keystone.user_domain_name',
  environment: 'OS_USER_DOMAIN_NAME',
  says: 'The domain of that user.',
  unit: null,
  default: 'Default',
  upstream: '[keystone_authtoken] user_domain_name',
  read_by,
});

export const keystoneProjectDomain = setting(text, {
  key: 'keystone.project_domain_name',
  environment: 'OS_PROJECT_DOMAIN_NAME',
  says: 'The domain of that project.',
  unit: null,
  default: 'Default',
  upstream: '[keystone_authtoken] project_domain_name',
  read_by,
});

export const controlPlaneSettings: readonly Setting<unknown>[] = [
  ...[configFile, data, database, shared, images, nats, natsKey, port, host, hosts, qemu],
  ...[tlsCert, tlsKey, agentCa, metricsToken, requestsPerSecond],
  ...[reclaimAfter, shelvedOffload, confirmWindow, resizeToSameHost, forceConfigDrive],
  ...[completionTimeout, timeoutAction, permitPostCopy],
  ...[keystone, keystoneUser, keystonePassword, keystoneProject],
  ...[keystoneUserDomain, keystoneProjectDomain, noAuth, namedBridges],
];
