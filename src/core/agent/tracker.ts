/**
 * The tracker: whether what was claimed for a guest in the ledger is really there on this host.
 *
 *   snapshot of the guests ──┐
 *   guests being made ───────┴─► room? ─► yes: the new one is being made from now on
 *
 * It keeps no second truth: the guests are read from the hypervisor for every claim. All that it
 * remembers is what a snapshot cannot show yet: guests that orders under way are making. One of
 * those is forgotten with the first snapshot that was begun after its order had ended.
 *
 *   TR1  `claim` is one piece, and nothing waits inside: two claims never see the same room;
 *   TR2  what a step makes counts from its claim on, and once. Two steps that would make the same
 *        guest count as two, until one of them is refused.
 *   TR3  a dedicated CPU is one guest's: none that is not offered, and none that another has;
 *   TR4  pages are one guest's: no more than there are, less those kept back and those of others;
 *   TR5  what running a guest takes is there too, counted as the ledger does (L1, column.ts).
 */
import { timesRatio } from '../base/decimal.ts';
import type { Guest, Machine } from '../ports/hypervisor.ts';
import type { GuestPin, GuestSpec, OrderRefusal, StepKey } from '../ports/order.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import { mibOf, sizeInWords } from '../topology/pages.ts';
import type { HostConfig } from './config.ts';
import { cellsOf, type HostCell } from './cpus.ts';
import { deviceTaken } from './devices.ts';
import { scalarsOf } from './report.ts';

/** How much more than it has a host promises, by resource class: as the ledger holds it now. */
export type Ratios = Readonly<Record<string, number>>;

interface Making {
  readonly spec: GuestSpec;
  /** When its order ended, or its step was closed; null: it may still act. */
  ended: number | null;
}

export class Tracker {
  readonly #config: HostConfig;
  readonly #making = new Map<StepKey, Making>();
  #ratios: Ratios = {};
  /** Counts beginnings of snapshots and ends of orders: which came first. */
  #moments = 0;

  constructor(config: HostConfig) {
    this.#config = config;
  }

  learn(ratios: Ratios): void {
    this.#ratios = ratios;
  }

  /** To be asked for before the hypervisor is looked at. */
  beginSnapshot(): number {
    return ++this.#moments;
  }

  /** What this step was to make is there by now, or never will be. */
  ended(key: StepKey): void {
    const making = this.#making.get(key);
    if (making !== undefined) making.ended = ++this.#moments;
  }

