/** What `npm start` (and `plimsoll up`) can be told. */
import { parseArgs } from 'node:util';
import type { Network } from '../../core/api/network/rooms.ts';
import { type Decision, done, no } from '../../core/ports/reply.ts';
import { networksOf } from './bridges.ts';
import { isUrl } from './database.ts';
import { type Auth, authOf } from './doorkeeper.ts';
import { type HostShares, hostShares } from './host-shares.ts';

export interface UpOptions {
  /** Where everything is kept: the database, images, simulated guests, clouds.yaml, the log. */
  readonly data: string;
  /** The URL of a PostgreSQL server for the tables; null: a file in `data`. */
  readonly database: string | null;
  /** The URL of a NATS server by which agents are reached as well; null: none. */
  readonly nats: string | null;
  /** The file with the key that the control planes have there. */
  readonly nats_key: string | null;
  /** Whether other processes serve from the same database. */
  readonly shared: boolean;
  /** Where images are; null: in `data`. */
  readonly images: string | null;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** How many simulated hosts. */
  readonly hosts: number;
  /** For how long a deleted server can be restored; 0: not at all. */
  readonly reclaim_after_s: number;
  /** After how long shelved servers leave their hosts; 0: at once, -1: never. */
  readonly shelved_offload_s: number;
  /** After how long a resize or cold migration is confirmed though nobody did; 0: never. */
  readonly confirm_window_s: number;
  /** Whether a server may be resized beside itself, on its own host. */
  readonly resize_to_same_host: boolean;
  /** Whether this very machine is a host too. */
  readonly qemu: QemuWish;
  /** Who says who asks. */
  readonly auth: Auth;
  /** The networks that clients see: one for each bridge that was named. */
  readonly networks: readonly Network[];
  /** Where provider files are; null: the environment says, or there are none. */
  readonly provider_config: string | null;
  /** What is said of the CPUs and pages of each. */
  readonly shares: HostShares;
}

export type QemuWish = (typeof QEMU_WISHES)[number];
const QEMU_WISHES = ['auto', 'off', 'required'] as const;
const HOSTS_MAX = 1000;
const RECLAIM_MAX_S = 10 * 365 * 86_400;
const WINDOW_MAX_S = 10 * 365 * 86_400;
const LOOPBACK = ['127.0.0.1', 'localhost', '::1'];

export const usage = `Starts the control plane, its database, simulated hosts and the console, on one port.

Usage: npm start -- [options]        (or: plimsoll up [options])

  --data DIR     where everything is kept                 (.plimsoll)
  --database URL a PostgreSQL server for the tables, else a file in DIR;
                 with a password in it, name it by PLIMSOLL_DATABASE instead
  --shared       one of several equal processes on one database; with --hosts 0 and --images
  --images DIR   where images are, the same for all that share      (DIR/images)
  --nats URL     a NATS server by which agents are reached as well, with --nats-key FILE
  --port N       the port; 0 takes any free one           (8780)
  --host NAME    the loopback address to listen on        (127.0.0.1)
  --hosts N      how many simulated hosts                 (3)
  --qemu WISH    this machine as a host too, for real guests, in the zone qemu: if QEMU is
                 there (auto), never (off), or no start without it (required)   (auto)
  --reclaim-after S   for how many seconds a deleted server can be restored   (0: not at all)
  --shelved-offload-time=S   after how many seconds a shelved server leaves its host;
                 -1: never                                (0: at once)
  --resize-confirm-window S   after how many seconds a move is confirmed by itself   (0: never)
  --allow-resize-to-same-host   a server may be resized beside itself, on its own host
  --keystone URL an existing Keystone in place of the one inside; our own login there is named
                 by OS_USERNAME, OS_PASSWORD, OS_PROJECT_NAME and the domains
  --no-auth      for labs: whoever reaches the port is the administrator
  --bridge NAME[=LABEL]   a bridge of the hosts that clients see as a network; may be repeated
  --help         this text

PLIMSOLL_POLICY chooses how servers are placed: spread (as it comes), pack or balanced; weights and
limits have upstream's names, e.g. OS_FILTER_SCHEDULER__RAM_WEIGHT_MULTIPLIER.

Each simulated host has 24 CPUs in two NUMA cells, and pages of 2 MiB and of 1 GiB:

  --cpu-shared-set SET      CPUs that guests share                  (0-7,12-19)
  --cpu-dedicated-set SET   CPUs that a guest may have to itself    (8-11,20-23)
  --reserved-huge-pages P   pages kept back, e.g. node:0,size:2MB,count:64; may be repeated

  --provider-config DIR     files with traits and inventories of hosts, in upstream's format

What else is kept back, and ratios, have upstream's names, e.g. OS_DEFAULT__RESERVED_HOST_MEMORY_MB.

Examples:
  npm start
  npm start -- --port 9000 --data /var/lib/plimsoll
  npm start -- --hosts 20
  npm start -- --database postgres://plimsoll@127.0.0.1/plimsoll
  npm start -- --database postgres://plimsoll@db/plimsoll --shared --hosts 0 --images /srv/images`;

