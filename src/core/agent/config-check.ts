/**
 * What is wrong with the configuration of a host, held against its machine: all of it at once, and
 * before its agent starts.
 *
 *   cpu_shared_set, cpu_dedicated_set   CPUs of the machine, each in one of the sets at most
 *   reserved_pages                      a cell and size that the machine has, and no more than that
 *   reserved_*, guest_overhead_*        whole, not negative, not more than there is
 *   *_ratio                             above 0
 *   pmem                                namespaces that the machine has
 */
import { byNumber } from '../base/order.ts';
import type { Machine } from '../ports/hypervisor.ts';
import { sizeInWords } from '../topology/pages.ts';
import type { HostConfig } from './config.ts';

type Sets = 'cpu_shared_set' | 'cpu_dedicated_set';

/** A sentence for each thing that is wrong; empty: the host may start. */
export const checkConfig = (config: HostConfig, machine: Machine): readonly string[] => [
  ...wrongSet('cpu_shared_set', config, machine),
  ...wrongSet('cpu_dedicated_set', config, machine),
  ...overlap(config),
  ...wrongAmounts(config, machine),
  ...wrongRatios(config),
  ...wrongPages(config, machine),
  ...wrongPmem(config, machine),
];

function wrongSet(name: Sets, config: HostConfig, { cells, cores }: Machine): string[] {
  const set = config[name];
  if (set === null) return [];
  if (set.length === 0) return [`${name} is empty: leave it out, or name CPUs`];
  if (cells.some(({ cpus }) => cpus === undefined)) {
    return [`${name} is set, and the driver does not know which CPUs are in which cell`];
  }
  const known = new Set(cells.flatMap(({ cpus = [] }) => cpus.flat()));
  const unknown = set.filter((cpu) => !known.has(cpu));
  const twice = set.filter((cpu, at) => set.indexOf(cpu) !== at);
  return [
    ...(unknown.length > 0
      ? [`${name} names ${cpusInWords(unknown)}, which is none of the machine's ${cores} CPUs`]
      : []),
    ...(twice.length > 0 ? [`${name} names ${cpusInWords(twice)} twice`] : []),
  ];
}

function overlap({ cpu_shared_set: shared, cpu_dedicated_set: dedicated }: HostConfig): string[] {
  const both = (shared ?? []).filter((cpu) => dedicated?.includes(cpu) === true);
  if (both.length === 0) return [];
  return [
    `cpu_shared_set and cpu_dedicated_set both name ${cpusInWords(both)}: ` +
      'a CPU is shared or dedicated, not both',
  ];
}

const cpusInWords = (cpus: readonly number[]): string =>
  `CPU ${[...new Set(cpus)].sort(byNumber).join(', ')}`;

function wrongAmounts(config: HostConfig, machine: Machine): string[] {
  const most = {
    reserved_cores: machine.cores,
    reserved_memory_mib: machine.memory_mib,
    reserved_disk_gib: machine.disk_gib,
    guest_overhead_mib: machine.memory_mib,
    guest_overhead_gib: machine.disk_gib,
  };
  return Object.entries(most).flatMap(([name, limit]) => {
    const given = config[name as keyof typeof most];
    if (Number.isInteger(given) && given >= 0 && given <= limit) return [];
    return [`${name} is a whole number from 0 to ${limit}, not ${given}`];
  });
}

const wrongRatios = (config: HostConfig): string[] =>
  (['cpu_ratio', 'memory_ratio', 'disk_ratio'] as const).flatMap((name) => {
    const given = config[name];
    if (given === null || (Number.isFinite(given) && given > 0)) return [];
    return [`${name} is a number above 0, not ${given}`];
  });

function wrongPages({ reserved_pages }: HostConfig, { cells }: Machine): string[] {
  const seen = new Set<string>();
  return reserved_pages.flatMap(({ cell, size_kib, count }) => {
    const what = `pages of ${sizeInWords(size_kib)} of NUMA cell ${cell}`;
    const there = cells
      .find((one) => one.cell === cell)
      ?.pages?.find((one) => one.size_kib === size_kib);
    const again = seen.has(what);
    seen.add(what);
    if (again) return [`reserved_pages names ${what} twice`];
    if (there === undefined) return [`reserved_pages names ${what}, and the machine has none`];
    if (Number.isInteger(count) && count >= 0 && count <= there.total) return [];
    return [`reserved_pages keeps back ${count} ${what}, of which there are ${there.total}`];
  });
}

/** What is missing at the start is a slip of the pen; what goes later is withdrawn (DV3). */
const wrongPmem = ({ pmem }: HostConfig, { persistent_memory: known = [] }: Machine): string[] =>
  pmem
    .flatMap(({ namespaces }) => namespaces)
    .filter((name) => !known.some((one) => one.name === name))
    .map((name) => `pmem_namespaces names ${name}, which the machine does not have`);
