/**
 * One host of a simulated world: a machine that may lose power, and an agent that may crash apart
 * from it.
 *
 *   machine  ── guests, closed steps: survive the agent; after a loss of power guests have crashed
 *   agent    ── one life after another; what an earlier one waited for never comes (life.ts)
 */
import { Agent } from '../core/agent/agent.ts';
import { type HostConfig, plainConfig } from '../core/agent/config.ts';
import type { Chance } from '../core/base/seeded.ts';
import { millis, present } from '../core/base/units.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { Hypervisor } from '../core/ports/hypervisor.ts';
import type { Journal } from '../core/ports/journal.ts';
import { type Decision, done, no } from '../core/ports/reply.ts';
import { mibOf } from '../core/topology/pages.ts';
import type { WatchedHost } from './checkers/hosts.ts';
import { SimClock } from './clock.ts';
import { namespacesOf, simDevices, simLabels, simSpecs } from './devices.ts';
import type { SimFabric } from './fabric.ts';
import type { HypervisorFaults } from './faults.ts';
import { SimGuestShelf } from './guest-shelf.ts';
import { type Mishap, SimHypervisor } from './hypervisor.ts';
import { SimImageFiles } from './image-files.ts';
import type { Verb } from './latencies.ts';
import { Life, mortal } from './life.ts';
import { SimMachine } from './machine.ts';
import { type HostSize, machineOf } from './simulated-host.ts';
import type { HostShape } from './swarm.ts';
import type { Timeline } from './timeline.ts';
import { watchedOn } from './watched.ts';

export interface SimHostAbout {
  readonly name: string;
  readonly uuid: string;
  readonly zone: string;
  readonly shape: HostShape;
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly fabric: SimFabric;
  readonly journal: Journal;
  readonly drift_ppm: number;
  readonly faults: () => HypervisorFaults;
  readonly heard: (kind: string, what: string) => void;
  /** What the agent does by itself, in each of its lives: reports, heartbeats. */
  readonly duties: (agent: Agent, life: Life, clock: SimClock) => void;
}

const VERB_LATENCY_MIN_MS = 1;
const CLEANING_MS_MAX = 20_000;

export class SimHost {
  readonly about: SimHostAbout;
  readonly machine: SimMachine;
  readonly hypervisor: SimHypervisor;
  readonly clock: SimClock;
  #incarnation = 0;
  #watched: WatchedHost | null = null;
  #alive: { readonly life: Life; readonly agent: Agent } | null = null;
  /** Wraps the hypervisor that agents get: where mutants of an agent's machine are planted. */
  tamper: (hypervisor: Hypervisor) => Hypervisor = (hypervisor) => hypervisor;

  private constructor(about: SimHostAbout, machine: SimMachine) {
    const { name, timeline, drift_ppm, chance, fabric, shape } = about;
    this.about = about;
    this.machine = machine;
    this.clock = new SimClock(timeline, { drift_ppm });
    this.hypervisor = new SimHypervisor({
      name,
      machine,
      fabric,
      clock: this.clock,
      chance: chance.fork('hypervisor'),
      describes: machineOf(sizeOf(shape)),
      images: new SimImageFiles(),
      latency: (verb) => this.#latency(verb),
      mishap: (verb) => this.#mishap(verb),
    });
  }

  static async open(about: SimHostAbout): Promise<SimHost> {
    const opened = await SimMachine.open(new SimGuestShelf());
    return new SimHost(about, present(opened.is === 'done' ? opened.value : null, 'a full shelf'));
  }

  get name(): string {
    return this.about.name;
  }

  /** Whoever answers orders by now. */
  get agent(): Agent | undefined {
    return this.#alive?.agent;
  }

