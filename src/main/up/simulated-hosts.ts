/** The simulated hosts of a trial installation: each is found again with its guests. */
import { plainConfig } from '../../core/agent/config.ts';
import { checkConfig } from '../../core/agent/config-check.ts';
import { carryOutDuties, reportOnce } from '../../core/agent/duties.ts';
import type { DeviceSpec } from '../../core/devices/spec.ts';
import { hosts } from '../../core/fleet/rows.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Entropy } from '../../core/ports/entropy.ts';
import type { ImageFiles } from '../../core/ports/image-files.ts';
import type { Journal } from '../../core/ports/journal.ts';
import { type Decision, done, no } from '../../core/ports/reply.ts';
import type { Replica } from '../../core/replica.ts';
import { FileGuestShelf } from '../../real/guest-shelf.ts';
import type { LocalWire } from '../../real/local-wire.ts';
import { namespacesOf } from '../../sim/devices.ts';
import { SimFabric } from '../../sim/fabric.ts';
import { type HostSize, machineOf, simulatedHost } from '../../sim/simulated-host.ts';
import { type HostSettings, settingsOf } from './host-settings.ts';
import { type HostShares, sharesSaid } from './host-shares.ts';
import { trialDevices } from './pci-options.ts';

const cpusFrom = (first: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, at) => first + at);

/** 8 shared and 4 dedicated CPUs in each cell; 32 GiB of ordinary memory, 4 and 4 GiB in pages. */
export const SIZE: HostSize = {
  cores: 24,
  threads: 2,
  memory_mib: 81_920,
  disk_gib: 1_000,
  cells: 2,
  cells_a_socket: 1,
  devices: trialDevices,
  pages: { 2048: 2048, 1048576: 4 },
};
const SETS = {
  cpu_shared_set: [...cpusFrom(0, 8), ...cpusFrom(12, 8)],
  cpu_dedicated_set: [...cpusFrom(8, 4), ...cpusFrom(20, 4)],
};

export interface HostsAbout {
  readonly count: number;
  readonly replica: Replica;
  readonly wire: LocalWire;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly journal: Journal;
  /** Where guests' images are brought to. */
  readonly images: ImageFiles;
  readonly shelfOf: (host: string) => string;
  readonly stopped: () => boolean;
  /** What was said of their CPUs and pages. */
  readonly shares: HostShares;
  readonly settings: HostSettings;
  /** Which of their devices guests may have to themselves. */
  readonly devices: readonly DeviceSpec[];
}

/** What is wrong with what is said of them, held against the machines that they would be. */
export function wrongOfSimulated({
  settings,
  shares,
}: Pick<HostsAbout, 'settings' | 'shares'>): readonly string[] {
  const config = { ...plainConfig, ...SETS, ...settings.config, ...sharesSaid(shares) };
  return checkConfig(config, machineOf(SIZE)).map((why) => `the simulated hosts: ${why}`);
}

/** Brings all of them up, each reported once, before anybody is told that the fleet is there. */
export async function startSimulatedHosts(about: HostsAbout): Promise<Decision<void, string>> {
  const fabric = new SimFabric();
  const names = Array.from({ length: about.count }, (_, at) => `host-${at + 1}`);
  const started = await Promise.all(names.map((name) => startOne(about, fabric, name)));
  return started.find(({ is }) => is === 'no') ?? done(undefined);
}

async function startOne(
  about: HostsAbout,
  fabric: SimFabric,
  name: string,
): Promise<Decision<void, string>> {
  const { replica, wire, clock, entropy, journal, images, shelfOf, stopped } = about;
  const known = await replica.ledger.read((view) => view.rows(hosts).get(name)?.uuid);
  const shelf = new FileGuestShelf(shelfOf(name));
  const uuid = known ?? entropy.uuid();
  const { shares, devices } = about;
  const said = settingsOf(about.settings, { name, uuid });
  if (said.is === 'no') return said;
  const { pmem } = about.settings;
  const own = { ...sharesSaid(shares), devices, pmem, tells_metrics: true };
  const config = { ...SETS, ...said.value, ...own };
  const persistent_memory = namespacesOf(pmem);
  const ports = { fabric, clock, journal, shelf, images };
  const made = await simulatedHost({ ...SIZE, ...ports, persistent_memory, name, uuid, config });
  if (made.is === 'no') return no(`the simulated host ${name} cannot start: ${made.why}`);
  const { agent } = made.value;
  wire.attach(agent);
  if (!(await reportOnce(agent, replica.muster))) {
    return no(`the simulated host ${name} was not taken in; the log says why`);
  }
  void carryOutDuties(agent, replica.muster, clock, stopped);
  return done(undefined);
}
