/**
 * What an operator says of hosts besides their machines: settings (core/config/hosts.ts), and
 * provider files. All of it is checked before any host starts; whether a machine has what is kept
 * back of it, the host says (agent/config-check.ts).
 */
import type { HostConfig } from '../../core/agent/config.ts';
import { providerConfig } from '../../core/config/common.ts';
import * as of from '../../core/config/hosts.ts';
import type { Resolved } from '../../core/config/resolve.ts';
import type { Settings } from '../../core/config/settings.ts';
import type { PmemLabel } from '../../core/devices/pmem.ts';
import type { Ledger } from '../../core/ledger/ledger.ts';
import type { Journal } from '../../core/ports/journal.ts';
import { type Decision, done, no } from '../../core/ports/reply.ts';
import {
  additionsTo,
  type ProviderFiles,
  readProviderFiles,
  strangersAmong,
} from '../../real/provider-files/read-directory.ts';
import { readNamed } from '../config/read-settings.ts';
import { sharesOfAll, sharesSaid } from './host-shares.ts';

export interface HostSettings {
  readonly config: Partial<HostConfig>;
  readonly files: ProviderFiles;
  /** Of simulated hosts alone: no other driver hands any out. */
  readonly pmem: readonly PmemLabel[];
}

const MIB_IN_GIB = 1024;

const NO_FILES: ProviderFiles = { entries: [], warnings: [] };

/** Or a line for each thing that is wrong with anything that was said, provider files included. */
export function readHostSettings(read: Resolved): Decision<HostSettings, readonly string[]> {
  const files = readNamed(read, providerConfig, readProviderFiles, NO_FILES);
  const wrong = [...read.wrong, ...(files.is === 'no' ? files.why : [])];
  if (files.is === 'no' || wrong.length > 0) return no(wrong);
  const said = read.settings;
  const config = { ...amountsIn(said), ...ratiosIn(said), ...sharesSaid(sharesOfAll(said)) };
  return done({ config, files: files.value, pmem: said.of(of.pmemNamespaces) ?? [] });
}

/** What is said of one host. */
export function settingsOf(
  { config, files }: HostSettings,
  host: { readonly name: string; readonly uuid: string },
): Decision<Partial<HostConfig>, string> {
  const added = additionsTo(host, files.entries);
  return added.is === 'no' ? added : done({ ...config, ...added.value });
}

/** Says which entries of provider files are nobody's; they change nothing. */
export async function warnOfStrangers(
  ledger: Ledger,
  files: ProviderFiles,
  journal: Journal,
): Promise<void> {
  const known = await ledger.read(({ books }) => books.providers.flatMap((one) => one ?? []));
  for (const message of [...files.warnings, ...strangersAmong(files, known)]) {
    journal.warn('part of the provider files is not used', { message });
  }
}

function amountsIn(said: Settings): Partial<HostConfig> {
  const [cores, memory_mib, disk_mib] = [
    said.of(of.reservedCpus),
    said.of(of.reservedMemory),
    said.of(of.reservedDisk),
  ];
  const [overhead_mib, overhead_gib] = [said.of(of.guestOverhead), said.of(of.guestOverheadDisk)];
  return {
    ...(cores !== null && { reserved_cores: cores }),
    ...(memory_mib !== null && { reserved_memory_mib: memory_mib }),
    ...(disk_mib !== null && { reserved_disk_gib: Math.ceil(disk_mib / MIB_IN_GIB) }),
    ...(overhead_mib !== null && { guest_overhead_mib: overhead_mib }),
    ...(overhead_gib !== null && { guest_overhead_gib: overhead_gib }),
  };
}

type Ratios = Pick<HostConfig, 'cpu_ratio' | 'memory_ratio' | 'disk_ratio' | 'initial_ratios'>;

/** Upstream's order: what is configured, else what the provider has, else the initial one. */
const ratiosIn = (said: Settings): Ratios => ({
  cpu_ratio: said.of(of.ratios.cpu) || null,
  memory_ratio: said.of(of.ratios.memory) || null,
  disk_ratio: said.of(of.ratios.disk) || null,
  initial_ratios: {
    cpu: said.of(of.initialRatios.cpu),
    memory: said.of(of.initialRatios.memory),
    disk: said.of(of.initialRatios.disk),
  },
});
