/**
 * The CPUs of a machine that are online, which are threads of one core, and in which socket.
 *
 *   cpu/online                          0-3
 *   cpu/cpu0/topology/core_cpus_list    0,2        older kernels: thread_siblings_list
 *   cpu/cpu0/topology/physical_package_id
 *
 * A CPU is in one core, whatever its neighbours say.
 */
import type { Tree } from './tree.ts';

const CPUS = 'sys/devices/system/cpu';

export interface Processor {
  readonly cpu: number;
  /** The CPUs of its core, itself included, and those that are offline. */
  readonly core: readonly number[];
  /** Null: the machine does not say. */
  readonly socket: number | null;
}

/** Rising. */
export function onlineProcessors(tree: Tree): readonly Processor[] {
  const online = new Set(tree.cpus(`${CPUS}/online`) ?? everyCpu(tree));
  const cores = new Map<number, readonly number[]>();
  for (const cpu of online) {
    if (cores.has(cpu)) continue;
    const core = siblingsOf(tree, cpu).filter((one) => !cores.has(one));
    for (const one of core) cores.set(one, core);
  }
  return [...online].map((cpu) => ({
    cpu,
    core: cores.get(cpu) as readonly number[],
    socket: socketOf(tree, cpu),
  }));
}

/** Kernels that cannot switch CPUs off do not say which are on. */
function everyCpu(tree: Tree): readonly number[] {
  const present = tree.cpus(`${CPUS}/present`);
  if (present === null) tree.odd('neither cpu/online nor cpu/present says which CPUs there are');
  return present ?? [];
}

function siblingsOf(tree: Tree, cpu: number): readonly number[] {
  const topology = `${CPUS}/cpu${cpu}/topology`;
  const said = tree.cpus(`${topology}/core_cpus_list`);
  const siblings = said ?? tree.cpus(`${topology}/thread_siblings_list`) ?? [cpu];
  if (siblings.includes(cpu)) return siblings;
  tree.odd(`CPU ${cpu} is not among the CPUs of its own core: taken as a core by itself`);
  return [cpu];
}

/** Firmware that does not know says -1. */
function socketOf(tree: Tree, cpu: number): number | null {
  const socket = tree.number(`${CPUS}/cpu${cpu}/topology/physical_package_id`);
  return socket === null || socket < 0 ? null : socket;
}
