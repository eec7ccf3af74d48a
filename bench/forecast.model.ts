/**
 * What a fleet's own history says of a host: the chance that it can still take a machine when the
 * machine's turn comes.
 *
 *   arrivals: how large, and on how roomy a cell ┐
 *   departures of those who are there            ├─► free by then: mean, deviation ─► chance
 *   moves under way (claimed on the books given) ┘
 *
 *   F1  it knows what happened before it is asked, and nothing of what comes;
 *   F2  it is asked for a moment by how many machines come until then, and as many go;
 *   F3  a chance is within 0 and 1, and more is never likelier to fit than less.
 *
 * What is free in a cell is taken for normal: many small comings and goings, each on its own.
 */
import type { Cell } from '../src/core/ledger/books.ts';
import type { GuestNode } from '../src/core/scheduler/ask.ts';

/** Cells are told apart by their free vCPUs: none to 3, to 7, to 15 …; the last is open. */
const ROOMS = [4, 8, 16, 32, Number.POSITIVE_INFINITY];
/** What is older than so many arrivals counts for less than a third. */
const REMEMBERED = 4_000;
const SURELY = 1e-9;

interface Sums {
  vcpus: number;
  vcpus_squared: number;
  memory_mib: number;
  memory_mib_squared: number;
}
type Moments = { readonly mean: number; readonly variance: number };

const zero = (): Sums => ({ vcpus: 0, vcpus_squared: 0, memory_mib: 0, memory_mib_squared: 0 });
const roomOf = (vcpus_free: number): number => ROOMS.findIndex((most) => vcpus_free < most);
const vcpusFree = ({ row, vcpus_used }: Cell): number => row.vcpus - vcpus_used;
const memoryFree = ({ row, memory_mib_used }: Cell): number => row.memory_mib - memory_mib_used;

export class Forecast {
  /** What came upon cells of each room, and how many cells there were for it to come upon. */
  readonly #landed = ROOMS.map(zero);
  readonly #cells = ROOMS.map(() => 0);
  /** Of all who are there, the share that goes when one comes. */
  #gone = 0;
  #there = 0;

  /** A machine came: `upon` are the cells that it took, as they were; `all` every cell. */
  came(nodes: readonly GuestNode[], upon: readonly number[], all: readonly Cell[]): void {
    const kept = 1 - 1 / REMEMBERED;
    for (let room = 0; room < ROOMS.length; room++) {
      scale(this.#landed[room] as Sums, kept);
      (this.#cells[room] as number) *= kept;
    }
    for (const cell of all) (this.#cells[roomOf(vcpusFree(cell))] as number)++;
    for (const [at, node] of nodes.entries()) {
      add(this.#landed[roomOf(upon[at] ?? 0)] as Sums, node);
    }
  }

  /** One of `there` machines went. */
  went(there: number): void {
    this.#gone = this.#gone * (1 - 1 / REMEMBERED) + 1;
    this.#there = this.#there * (1 - 1 / REMEMBERED) + there;
  }

  /** That these cells can take the nodes, no two in one, when `later` machines have come. */
  chance(nodes: readonly GuestNode[], cells: readonly Cell[], later: number): number {
    const [node] = nodes;
    if (node === undefined) return 1;
    const each = cells.map((cell) => this.#ofCell(node, cell, later)).sort((a, b) => b - a);
    return each[nodes.length - 1] ?? 0;
  }

  #ofCell({ vcpus, memory_mib }: GuestNode, cell: Cell, later: number): number {
    const room = roomOf(vcpusFree(cell));
    const landed = this.#landed[room] as Sums;
    const cells = Math.max(1, this.#cells[room] as number);
    const leaves = Math.min(1, (later * this.#gone) / Math.max(1, this.#there));
    const cpus = freeThen(vcpusFree(cell), cell.vcpus_used, leaves, {
      mean: (later * landed.vcpus) / cells,
      variance: (later * landed.vcpus_squared) / cells,
    });
    const memory = freeThen(memoryFree(cell), cell.memory_mib_used, leaves, {
      mean: (later * landed.memory_mib) / cells,
      variance: (later * landed.memory_mib_squared) / cells,
    });
    return Math.min(atLeast(vcpus, cpus), atLeast(memory_mib, memory));
  }
}

/** Who is there goes in pieces of a quarter of it, more or less: its variance is of that size. */
function freeThen(free: number, used: number, leaves: number, taken: Moments): Moments {
  const back = leaves * used;
  const piece = used / 4;
  return { mean: free + back - taken.mean, variance: taken.variance + back * piece };
}

/** That what is normal with these moments is at least `wanted`. */
function atLeast(wanted: number, { mean, variance }: Moments): number {
  if (variance < SURELY) return mean >= wanted ? 1 : 0;
  return 1 / (1 + Math.exp((-1.702 * (mean - wanted)) / Math.sqrt(variance)));
}

function scale(sums: Sums, by: number): void {
  sums.vcpus *= by;
  sums.vcpus_squared *= by;
  sums.memory_mib *= by;
  sums.memory_mib_squared *= by;
}

function add(sums: Sums, { vcpus, memory_mib }: GuestNode): void {
  sums.vcpus += vcpus;
  sums.vcpus_squared += vcpus ** 2;
  sums.memory_mib += memory_mib;
  sums.memory_mib_squared += memory_mib ** 2;
}