/** The options, or a line on what is wrong with them. */
export function upOptions(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): Decision<UpOptions | 'help', string> {
  let values: Values;
  try {
    ({ values } = parseArgs({ args: [...args], options: flags, strict: true }));
  } catch (error) {
    return no(`${(error as Error).message.split(/\.\s|\n/)[0]}; see --help`);
  }
  if (values['help'] === true) return done('help');
  const numbers = numbersIn(values);
  if (numbers.is === 'no') return numbers;
  const host = String(values['host']);
  if (!LOOPBACK.includes(host)) {
    return no(
      `--host ${host}: only loopback addresses (${LOOPBACK.join(', ')}) are served without TLS; ` +
        'put a TLS proxy in front',
    );
  }
  const store = storeIn(values, environment, numbers.value.hosts);
  if (store.is === 'no') return store;
  const broker = brokerIn(values);
  if (broker.is === 'no') return broker;
  const shares = hostShares(values);
  if (shares.is === 'no') return shares;
  const no_auth = values['no-auth'] === true;
  const auth = authOf({ keystone: values['keystone'], no_auth }, environment);
  if (auth.is === 'no') return auth;
  const networks = networksOf(values['bridge'], environment);
  if (networks.is === 'no') return networks;
  const said = store.value.shared
    ? 'off'
    : String(values['qemu'] ?? environment['PLIMSOLL_QEMU'] ?? 'auto');
  const qemu = QEMU_WISHES.find((wish) => wish === said);
  if (qemu === undefined) return no(`--qemu ${said}: it must be ${QEMU_WISHES.join(', ')}`);
  return done({
    data: String(values['data']),
    ...store.value,
    ...broker.value,
    host,
    ...numbers.value,
    resize_to_same_host: values['allow-resize-to-same-host'] === true,
    qemu,
    auth: auth.value,
    networks: networks.value,
    provider_config: values['provider-config'] ?? null,
    shares: shares.value,
  });
}

type Numbers = Pick<
  UpOptions,
  'port' | 'hosts' | 'reclaim_after_s' | 'shelved_offload_s' | 'confirm_window_s'
>;

function numbersIn(values: Values): Decision<Numbers, string> {
  const port = wholeNumber('--port', values['port'], 65_535);
  if (port.is === 'no') return port;
  const hosts = wholeNumber('--hosts', values['hosts'], HOSTS_MAX);
  if (hosts.is === 'no') return hosts;
  const offload = offloadTime(String(values['shelved-offload-time']));
  if (offload.is === 'no') return offload;
  const reclaim = wholeNumber('--reclaim-after', values['reclaim-after'], RECLAIM_MAX_S);
  if (reclaim.is === 'no') return reclaim;
  const confirm = values['resize-confirm-window'];
  const window = wholeNumber('--resize-confirm-window', confirm, WINDOW_MAX_S);
  if (window.is === 'no') return window;
  return done({
    port: port.value,
    hosts: hosts.value,
    reclaim_after_s: reclaim.value,
    shelved_offload_s: offload.value,
    confirm_window_s: window.value,
  });
}

function storeIn(
  values: Values,
  environment: NodeJS.ProcessEnv,
  hosts: number,
): Decision<Pick<UpOptions, 'database' | 'shared' | 'images'>, string> {
  const database = String(values['database'] ?? environment['PLIMSOLL_DATABASE'] ?? '') || null;
  if (database !== null && !isUrl(database)) {
    return no('--database: it must be a URL, e.g. postgres://user@host/database');
  }
  const images = values['images'] === undefined ? null : String(values['images']);
  const shared = values['shared'] === true;
  const amiss = shared ? whyNotShared({ database, images, hosts }) : null;
  return amiss === null ? done({ database, shared, images }) : no(amiss);
}

function brokerIn(values: Values): Decision<Pick<UpOptions, 'nats' | 'nats_key'>, string> {
  const [nats, nats_key] = [values['nats'], values['nats-key']].map((value) =>
    value === undefined ? null : String(value),
  ) as [string | null, string | null];
  const amiss = nats !== null && !/^(nats|tls):\/\//.test(nats);
  if (amiss) return no('--nats: it must be a URL, e.g. nats://host:4222');
  if ((nats === null) === (nats_key === null)) return done({ nats, nats_key });
  return no('--nats and --nats-key go together; `plimsoll broker config` makes the key');
}

/** What belongs to one process cannot be everybody's. */
function whyNotShared(given: Pick<UpOptions, 'database' | 'images' | 'hosts'>): string | null {
  if (given.database === null) return '--shared: name the database of all with --database';
  if (given.images === null) return '--shared: name a directory that all can reach with --images';
  if (given.hosts === 0) return null;
  return '--shared: say --hosts 0, and start the hosts with `plimsoll agent`';
}

const flags = {
  data: { type: 'string', default: '.plimsoll' },
  database: { type: 'string' },
  nats: { type: 'string' },
  'nats-key': { type: 'string' },
  shared: { type: 'boolean', default: false },
  images: { type: 'string' },
  port: { type: 'string', default: '8780' },
  host: { type: 'string', default: '127.0.0.1' },
  hosts: { type: 'string', default: '3' },
  qemu: { type: 'string' },
  'reclaim-after': { type: 'string', default: '0' },
  'shelved-offload-time': { type: 'string', default: '0' },
  'resize-confirm-window': { type: 'string', default: '0' },
  'allow-resize-to-same-host': { type: 'boolean', default: false },
  'cpu-shared-set': { type: 'string' },
  'cpu-dedicated-set': { type: 'string' },
  'reserved-huge-pages': { type: 'string', multiple: true },
  'provider-config': { type: 'string' },
  bridge: { type: 'string', multiple: true },
  keystone: { type: 'string' },
  'no-auth': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const offloadTime = (given: string): Decision<number, string> =>
  given === '-1' ? done(-1) : wholeNumber('--shelved-offload-time', given, WINDOW_MAX_S);

type Values = ReturnType<typeof parseArgs<{ options: typeof flags }>>['values'];

function wholeNumber(
  flag: string,
  given: string | boolean | undefined,
  max: number,
): Decision<number, string> {
  const value = Number(given);
  return /^[0-9]+$/.test(String(given)) && value <= max
    ? done(value)
    : no(`${flag} ${given}: it must be a whole number from 0 to ${max}`);
}
