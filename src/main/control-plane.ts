/**
 * The program: control plane, embedded database, simulated hosts and the console, on one port.
 *
 *   options ─► data directory ─► replica ─► hosts ─► first user ─► HTTP ─► banner … Ctrl-C ─► stop
 *                     ▲                                                    │
 *                     └──── reads everything anew, on the same port ◄──────┘ too far behind others
 *
 * Whatever a start can meet (a port in use, a newer database, a directory it may not write) ends it
 * with one line and exit code 1, and nothing that was there before is harmed.
 */
import { hostname } from 'node:os';
import { Pulse } from '../core/api/health/pulse.ts';
import { tellBatch } from '../core/api/plimsoll/events.ts';
import { EventFeed } from '../core/api/plimsoll/feed.ts';
import type { StatusRooms } from '../core/api/plimsoll/status.ts';
import { isLoopback } from '../core/config/control-plane.ts';
import type { Variables } from '../core/config/resolve.ts';
import { hosts } from '../core/fleet/rows.ts';
import { Directory } from '../core/identity/directory.ts';
import type { ImageFiles } from '../core/ports/image-files.ts';
import type { Journal } from '../core/ports/journal.ts';
import { type Decision, done, no } from '../core/ports/reply.ts';
import type { Traces } from '../core/ports/traces.ts';
import { Replica } from '../core/replica.ts';
import { ImageKeeper } from '../core/servers/image-keeper.ts';
import { servers } from '../core/servers/rows.ts';
import { realClock as clock } from '../real/clock.ts';
import { realEntropy as entropy } from '../real/entropy.ts';
import { type Started, startHttpServer } from '../real/http-server.ts';
import { openImageFiles } from '../real/image-files.ts';
import { fileJournal } from '../real/journal.ts';
import { LocalWire } from '../real/local-wire.ts';
import { realPasswords as passwords } from '../real/passwords.ts';
import { SCHEMA_VERSION } from '../real/schema-history.ts';
import { readTls } from '../real/tls.ts';
import { realTraces } from '../real/traces.ts';
import { inLines } from './config/read-settings.ts';
import { usage } from './config/usage.ts';
import { banner, type UpFacts } from './up/banner.ts';
import { type DataDirectory, openDataDirectory } from './up/data-directory.ts';
import { doorkeeperOf, rimOf } from './up/doorkeeper.ts';
import { furnish } from './up/first-start.ts';
import { adminProject, firstUser } from './up/first-user.ts';
import { warnOfStrangers } from './up/host-settings.ts';
import { openLines } from './up/lines.ts';
import { metricsAccess } from './up/metrics-service.ts';
import { type UpOptions, upOptions } from './up/options.ts';
import { defaultZone, type RealHost, realHostComes, startRealHost } from './up/real-host.ts';
import { renewAtHangup } from './up/renewal.ts';
import { allServices } from './up/services.ts';
import { type HostsAbout, startSimulatedHosts } from './up/simulated-hosts.ts';
import { watched } from './up/watched.ts';
import { Wires } from './up/wires.ts';

/** Runs until it is told to stop; gives the exit code. `tell` hears the banner when all is up. */
export async function controlPlane(
  args: readonly string[],
  tell: (banner: string) => void = console.log,
  variables: Variables = process.env,
): Promise<number> {
  const options = upOptions(args, variables);
  if (options.is === 'no') return complain(inLines(options.why));
  if (options.value === 'help') {
    console.log(usage());
    return 0;
  }
  const began_ms = clock.now();
  process.umask(0o077); // what is kept here, password hashes among it, is its owner's alone
  let { port } = options.value;
  let told: Promise<'stop'> | null = null;
  for (;;) {
    const data = await openDataDirectory(options.value);
    if (data.is === 'no') return complain(data.why);
    told ??= stopSignal(); // listens from here on, so that no signal finds nobody at home
    const end = await oneLife({ ...options.value, port }, data.value, { began_ms, told, tell });
    if (typeof end === 'number') return end;
    ({ port } = end);
  }
}

interface Hearers {
  readonly began_ms: number;
  readonly told: Promise<'stop'>;
  readonly tell: (banner: string) => void;
}

/** Gives the exit code; or, where everything is to be read anew, the port to do so on. */
async function oneLife(
  options: UpOptions,
  data: DataDirectory,
  { began_ms, told, tell }: Hearers,
): Promise<number | { readonly port: number }> {
  try {
    const up = await bringUp(options, data, began_ms);
    if (up.is === 'no') return complain(up.why);
    tell(up.value.banner);
    const { behind, broken, port } = up.value;
    const end = await Promise.race([told, behind.then(() => 'behind' as const), bugOf(broken)]);
    await up.value.stop();
    if (end === 'behind') return { port };
    if (end !== 'stop') return complain(`a broken promise of our own: ${end.bug}; start it again`);
    console.log('Stopped.');
    return 0;
  } catch (error) {
    const why = whyNotWritten(error);
    if (why === null) throw error;
    return complain(why);
  } finally {
    await data.store.close();
  }
}

