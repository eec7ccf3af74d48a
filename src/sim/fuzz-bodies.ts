/**
 * Bodies that the APIs take, for a fuzzer to begin with: by the end of a route's path. A text that
 * begins with `$` stands for the id of such a thing.
 */
type Body = Readonly<Record<string, unknown>>;

const server = {
  name: 'fuzzed',
  imageRef: '$image',
  flavorRef: '$flavor',
  networks: 'none',
};

const actions: readonly Body[] = [
  ...['os-start', 'os-stop', 'pause', 'unpause', 'suspend', 'resume', 'shelve', 'unshelve'],
  ...['shelveOffload', 'confirmResize', 'revertResize', 'restore', 'forceDelete', 'unrescue'],
  ...['unlock', 'lock', 'rescue', 'migrate', 'trigger_crash_dump', 'injectNetworkInfo'],
].map((name): Body => ({ [name]: null }));

const more: readonly Body[] = [
  { reboot: { type: 'HARD' } },
  { resize: { flavorRef: '$flavor', 'OS-DCF:diskConfig': 'AUTO' } },
  { rebuild: { imageRef: '$image', name: 'again', metadata: { a: 'b' }, accessIPv4: '192.0.2.1' } },
  { rescue: { adminPass: 'x', rescue_image_ref: '$image' } },
  { createImage: { name: 'copy', metadata: { a: 'b' } } },
  { createBackup: { name: 'copy', backup_type: 'daily', rotation: 1 } },
  { changePassword: { adminPass: 'x' } },
  { 'os-getConsoleOutput': { length: 3 } },
  { 'os-migrateLive': { host: 'h2', block_migration: 'auto' } },
  { 'os-resetState': { state: 'active' } },
  { evacuate: { host: 'h2', onSharedStorage: false, adminPass: 'x' } },
  { lock: { locked_reason: 'why' } },
  { unshelve: { availability_zone: 'nova', host: 'h1' } },
  { migrate: { host: 'h1' } },
  { addFixedIp: { networkId: '$any' } },
  { addSecurityGroup: { name: 'x' } },
  { addTenantAccess: { tenant: '$project' } },
  { removeTenantAccess: { tenant: '$project' } },
  { add_host: { host: 'h1' } },
  { remove_host: { host: 'h1' } },
  { set_metadata: { metadata: { availability_zone: 'z' } } },
  { force_complete: null },
];

const auth = (identity: Body, scope: unknown): Body => ({ auth: { identity, scope } });
const byPassword = {
  methods: ['password'],
  password: { user: { name: 'fuzzed', domain: { id: 'default' }, password: 'x' } },
};

/** By the last part of a path that names no id; several where a route takes several kinds. */
const templates: Readonly<Record<string, readonly Body[]>> = {
  servers: [
    { server },
    {
      server: {
        ...server,
        ...{ metadata: { a: 'b' }, user_data: 'IyE=', config_drive: true, tags: ['a'] },
        ...{ min_count: 1, max_count: 2, hostname: 'ab', description: 'd', accessIPv6: '::1' },
        ...{ availability_zone: 'nova', key_name: '$keypair', security_groups: [{ name: 'x' }] },
        block_device_mapping_v2: [{ boot_index: 0, uuid: '$image', source_type: 'image' }],
      },
      'os:scheduler_hints': { group: '$group', same_host: ['$server'], query: '["=", "$id", 1]' },
    },
    { server: { name: 'other', accessIPv4: '192.0.2.1', hostname: 'ab', description: null } },
  ],
  action: [...actions, ...more],
  metadata: [{ metadata: { a: 'b' } }, { meta: { a: 'b' } }],
  tags: [{ tags: ['a', 'b'] }],
  flavors: [
    { flavor: { name: 'f', ram: 64, vcpus: 1, disk: 1, id: 'auto', swap: 0, rxtx_factor: 1 } },
    { flavor: { description: 'd' } },
  ],
  'os-extra_specs': [{ extra_specs: { 'hw:cpu_policy': 'shared', a: 'b' } }, { a: 'b' }],
  'os-keypairs': [{ keypair: { name: 'k', type: 'ssh', public_key: 'ssh-rsa AAAA k' } }],
  'os-aggregates': [{ aggregate: { name: 'a', availability_zone: 'z' } }],
  'os-server-groups': [
    { server_group: { name: 'g', policies: ['affinity'] } },
    { server_group: { name: 'g', policy: 'anti-affinity', rules: { max_server_per_host: 1 } } },
  ],
  'os-services': [{ status: 'disabled', disabled_reason: 'x', forced_down: true }],
  'os-hosts': [{ status: 'enable', maintenance_mode: 'disable' }],
  'os-quota-sets': [{ quota_set: { cores: 4, instances: '3', force: true } }],
  'os-quota-class-sets': [{ quota_class_set: { cores: 20 } }],
  'os-server-external-events': [{ events: [{ name: 'network-changed', server_uuid: '$server' }] }],
  'os-interface': [{ interfaceAttachment: { net_id: '$any' } }],
  'os-volume_attachments': [{ volumeAttachment: { volumeId: '$any' } }],
  'remote-consoles': [{ remote_console: { protocol: 'vnc', type: 'novnc' } }],
  images: [
    { name: 'i', disk_format: 'raw', container_format: 'bare', visibility: 'private', tags: [] },
    { cache: [{ id: '$image' }] },
  ],
  tokens: [
    auth(byPassword, { project: { id: '$project' } }),
    auth({ methods: ['token'], token: { id: '$token' } }, 'unscoped'),
    auth({ methods: ['application_credential'], application_credential: {} }, undefined),
  ],
  projects: [{ project: { name: 'p', domain_id: 'default', enabled: true, description: '' } }],
  users: [{ user: { name: 'u', password: 'long enough', default_project_id: '$project' } }],
  password: [{ user: { password: 'new', original_password: 'old' } }],
  roles: [{ role: { name: 'r' } }],
  application_credentials: [
    {
      application_credential: {
        ...{ name: 'c', roles: [{ name: 'member' }], expires_at: '2030-01-01T00:00:00Z' },
        ...{ unrestricted: false, description: 'd' },
      },
    },
  ],
};

/** Of our own API, where the same words mean other things. */
const own: Readonly<Record<string, readonly Body[]>> = {
  audit: [{ host: '$host', dry_run: true }, { dry_run: false }],
  drain: [{ moves_max: 2 }],
  cleaned: [{ device: '0000:00:01.0' }],
  migrate: [{}, { host: '$host', deadline_s: 60, at_deadline: 'pause' }],
  reset: [{ how: 'retry' }, { how: 'undo' }],
  usages: [{ project_ids: ['$project'] }],
  tree: [
    {
      providers: [
        {
          ...{ uuid: '$provider', name: 'h1', parent_provider_uuid: null, generation: 1 },
          ...{ traits: ['CUSTOM_A'], aggregates: ['$provider'] },
          inventories: { VCPU: { total: 8, reserved: 1, allocation_ratio: 4 } },
        },
      ],
      remove_others: true,
    },
  ],
};

const nothing: readonly Body[] = [{}];

/** What a route might take: of the last part of its path that has any. */
export function bodiesFor({ prefix, path }: { prefix: string; path: string }): readonly Body[] {
  const known = prefix === '/plimsoll/v1' ? own : templates;
  const part = path.split('/').findLast((one) => Object.hasOwn(known, one));
  return part === undefined ? nothing : (known[part] ?? nothing);
}
