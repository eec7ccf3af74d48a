/**
 * What an operator says of hosts besides their machines, from the environment, in upstream's words,
 * and from provider files.
 *
 *   OS_DEFAULT__RESERVED_HOST_CPUS, …_MEMORY_MB, …_DISK_MB, OS_DEFAULT__RESERVED_HUGE_PAGES
 *   OS_DEFAULT__CPU_ALLOCATION_RATIO, …RAM…, …DISK…            0: what the provider has by now,
 *   OS_DEFAULT__INITIAL_CPU_ALLOCATION_RATIO, …RAM…, …DISK…    at first these
 *   OS_COMPUTE__CPU_SHARED_SET, …_DEDICATED_SET
 *   OS_COMPUTE__PROVIDER_CONFIG_LOCATION                       a directory of provider files
 *   PLIMSOLL_GUEST_OVERHEAD_MIB                                memory that running a guest takes
 *
 * All of it is checked before any host starts, and all that is wrong is told at once; whether a
 * machine has what is kept back of it, the host says (agent/config-check.ts).
 */
import { type HostConfig, plainConfig } from '../../core/agent/config.ts';
import type { Ledger } from '../../core/ledger/ledger.ts';
import type { Journal } from '../../core/ports/journal.ts';
import { type Decision, done, no } from '../../core/ports/reply.ts';
import {
  additionsTo,
  type ProviderFiles,
  readProviderFiles,
  strangersAmong,
} from '../../real/provider-files/read-directory.ts';
import { hostShares, sharesSaid } from './host-shares.ts';

export interface HostSettings {
  readonly config: Partial<HostConfig>;
  readonly files: ProviderFiles;
}

type Environment = Readonly<Record<string, string | undefined>>;

const AMOUNT_MAX = 2 ** 31 - 1;
const RATIO_MAX = 1_000_000;
const MIB_IN_GIB = 1024;
const SHARES = {
  'cpu-shared-set': 'OS_COMPUTE__CPU_SHARED_SET',
  'cpu-dedicated-set': 'OS_COMPUTE__CPU_DEDICATED_SET',
  'reserved-huge-pages': 'OS_DEFAULT__RESERVED_HUGE_PAGES',
} as const;

/** `named`: a directory of provider files, before the one that the environment says. */
export function readHostSettings(
  env: Environment,
  named: string | null,
): Decision<HostSettings, string> {
  const directory = named ?? env['OS_COMPUTE__PROVIDER_CONFIG_LOCATION'];
  const wrong: string[] = [];
  const config = { ...amountsIn(env, wrong), ...ratiosIn(env, wrong), ...sharesIn(env, wrong) };
  const files =
    directory === undefined || directory === ''
      ? done<ProviderFiles>({ entries: [], warnings: [] })
      : readProviderFiles(directory);
  if (files.is === 'no') wrong.push(...files.why);
  if (files.is === 'no' || wrong.length > 0) return no(wrong.join('\n  '));
  return done({ config, files: files.value });
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

type Amounts = Pick<
  HostConfig,
  'reserved_cores' | 'reserved_memory_mib' | 'reserved_disk_gib' | 'guest_overhead_mib'
>;

function amountsIn(env: Environment, wrong: string[]): Partial<Amounts> {
  const cores = wholeIn(env, 'OS_DEFAULT__RESERVED_HOST_CPUS', wrong);
  const memory_mib = wholeIn(env, 'OS_DEFAULT__RESERVED_HOST_MEMORY_MB', wrong);
  const disk_mib = wholeIn(env, 'OS_DEFAULT__RESERVED_HOST_DISK_MB', wrong);
  const overhead_mib = wholeIn(env, 'PLIMSOLL_GUEST_OVERHEAD_MIB', wrong);
  return {
    ...(cores !== null && { reserved_cores: cores }),
    ...(memory_mib !== null && { reserved_memory_mib: memory_mib }),
    ...(disk_mib !== null && { reserved_disk_gib: Math.ceil(disk_mib / MIB_IN_GIB) }),
    ...(overhead_mib !== null && { guest_overhead_mib: overhead_mib }),
  };
}

type Ratios = Pick<HostConfig, 'cpu_ratio' | 'memory_ratio' | 'disk_ratio' | 'initial_ratios'>;

/** Upstream's order: what is configured, else what the provider has, else the initial one. */
function ratiosIn(env: Environment, wrong: string[]): Ratios {
  const of = (name: string) =>
    ratioIn(env, `OS_DEFAULT__${name}_ALLOCATION_RATIO`, 0, wrong) || null;
  const initial = (name: string, otherwise: number) =>
    ratioIn(env, `OS_DEFAULT__INITIAL_${name}_ALLOCATION_RATIO`, Number.MIN_VALUE, wrong) ??
    otherwise;
  const { cpu, memory, disk } = plainConfig.initial_ratios;
  return {
    cpu_ratio: of('CPU'),
    memory_ratio: of('RAM'),
    disk_ratio: of('DISK'),
    initial_ratios: {
      cpu: initial('CPU', cpu),
      memory: initial('RAM', memory),
      disk: initial('DISK', disk),
    },
  };
}

function sharesIn(env: Environment, wrong: string[]): Partial<HostConfig> {
  const said = (name: keyof typeof SHARES) => env[SHARES[name]] || undefined;
  const [shared, dedicated] = [said('cpu-shared-set'), said('cpu-dedicated-set')];
  const pages = said('reserved-huge-pages')?.split(';');
  if (shared === undefined && dedicated === undefined && pages === undefined) return {};
  const shares = hostShares(
    {
      ...(shared !== undefined && { 'cpu-shared-set': shared }),
      ...(dedicated !== undefined && { 'cpu-dedicated-set': dedicated }),
      ...(pages !== undefined && { 'reserved-huge-pages': pages }),
    },
    SHARES,
  );
  if (shares.is === 'done') return sharesSaid(shares.value);
  wrong.push(shares.why);
  return {};
}

/** Null where nothing is said, or something wrong. */
function wholeIn(env: Environment, key: string, wrong: string[]): number | null {
  const text = env[key];
  if (text === undefined || text === '') return null;
  if (/^\d{1,10}$/.test(text) && Number(text) <= AMOUNT_MAX) return Number(text);
  wrong.push(`${key} is a whole number from 0 to ${AMOUNT_MAX}, not ${text}`);
  return null;
}

function ratioIn(env: Environment, key: string, least: number, wrong: string[]): number | null {
  const text = env[key];
  if (text === undefined || text === '') return null;
  const ratio = /^\d{1,7}(\.\d{1,12})?$/.test(text) ? Number(text) : Number.NaN;
  if (ratio >= least && ratio <= RATIO_MAX) return ratio;
  wrong.push(`${key} is a number ${least > 0 ? 'above' : 'from'} 0 to ${RATIO_MAX}, not ${text}`);
  return null;
}
