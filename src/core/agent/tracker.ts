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
 *   TR3  a dedicated CPU is one guest's: none that is not offered, and none that another has.
 */
import { timesRatio } from '../base/decimal.ts';
import type { Guest, Machine } from '../ports/hypervisor.ts';
import type { GuestPin, GuestSpec, OrderRefusal, StepKey } from '../ports/order.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import type { HostConfig } from './config.ts';
import { cellsOf } from './cpus.ts';
import { inventoriesOf } from './report.ts';

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
    const message = this.#scalarShort(spec, others, snapshot.machine);
    const short =
      message ??
      this.#cellShort(spec, others, snapshot.machine) ??
      this.#pinTaken(spec, others, snapshot.machine);
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

  #scalarShort(spec: GuestSpec, others: readonly GuestSpec[], machine: Machine): string | null {
    for (const inventory of inventoriesOf(machine, this.#config)) {
      const { resource_class, total, reserved } = inventory;
      const size = sizes[resource_class as keyof typeof sizes];
      const limit = timesRatio(total - reserved, this.#ratioOf(inventory));
      const free = limit - sum(others, size.of);
      const asked = size.of(spec);
      if (asked > free) return `asks ${asked} ${size.unit}, has ${free} ${size.unit} free`;
    }
    return null;
  }

  #cellShort(spec: GuestSpec, others: readonly GuestSpec[], machine: Machine): string | null {
    const cpu = inventoriesOf(machine, this.#config).find((i) => i.resource_class === 'VCPU');
    for (const { cell, vcpus, memory_mib } of spec.nodes) {
      const found = cellsOf(machine, this.#config).find((one) => one.cell === cell);
      if (found === undefined) return `has no NUMA cell ${cell}`;
      const there = others.flatMap(({ nodes }) => nodes.filter((node) => node.cell === cell));
      const own = spec.nodes.filter((node) => node.cell === cell);
      const limit = timesRatio(found.cores, cpu === undefined ? 1 : this.#ratioOf(cpu));
      const free_vcpus = limit - sum(there, (node) => node.vcpus);
      const free_mib = found.memory_mib - sum(there, (node) => node.memory_mib);
      if (sum(own, (node) => node.memory_mib) > free_mib) {
        return `asks ${memory_mib} MiB of NUMA cell ${cell}, which has ${free_mib} MiB free`;
      }
      if (sum(own, (node) => node.vcpus) > free_vcpus) {
        return `asks ${vcpus} vCPUs of NUMA cell ${cell}, which has ${free_vcpus} free`;
      }
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

  #ratioOf(inventory: ReturnType<typeof inventoriesOf>[number]): number {
    const { resource_class, allocation_ratio, initial_ratio } = inventory;
    return allocation_ratio ?? this.#ratios[resource_class] ?? initial_ratio;
  }
}

const pinsIn = ({ nodes }: GuestSpec): readonly GuestPin[] =>
  nodes.flatMap(({ pins = [] }) => pins);
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