const bugOf = async (broken: Promise<unknown>) => ({ bug: await broken });

function complain(line: string): number {
  console.error(`plimsoll: ${line}`);
  return 1;
}

interface Up {
  readonly banner: string;
  /** Resolves, with why, if the ledger can no longer be believed: no ledger beats a wrong one. */
  readonly broken: Promise<unknown>;
  /** Resolves if it is too far behind other processes to follow them. */
  readonly behind: Promise<void>;
  readonly port: number;
  stop(): Promise<void>;
}

async function bringUp(
  options: UpOptions,
  data: DataDirectory,
  began_ms: number,
): Promise<Decision<Up, string>> {
  const journal = fileJournal(data.log);
  const traces = realTraces();
  const local = new LocalWire(traces);
  const wire = new Wires(local);
  const opened = await openReplica(options, data, { journal, wire, traces });
  if (opened.is === 'no') return opened;
  const { replica } = opened.value;
  const { ledger } = replica;
  const images = await openImageFiles(data.images, { shared: options.shared });
  const served = await serve(options, { replica, images, journal, wire, traces });
  if (served.is === 'no') return served;
  const { pulse, port, url } = served.value;

  let stopped = false;
  const stop = async () => {
    stopped = true;
    pulse.phase = 'stopping';
    replica.stop();
    await served.value.stop();
    await replica.resign();
  };
  const about = { ...opened.value, wire: local, journal, images };
  const fleet = await startHosts(options, data, { ...about, stopped: () => stopped }, url);
  if (fleet.is === 'no') {
    await stop();
    return fleet;
  }
  const owner = served.value.owner ?? (await adminProject(ledger));
  await furnish(ledger, images, { image: entropy.uuid(), owner });
  await replica.start();
  pulse.phase = 'up';
  void new ImageKeeper(ledger, images).watch(clock, () => stopped);
  const started_in_ms = clock.now() - began_ms;
  const { password, real } = fleet.value;
  const told = { url, started_in_ms, password, real: real.line, auth: options.auth };
  const facts = await factsOf(replica, data, told);
  const { broken, behind } = ledger;
  const end = () => stop().then(() => real.stop());
  return done({ banner: banner(facts), broken, behind, port, stop: end });
}

interface ServeAbout {
  readonly replica: Replica;
  readonly images: ImageFiles;
  readonly journal: Journal;
  readonly wire: Wires;
  readonly traces: Traces;
}

interface Served {
  readonly port: number;
  readonly url: string;
  readonly pulse: Pulse;
  /** The project that the first image is of; null: our own first one. */
  readonly owner: string | null;
  stop(): Promise<void>;
}

/** Everything that listens: the port with its services, and the lines of agents elsewhere. */
async function serve(
  options: UpOptions,
  { replica, images, journal, wire, traces }: ServeAbout,
): Promise<Decision<Served, string>> {
  const { ledger, conductor } = replica;
  const directory = await Directory.open(ledger, passwords, clock);
  const door = await doorkeeperOf(options.auth, directory, clock);
  if (door.is === 'no') return door;
  const lines = await openLines(options, replica, { journal, wire, traces });
  if (lines.is === 'no') return lines;
  const access = metricsAccess(options.metrics_token, isLoopback(options.host));
  if (access.is === 'no') return access;
  const tls = options.tls === null ? done(null) : readTls(options.tls);
  if (tls.is === 'no') return tls;
  const { upgrade, hostOf, hasBroker } = lines.value;
  const pulse = new Pulse({ ledger, clock, holdsLease: () => conductor.holdsLease, hasBroker });
  const feed = new EventFeed(ledger, clock, tellBatch);
  const metrics = watched({ replica, lines: lines.value, wire, feed, pulse, clock });
  const server = await startHttpServer({
    upgrade,
    ...(tls.value !== null && { tls: tls.value }),
    answered: metrics.answered,
    services: allServices({
      ...{ replica, directory, passwords, imageFiles: images, clock, entropy, hostOf },
      ...{ networks: options.networks, auth: options.auth, pulse },
      force_config_drive: options.force_config_drive,
      ...{
        feed,
        metrics,
        metricsAccess: access.value,
        itself: itselfOf(options, replica, hasBroker),
      },
    }),
    ...rimOf(door.value, ledger),
    host: options.host,
    port: options.port,
    requests_per_s: options.requests_per_s,
    journal,
    traces,
  });
  if (server.is !== 'listening') return no(whyNotListening(server, options));
  const { port } = server;
  const url = `${options.tls === null ? 'http' : 'https'}://${inUrl(options.host)}:${port}`;
  const renewing = renewAtHangup(options.tls, server.renew, journal);
  const stop = async () => {
    renewing.stop();
    await lines.value.close();
    await server.stop();
  };
  return done({ port, url, pulse, owner: door.value.owner, stop });
}

