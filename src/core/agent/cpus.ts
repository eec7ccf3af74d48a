/**
 * The CPUs and pages of a host, as its operator shared them out among guests.
 *
 *   cpu_shared_set   cpu_dedicated_set   guests share         each may have to itself
 *   –                –                   all                  none
 *   0-3              –                   0-3                  none
 *   –                4-7                 none                 4-7
 *   0-3              4-7                 0-3                  4-7
 *
 * No CPU is in both (config-check.ts); of pages, some may be kept back. Where the driver does not
 * know which CPU is in which cell, there is nothing to share out: guests share all of them.
 */
import type { ReportedPages } from '../fleet/report.ts';
import type { Machine, MachineCell } from '../ports/hypervisor.ts';
import type { Core } from '../topology/cores.ts';
import type { HostConfig } from './config.ts';

type CpuSets = Pick<HostConfig, 'cpu_shared_set' | 'cpu_dedicated_set'>;
type Shares = CpuSets & Pick<HostConfig, 'reserved_pages'>;

export interface HostCell {
  readonly cell: number;
  /** How many CPUs guests share here. */
  readonly cores: number;
  readonly memory_mib: number;
  readonly dedicated: readonly Core[];
  readonly pages: readonly ReportedPages[];
}

export const cellsOf = (machine: Machine, config: Shares): readonly HostCell[] =>
  machine.cells.map((cell) => cellOf(cell, config));

function cellOf(about: MachineCell, config: Shares): HostCell {
  const { cell, cores, memory_mib, cpus } = about;
  const pages = pagesOf(about, config);
  if (cpus === undefined) return { cell, cores, memory_mib, dedicated: [], pages };
  const dedicated = cpus
    .map((core) => ({ cpus: core.filter((cpu) => isDedicated(cpu, config)), threads: core.length }))
    .filter((core) => core.cpus.length > 0);
  const shared = cpus.flat().filter((cpu) => isShared(cpu, config)).length;
  return { cell, cores: shared, memory_mib, dedicated, pages };
}

const pagesOf = ({ cell, pages = [] }: MachineCell, { reserved_pages }: Shares): ReportedPages[] =>
  pages.map(({ size_kib, total }) => {
    const kept = reserved_pages.find((one) => one.cell === cell && one.size_kib === size_kib);
    return { size_kib, total, reserved: Math.min(total, kept?.count ?? 0) };
  });

const isDedicated = (cpu: number, { cpu_dedicated_set: set }: CpuSets): boolean =>
  set?.includes(cpu) === true;

function isShared(cpu: number, config: CpuSets): boolean {
  if (isDedicated(cpu, config)) return false;
  return config.cpu_shared_set?.includes(cpu) ?? config.cpu_dedicated_set === null;
}

/** Of all cells: what VCPU and PCPU count. */
export function cpuTotals(machine: Machine, config: Shares): { shared: number; own: number } {
  const cells = cellsOf(machine, config);
  const own = cells.flatMap(({ dedicated }) => dedicated).flatMap(({ cpus }) => cpus).length;
  const untouched = config.cpu_shared_set === null && config.cpu_dedicated_set === null;
  const shared = cells.reduce((sum, { cores }) => sum + cores, 0);
  return { shared: untouched || machine.cells.length === 0 ? machine.cores : shared, own };
}

/** Whether its cores have several CPUs each. */
export const isThreaded = ({ cells }: Machine): boolean =>
  cells.some(({ cpus }) => cpus?.some((core) => core.length > 1) === true);
