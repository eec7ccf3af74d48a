/**
 * The NUMA cells of a machine: CPUs by core, memory, and what of it is cut into larger pages.
 *
 *   node/node0/cpulist     0-7,16-23
 *   node/node0/meminfo     Node 0 MemTotal:  131841024 kB
 *   node/node0/hugepages/hugepages-2048kB/nr_hugepages
 *
 * A cell may have no memory, or no CPUs; a kernel without NUMA has one cell.
 *
 *   C1  a CPU that is online is in one cell, and no other CPU is in any;
 *   C2  the pages of a cell are no more than its memory.
 *
 * A cell's own memory is still growing while a large machine starts, so a machine of one cell is
 * told by its total.
 */
import { byNumber } from '../../core/base/order.ts';
import type { MachineCell } from '../../core/ports/hypervisor.ts';
import { mibOf, sizeInWords } from '../../core/topology/pages.ts';
import type { Processor } from './processors.ts';
import type { Tree } from './tree.ts';

const NODES = 'sys/devices/system/node';

interface Cell extends MachineCell {
  readonly cpus: readonly (readonly number[])[];
  readonly pages: readonly { readonly size_kib: number; readonly total: number }[];
}

export function cellsOf(tree: Tree, processors: readonly Processor[]): readonly Cell[] {
  const left = new Map(processors.map((one) => [one.cpu, one]));
  const numbers = nodeNumbers(tree);
  const cells =
    numbers.length === 0
      ? [onlyCell(tree, left)]
      : numbers.map((cell) => cellOf(tree, cell, numbers.length === 1, left));
  if (left.size > 0) tree.odd(`CPU ${[...left.keys()].join(', ')}: in no NUMA cell, left out`);
  return cells;
}

/** How far each cell is from each, as the firmware says; 10 is here. */
export const distancesOf = (tree: Tree): readonly (readonly number[])[] =>
  nodeNumbers(tree).map((cell) =>
    (tree.text(`${NODES}/node${cell}/distance`) ?? '').split(/\s+/).filter(Boolean).map(Number),
  );

const nodeNumbers = (tree: Tree): readonly number[] =>
  tree
    .names(NODES)
    .filter((name) => /^node\d{1,4}$/.test(name))
    .map((name) => Number(name.slice('node'.length)))
    .sort(byNumber);

function onlyCell(tree: Tree, left: Map<number, Processor>): Cell {
  const memory_mib = memoryOf(tree, 'proc/meminfo', 'the machine');
  const pages = pagesOf(tree, 'sys/kernel/mm/hugepages', 'the machine', memory_mib);
  return put(0, memory_mib, pages, taken(left, [...left.keys()]), tree);
}

function cellOf(tree: Tree, cell: number, only: boolean, left: Map<number, Processor>): Cell {
  const node = `${NODES}/node${cell}`;
  const name = `NUMA cell ${cell}`;
  const said = tree.cpus(`${node}/cpulist`);
  if (said === null) tree.odd(`${name} does not say which CPUs it has`);
  const source = only ? 'proc/meminfo' : `${node}/meminfo`;
  const memory_mib = memoryOf(tree, source, name);
  const pages = pagesOf(tree, `${node}/hugepages`, name, memory_mib);
  return put(cell, memory_mib, pages, taken(left, said ?? []), tree);
}

/** C1; what another cell has, or is offline, is not there to be taken. */
const taken = (left: Map<number, Processor>, cpus: readonly number[]): readonly Processor[] =>
  cpus.flatMap((cpu) => {
    const one = left.get(cpu);
    left.delete(cpu);
    return one ?? [];
  });

function put(
  cell: number,
  memory_mib: number,
  pages: Cell['pages'],
  own: readonly Processor[],
  tree: Tree,
): Cell {
  const here = new Set(own.map(({ cpu }) => cpu));
  const groups = new Map(own.map(({ core }) => [core, core.filter((cpu) => here.has(cpu))]));
  const sockets = [...new Set(own.map(({ socket }) => socket))];
  if (sockets.length > 1) tree.odd(`NUMA cell ${cell} is in sockets ${sockets.join(', ')}`);
  const [socket = null] = sockets.length === 1 ? sockets : [];
  const about = { cell, cores: own.length, memory_mib };
  return { ...about, ...(socket !== null && { socket }), cpus: [...groups.values()], pages };
}

function memoryOf(tree: Tree, path: string, of: string): number {
  const kib = /MemTotal:\s+(\d{1,15}) kB/.exec(tree.text(path) ?? '')?.[1];
  if (kib === undefined) tree.odd(`${of} does not say how much memory it has: taken as none`);
  return Math.floor(Number(kib ?? 0) / 1024);
}

function pagesOf(tree: Tree, path: string, of: string, memory_mib: number): Cell['pages'] {
  let left_mib = memory_mib;
  return pageSizes(tree, path).flatMap((size_kib) => {
    const said = tree.number(`${path}/hugepages-${size_kib}kB/nr_hugepages`) ?? 0;
    const total = Math.min(Math.max(0, said), Math.floor((left_mib * 1024) / size_kib));
    left_mib -= mibOf(total, size_kib);
    if (said > total) {
      tree.odd(`${of} has memory for ${total} of its ${said} pages of ${sizeInWords(size_kib)}`);
    }
    return total > 0 ? [{ size_kib, total }] : [];
  });
}

const pageSizes = (tree: Tree, path: string): readonly number[] =>
  tree
    .names(path)
    .flatMap((name) => /^hugepages-(\d{1,9})kB$/.exec(name)?.[1] ?? [])
    .map(Number)
    .filter((size_kib) => size_kib > 0)
    .sort(byNumber);
