/**
 * The CPUs of a host, as its operator shared them out among guests.
 *
 *   cpu_shared_set   cpu_dedicated_set   guests share         each may have to itself
 *   –                –                   all                  none
 *   0-3              –                   0-3                  none
 *   –                4-7                 none                 4-7
 *   0-3              4-7                 0-3                  4-7
 *
 * A CPU in both is dedicated. Where the driver does not know which CPU is in which cell, there is
 * nothing to share out: guests share all of them.
 */
import type { Machine, MachineCell } from '../ports/hypervisor.ts';
import type { Core } from '../topology/cores.ts';
import type { HostConfig } from './config.ts';

type CpuSets = Pick<HostConfig, 'cpu_shared_set' | 'cpu_dedicated_set'>;

export interface HostCell {
  readonly cell: number;
  /** How many CPUs guests share here. */
  readonly cores: number;
  readonly memory_mib: number;
  readonly dedicated: readonly Core[];
}

export const cellsOf = (machine: Machine, config: CpuSets): readonly HostCell[] =>
  machine.cells.map((cell) => cellOf(cell, config));

function cellOf({ cell, cores, memory_mib, cpus }: MachineCell, config: CpuSets): HostCell {
  if (cpus === undefined) return { cell, cores, memory_mib, dedicated: [] };
  const dedicated = cpus
    .map((core) => ({ cpus: core.filter((cpu) => isDedicated(cpu, config)), threads: core.length }))
    .filter((core) => core.cpus.length > 0);
  const shared = cpus.flat().filter((cpu) => isShared(cpu, config)).length;
  return { cell, cores: shared, memory_mib, dedicated };
}

const isDedicated = (cpu: number, { cpu_dedicated_set: set }: CpuSets): boolean =>
  set?.includes(cpu) === true;

function isShared(cpu: number, config: CpuSets): boolean {
  if (isDedicated(cpu, config)) return false;
  return config.cpu_shared_set?.includes(cpu) ?? config.cpu_dedicated_set === null;
}

/** Of all cells: what VCPU and PCPU count. */
export function cpuTotals(machine: Machine, config: CpuSets): { shared: number; own: number } {
  const cells = cellsOf(machine, config);
  const own = cells.flatMap(({ dedicated }) => dedicated).flatMap(({ cpus }) => cpus).length;
  const untouched = config.cpu_shared_set === null && config.cpu_dedicated_set === null;
  const shared = cells.reduce((sum, { cores }) => sum + cores, 0);
  return { shared: untouched || machine.cells.length === 0 ? machine.cores : shared, own };
}

/** Whether its cores have several CPUs each. */
export const isThreaded = ({ cells }: Machine): boolean =>
  cells.some(({ cpus }) => cpus?.some((core) => core.length > 1) === true);
