/**
 * What a machine has, read from /proc and /sys below a root directory: so whole machines can be
 * tests (trees/), and what a host would report can be looked at without starting its agent.
 *
 *   processors.ts   CPUs that are online, cores, sockets        tree.ts   reads, bounded
 *   cells.ts        NUMA cells: CPUs, memory, pages
 *   pci.ts          devices and their functions
 *   features.ts     what the CPUs can do
 *
 * Nothing here fails: what is odd is left out or taken as none, and said among `problems`. Disk is
 * not here, since guests get what the directory of their driver has.
 */
import type { Machine } from '../../core/ports/hypervisor.ts';
import { cellsOf, distancesOf } from './cells.ts';
import { cpuModel } from './features.ts';
import { pciDevices } from './pci.ts';
import { onlineProcessors } from './processors.ts';
import { Tree } from './tree.ts';

type Facts = Pick<Machine, 'cores' | 'memory_mib' | 'cells' | 'devices' | 'traits' | 'cpu_info'>;

export type MachineFacts = Required<Facts> &
  Pick<Machine, 'booted_at_ms'> & { readonly problems: readonly string[] };

/** Agents ask for every guest; a machine of 256 CPUs has a thousand files to read. */
const FRESH_MS = 5_000;

/** One machine, read anew when it was last read a while ago. */
export class MachineReader {
  readonly #root: string;
  #last: { readonly facts: MachineFacts; readonly at_ms: number } | null = null;

  constructor(root: string) {
    this.#root = root;
  }

  read(): MachineFacts {
    const now_ms = performance.now();
    if (this.#last === null || now_ms - this.#last.at_ms > FRESH_MS) {
      this.#last = { facts: readMachine(this.#root), at_ms: now_ms };
    }
    return this.#last.facts;
  }
}

export function readMachine(root: string): MachineFacts {
  const tree = new Tree(root);
  const cells = cellsOf(tree, onlineProcessors(tree));
  const { traits, ...model } = cpuModel(tree);
  const devices = pciDevices(
    tree,
    cells.map(({ cell }) => cell),
  );
  return {
    cores: sum(cells.map(({ cores }) => cores)),
    memory_mib: sum(cells.map(({ memory_mib }) => memory_mib)),
    cells,
    devices,
    traits,
    cpu_info: { ...model, topology: { ...shapeOf(cells), distances: distancesOf(tree) } },
    ...bootedAt(tree),
    problems: tree.problems,
  };
}

/** In upstream's words: cores of a socket, threads of a core; the most that any has. */
function shapeOf(cells: ReturnType<typeof cellsOf>) {
  const cores = cells.flatMap(({ cpus }) => cpus);
  const sockets = Math.max(1, new Set(cells.flatMap(({ socket }) => socket ?? [])).size);
  const threads = Math.max(0, ...cores.map((core) => core.length));
  return { cells: cells.length, sockets, cores: Math.ceil(cores.length / sockets), threads };
}

/** The kernel tells it in seconds. */
function bootedAt(tree: Tree): Pick<Machine, 'booted_at_ms'> {
  const said = /^btime (\d{1,12})$/m.exec(tree.text('proc/stat') ?? '')?.[1];
  return said === undefined ? {} : { booted_at_ms: Number(said) * 1000 };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