  startAgent(): void {
    if (this.#alive !== null || !this.hypervisor.up) return;
    const { name, uuid, zone, shape, journal, duties } = this.about;
    const life = new Life(`agent of ${name}, life ${++this.#incarnation}`);
    const clock = mortal(this.clock, life);
    const config = { ...plainConfig, ...said(shape), availability_zone: zone };
    const agent = new Agent({
      host: name,
      uuid,
      incarnation: this.#incarnation,
      config,
      hypervisor: mortal<Hypervisor>(this.tamper(this.hypervisor), life),
      clock,
      journal,
      clean: () => this.#clean(clock),
    });
    this.#alive = { life, agent };
    duties(agent, life, this.clock);
  }

  crashAgent(): void {
    this.#alive?.life.end();
    this.#alive = null;
  }

  die(): void {
    this.crashAgent();
    if (this.hypervisor.up) this.hypervisor.die();
  }

  revive(): void {
    if (!this.hypervisor.up) this.hypervisor.comeBack();
    this.startAgent();
  }

  watched(): WatchedHost {
    this.#watched = watchedOn(this.name, this.machine, this.#watched);
    return this.#watched;
  }

  /** The first namespace, or whatever else has been used; now and then it cannot be done yet. */
  async #clean(clock: Clock): Promise<Decision<void, string>> {
    const { chance } = this.about;
    await clock.sleep(millis(chance.between(0, CLEANING_MS_MAX)));
    return chance.happens(200) ? no('it is busy') : done(undefined);
  }

  #latency(verb: Verb): { least_ms: number; most_ms: number } {
    const { latency_ms_min, latency_ms_max } = this.about.faults();
    const looks = verb === 'describe' || verb === 'guests' || verb === 'progress';
    const most_ms = looks ? Math.min(latency_ms_max, 50) : latency_ms_max;
    return { least_ms: Math.max(VERB_LATENCY_MIN_MS, Math.min(latency_ms_min, most_ms)), most_ms };
  }

  #mishap(verb: Verb): Mishap | null {
    const { chance, faults, heard, name } = this.about;
    const { refuse_permille, forget_permille, hang_permille, late_permille, late_ms_max } =
      faults();
    const befalls = (permille: number, fault: string): boolean => {
      const happens = chance.happens(permille);
      if (happens) heard(`hypervisor ${fault}`, `${name} ${fault}: ${verb}`);
      return happens;
    };
    if (befalls(refuse_permille, 'refuses')) {
      return { is: 'refuse', message: `${verb} failed, as planned` };
    }
    if (befalls(forget_permille, 'is not heard')) return { is: 'unheard' };
    if (befalls(hang_permille, 'hangs')) return { is: 'hang' };
    if (!befalls(late_permille, 'is late')) return null;
    return { is: 'late', by_ms: chance.between(0, late_ms_max) };
  }
}

const PAGE_KIB = 2048;
const THREADS = 2;
const cpusOf = ({ vcpus_per_cell, own_cpus_per_cell }: HostShape): number =>
  vcpus_per_cell + own_cpus_per_cell;

function sizeOf(shape: HostShape): HostSize {
  const { cells, memory_mib_per_cell, pages_per_cell, disk_gib, cards_per_cell } = shape;
  return {
    cores: cells * cpusOf(shape),
    threads: THREADS,
    memory_mib: cells * (memory_mib_per_cell + mibOf(pages_per_cell, PAGE_KIB)),
    disk_gib,
    cells,
    ...(pages_per_cell > 0 && { pages: { [PAGE_KIB]: pages_per_cell } }),
    devices: simDevices(cells, cards_per_cell),
    persistent_memory: namespacesOf(simLabels(shape.namespaces)),
  };
}

/** What its operator says of it. */
const said = (shape: HostShape): Partial<HostConfig> => ({
  ...setsOf(shape),
  devices: simSpecs,
  pmem: simLabels(shape.namespaces),
  guest_overhead_mib: shape.guest_overhead_mib,
  guest_overhead_gib: shape.guest_overhead_gib,
});

/** The last CPUs of each cell are for one guest each; where there are none, all are shared. */
function setsOf(shape: HostShape): Partial<HostConfig> {
  const each = cpusOf(shape);
  const all = Array.from({ length: shape.cells * each }, (_, cpu) => cpu);
  const isShared = (cpu: number) => cpu % each < shape.vcpus_per_cell;
  if (shape.own_cpus_per_cell === 0) return {};
  return {
    cpu_shared_set: all.filter(isShared),
    cpu_dedicated_set: all.filter((cpu) => !isShared(cpu)),
  };
}
