/** What a start of the control plane is told by flags, environment and a configuration file. */
import type { Network } from '../../core/api/network/rooms.ts';
import { settingsOf } from '../../core/config/all.ts';
import * as plane from '../../core/config/control-plane.ts';
import { flagsIn } from '../../core/config/flags.ts';
import type { Variables } from '../../core/config/resolve.ts';
import type { Settings } from '../../core/config/settings.ts';
import { type Decision, done, no } from '../../core/ports/reply.ts';
import type { MoveLimits } from '../../core/sagas/deadlines.ts';
import type { SchedulerOptions } from '../../core/scheduler/decide.ts';
import type { TlsPaths } from '../../real/tls.ts';
import { readSettings } from '../config/read-settings.ts';
import { networksOf } from './bridges.ts';
import { type Auth, authOf } from './doorkeeper.ts';
import { type HostSettings, readHostSettings } from './host-settings.ts';
import { type HostShares, simulatedShares } from './host-shares.ts';
import { moveLimits } from './move-options.ts';
import { type PciOptions, pciOptions } from './pci-options.ts';
import { schedulerOptions } from './scheduler-options.ts';
import { wrongOfSimulated } from './simulated-hosts.ts';

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
  /** Null: plain HTTP. */
  readonly tls: TlsPaths | null;
  /** The file with the token that opens /metrics; null: there is none. */
  readonly metrics_token: string | null;
  /** How many requests one may send to one route; 0: any number. */
  readonly requests_per_s: number;
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
  /** Whether every new server has a config drive, asked for or not. */
  readonly force_config_drive: boolean;
  /** How long live migrations may take, and what is done then. */
  readonly live_migration: MoveLimits;
  /** Whether this very machine is a host too. */
  readonly qemu: QemuWish;
  /** Who says who asks. */
  readonly auth: Auth;
  /** The networks that clients see: one for each bridge that was named. */
  readonly networks: readonly Network[];
  /** What is said of every host. */
  readonly settings: HostSettings;
  /** What is said of the CPUs and pages of each simulated one. */
  readonly shares: HostShares;
  readonly pci: PciOptions;
  readonly scheduler: SchedulerOptions;
}

export type QemuWish = (typeof plane.QEMU_WISHES)[number];

/** The options, or a line for each thing that is wrong with them. */
export function upOptions(
  args: readonly string[],
  variables: Variables,
): Decision<UpOptions | 'help', readonly string[]> {
  if (args.includes('--help')) return done('help');
  const { flags, wrong } = flagsIn(args, settingsOf('control plane'));
  const read = readSettings(['control plane'], { flags, variables, wrong });
  const settings = readHostSettings(read);
  if (settings.is === 'no') return settings;
  const options = optionsOf(read.settings, settings.value);
  const unfit = options.hosts === 0 ? [] : wrongOfSimulated(options);
  return unfit.length > 0 ? no(unfit) : done(options);
}

function tlsOf(said: Settings): TlsPaths | null {
  const [cert, key] = [said.of(plane.tlsCert), said.of(plane.tlsKey)];
  return cert === null || key === null ? null : { cert, key, agent_ca: said.of(plane.agentCa) };
}

const optionsOf = (said: Settings, settings: HostSettings): UpOptions => ({
  data: said.of(plane.data),
  database: said.of(plane.database),
  nats: said.of(plane.nats),
  nats_key: said.of(plane.natsKey),
  shared: said.of(plane.shared),
  images: said.of(plane.images),
  host: said.of(plane.host),
  port: said.of(plane.port),
  tls: tlsOf(said),
  metrics_token: said.of(plane.metricsToken),
  hosts: said.of(plane.hosts),
  reclaim_after_s: said.of(plane.reclaimAfter),
  shelved_offload_s: said.of(plane.shelvedOffload),
  confirm_window_s: said.of(plane.confirmWindow),
  requests_per_s: said.of(plane.requestsPerSecond),
  resize_to_same_host: said.of(plane.resizeToSameHost),
  force_config_drive: said.of(plane.forceConfigDrive),
  live_migration: moveLimits(said),
  qemu: said.of(plane.shared) ? 'off' : (said.of(plane.qemu) ?? 'auto'),
  auth: authOf(said),
  networks: networksOf(said.of(plane.namedBridges) ?? []),
  settings,
  shares: simulatedShares(said),
  pci: pciOptions(said),
  scheduler: schedulerOptions(said),
});