const itselfOf =
  (options: UpOptions, { name }: Replica, hasBroker: () => boolean): StatusRooms['itself'] =>
  () => ({
    process: name,
    database: options.database === null ? 'sqlite' : 'postgresql',
    broker: options.nats === null ? 'none' : hasBroker() ? 'connected' : 'away',
  });

interface Opened {
  readonly replica: Replica;
  /** Whether this machine is a host as well. */
  readonly comes: boolean | null;
}

/** Reads what the store holds. */
async function openReplica(
  options: UpOptions,
  { store }: DataDirectory,
  around: Pick<ServeAbout, 'journal' | 'wire' | 'traces'>,
): Promise<Decision<Opened, string>> {
  const { scheduler, pci } = options;
  const comes = await realHostComes(options.qemu);
  const filters = { default_zone: defaultZone(comes, options), ...scheduler.filters };
  const ports = { store, clock, entropy, ...around };
  const opened = await Replica.open(ports, {
    sole: !options.shared,
    schema_version: SCHEMA_VERSION,
    reclaim_after_s: options.reclaim_after_s,
    shelved_offload_s: options.shelved_offload_s,
    confirm_window_s: options.confirm_window_s,
    resize_to_same_host: options.resize_to_same_host,
    live_migration: options.live_migration,
    scheduler: { ...scheduler, filters, aliases: pci.aliases },
  });
  if (opened.is !== 'done') return no('the database takes no writes; is the disk full?');
  return done({ replica: opened.value, comes });
}

interface Fleet {
  /** Of the first user, if this start made one. */
  readonly password: string | null;
  readonly real: RealHost;
}

/** The hosts of this process, and the user who may use them. */
async function startHosts(
  { hosts: count, shares, settings, pci, qemu, auth }: UpOptions,
  data: DataDirectory,
  opened: Pick<HostsAbout, 'wire' | 'journal' | 'images' | 'stopped'> & Opened,
  url: string,
): Promise<Decision<Fleet, string>> {
  const { replica, comes, journal } = opened;
  const { devices } = pci;
  const said = { count, shares, settings, devices };
  const about = { ...opened, ...said, clock, entropy, shelfOf: data.shelfOf };
  const fleet = await startSimulatedHosts(about);
  if (fleet.is === 'no') return fleet;
  const first = await firstUser(replica.ledger, data.cloudsYaml, { url, auth });
  if (first.is === 'no') return first;
  const real = await startRealHost({ ...about, wish: qemu, comes, data: data.path });
  if (real.is === 'no') return real;
  await warnOfStrangers(replica.ledger, settings.files, journal);
  return done({ password: first.value, real: real.value });
}

const factsOf = async (
  replica: Replica,
  { path, cloudsYaml }: DataDirectory,
  more: Pick<UpFacts, 'url' | 'started_in_ms' | 'password' | 'real' | 'auth'>,
) => ({
  ...(await replica.ledger.read((view) => ({
    hosts: view.rows(hosts).size,
    servers: view.rows(servers).size,
  }))),
  data: path,
  cloudsYaml,
  ...more,
});

/** e.g. `::1` → `[::1]`; who listens everywhere is found by the machine's name. */
function inUrl(host: string): string {
  if (host === '0.0.0.0' || host === '::') return hostname();
  return host.includes(':') ? `[${host}]` : host;
}

/** A file or directory within the data directory that is not ours to write: one line, no stack. */
function whyNotWritten(error: unknown): string | null {
  const { code, path } = error as NodeJS.ErrnoException;
  const mayNot = code === 'EACCES' || code === 'EPERM' || code === 'EROFS';
  if (code === 'EISDIR') return `${path} is a directory, and should be a file; see --data`;
  if (mayNot) return `${path} may not be written; is it somebody else's? see --data`;
  return code === 'ENOSPC' ? 'the disk is full' : null;
}

function whyNotListening(
  started: Exclude<Started, { is: 'listening' }>,
  { host, port }: UpOptions,
): string {
  return started.is === 'port-in-use'
    ? `port ${port} is in use; choose another with --port (0 takes any free one)`
    : `${host}:${port} cannot be listened on: ${started.message}`;
}

/**
 * The first of Ctrl-C and the polite way to end a process. Signals may come twice, by the terminal
 * and by npm: the second changes nothing.
 */
const stopSignal = (): Promise<'stop'> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve('stop'));
  });

if (import.meta.main) process.exit(await controlPlane(process.argv.slice(2)));