  /** Room for one more, judged by a snapshot that was begun at `moment`. */
  claim(
    key: StepKey,
    spec: GuestSpec,
    snapshot: {
      readonly moment: number;
      readonly machine: Machine;
      readonly guests: readonly Guest[];
    },
  ): Decision<void, OrderRefusal> {
    for (const [step, { ended }] of this.#making) {
      if (ended !== null && ended < snapshot.moment) this.#making.delete(step);
    }
    const others = this.#others(key, snapshot.guests);
    const short =
      this.#scalarShort(spec, others, snapshot.machine) ??
      this.#ordinaryShort(spec, others, snapshot.machine) ??
      this.#cellShort(spec, others, snapshot.machine) ??
      this.#pinTaken(spec, others, snapshot.machine) ??
      this.#pagesShort(spec, others, snapshot.machine) ??
      deviceTaken(spec, others, snapshot.machine, this.#config);
    if (short !== null) return no({ why: 'no-room', message: short });
    this.#making.set(key, { spec, ended: null });
    return done(undefined);
  }

  /** What other steps have made or are making. */
  #others(key: StepKey, guests: readonly Guest[]): GuestSpec[] {
    const all = new Map(guests.map(({ spec, made_by }) => [made_by, spec]));
    for (const [step, { spec }] of this.#making) all.set(step, spec);
    all.delete(key);
    return [...all.values()];
  }

  /** TR5. */
  #scalarShort(spec: GuestSpec, others: readonly GuestSpec[], machine: Machine): string | null {
    for (const inventory of scalarsOf(machine, this.#config)) {
      const { resource_class, total, reserved, overhead = 0 } = inventory;
      const { of, unit } = sizes[resource_class as keyof typeof sizes];
      const limit = timesRatio(total - reserved, this.#ratioOf(inventory));
      const free = limit - sum(others, (other) => withOverhead(of(other), overhead));
      if (withOverhead(of(spec), overhead) <= free) continue;
      const besides = overhead === 0 ? '' : ` and ${overhead} ${unit} to run it`;
      return `asks ${of(spec)} ${unit}${besides}, has ${free} ${unit} free`;
    }
    return null;
  }

  /** TR5 on a host whose memory is partly cut into pages, of which running a guest takes none. */
  #ordinaryShort(spec: GuestSpec, others: readonly GuestSpec[], machine: Machine): string | null {
    const cut_mib = sum(cellsOf(machine, this.#config), cutMib);
    if (cut_mib === 0) return null;
    const { guest_overhead_mib, reserved_memory_mib } = this.#config;
    const ordinary_mib = Math.floor(machine.memory_mib - reserved_memory_mib - cut_mib);
    const taken = (one: GuestSpec) =>
      withOverhead(one.memory_mib, guest_overhead_mib) - sum(one.nodes, inPages);
    const limit_mib = this.#limit('MEMORY_MB', Math.max(0, ordinary_mib), machine);
    const [asked, free] = [taken(spec), Math.max(0, limit_mib - sum(others, taken))];
    if (asked <= free) return null;
    return `asks ${asked} MiB that are not cut into pages, has ${free} MiB free`;
  }

  #cellShort(spec: GuestSpec, others: readonly GuestSpec[], machine: Machine): string | null {
    for (const { cell, exact = false } of spec.nodes) {
      const found = cellsOf(machine, this.#config).find((one) => one.cell === cell);
      if (found === undefined) return `has no NUMA cell ${cell}`;
      const there = others.flatMap((other) => nodesIn(other, cell));
      const own = nodesIn(spec, cell);
      const vcpus = sum(own, (node) => node.vcpus);
      const free_vcpus = this.#limit('VCPU', found.cores, machine) - sum(there, (n) => n.vcpus);
      if (vcpus > free_vcpus) {
        return `asks ${vcpus} vCPUs of NUMA cell ${cell}, which has ${free_vcpus} free`;
      }
      const memory_mib = sum(own, ordinaryOf);
      const all_mib = ordinaryMib(found);
      const limit_mib = exact ? all_mib : this.#limit('MEMORY_MB', all_mib, machine);
      const free_mib = limit_mib - sum(there, ordinaryOf);
      if (memory_mib > free_mib) {
        return `asks ${memory_mib} MiB of NUMA cell ${cell}, which has ${free_mib} MiB free`;
      }
    }
    return null;
  }

  #limit(resource_class: string, total: number, machine: Machine): number {
    const all = scalarsOf(machine, this.#config);
    const inventory = all.find((one) => one.resource_class === resource_class);
    return inventory === undefined ? total : timesRatio(total, this.#ratioOf(inventory));
  }

  /** TR4. */
  #pagesShort(spec: GuestSpec, others: readonly GuestSpec[], machine: Machine): string | null {
    const cells = cellsOf(machine, this.#config);
    for (const { cell, pages } of spec.nodes) {
      if (pages === undefined) continue;
      const { size_kib } = pages;
      const pool = cells
        .find((one) => one.cell === cell)
        ?.pages.find((one) => one.size_kib === size_kib);
      const there = sum(others, (other) => pagesHeld(other, cell, size_kib));
      const free = (pool?.total ?? 0) - (pool?.reserved ?? 0) - there;
      const asked = pagesHeld(spec, cell, size_kib);
      if (asked <= free) continue;
      const what = `pages of ${sizeInWords(size_kib)}`;
      return `asks ${asked} ${what} of NUMA cell ${cell}, which has ${free} free`;
    }
    return null;
  }

  /** TR3. */
  #pinTaken(spec: GuestSpec, others: readonly GuestSpec[], machine: Machine): string | null {
    const cells = cellsOf(machine, this.#config);
    for (const { cell, pins = [] } of spec.nodes) {
      const cores = cells.find((one) => one.cell === cell)?.dedicated ?? [];
      for (const { cpu } of pins) {
        const offered = cores.some(({ cpus }) => cpus.includes(cpu));
        if (!offered) return `CPU ${cpu} is not a dedicated CPU of NUMA cell ${cell}`;
        const holder = others.find((other) => pinsIn(other).some((pin) => pin.cpu === cpu));
        if (holder !== undefined) return `CPU ${cpu} is held by guest ${holder.uuid}`;
      }
    }
    return null;
  }

  #ratioOf(inventory: ReturnType<typeof scalarsOf>[number]): number {
    const { resource_class, allocation_ratio, initial_ratio } = inventory;
    return allocation_ratio ?? this.#ratios[resource_class] ?? initial_ratio;
  }
}

const pinsIn = ({ nodes }: GuestSpec): readonly GuestPin[] =>
  nodes.flatMap(({ pins = [] }) => pins);
const nodesIn = ({ nodes }: GuestSpec, cell: number) => nodes.filter((one) => one.cell === cell);
const ordinaryOf = ({ memory_mib, pages }: GuestSpec['nodes'][number]): number =>
  pages === undefined ? memory_mib : 0;
const ordinaryMib = (cell: HostCell): number => cell.memory_mib - cutMib(cell);
/** Memory of a cell that is cut into pages. */
const cutMib = ({ pages }: HostCell): number =>
  sum(pages, ({ total, size_kib }) => mibOf(total, size_kib));
const inPages = ({ pages }: GuestSpec['nodes'][number]): number =>
  pages === undefined ? 0 : mibOf(pages.count, pages.size_kib);
/** Who takes none brings none either. */
const withOverhead = (amount: number, overhead: number): number =>
  amount === 0 ? 0 : amount + overhead;
const pagesHeld = (spec: GuestSpec, cell: number, size_kib: number): number =>
  sum(nodesIn(spec, cell), ({ pages }) => (pages?.size_kib === size_kib ? pages.count : 0));
const isCounted = ({ use }: GuestPin): boolean => use !== 'idle';
const ownVcpus = (spec: GuestSpec): number =>
  pinsIn(spec).filter(({ use }) => use === 'vcpu').length;

const sizes = {
  VCPU: { unit: 'shared vCPUs', of: (spec: GuestSpec) => spec.vcpus - ownVcpus(spec) },
  PCPU: { unit: 'dedicated CPUs', of: (spec: GuestSpec) => pinsIn(spec).filter(isCounted).length },
  MEMORY_MB: { unit: 'MiB', of: (spec: GuestSpec) => spec.memory_mib },
  DISK_GB: { unit: 'GiB of disk', of: (spec: GuestSpec) => spec.disk_gib },
} as const;

const sum = <T>(all: readonly T[], of: (one: T) => number): number =>
  all.reduce((total, one) => total + of(one), 0);
