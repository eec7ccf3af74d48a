/**
 * A whole fleet, drained host by host while machines go on arriving.
 *
 *   machines are made where they stood ─► each host in turn: drain ─► over ─► open again
 *                                                            ▲ others arrive meanwhile
 *
 * The world is the simulated one, with all of its checkers: they are asked every so many events,
 * since a fleet of hundreds is slow to be looked at. What a drain leaves has its reason.
 */
import { Chance } from '../core/base/seeded.ts';
import { runs, underWay } from '../core/conductor/rows.ts';
import { enableHost } from '../core/fleet/status.ts';
import { done, type Reply } from '../core/ports/reply.ts';
import type { Replica } from '../core/replica.ts';
import { type DrainRow, drains } from '../core/servers/drains.ts';
import { type FlavorRow, servers } from '../core/servers/rows.ts';
import { createAsk } from './asks.ts';
import { calm, type Faults } from './faults.ts';
import { REST_WITHIN_MS } from './run.ts';
import { type HostShape, optionsFrom } from './swarm.ts';
import type { Drain } from './timeline.ts';
import { SimWorld } from './world.ts';

export interface FleetMachine {
  /** Which of the hosts it stood on. */
  readonly host: number;
  readonly flavor: FlavorRow;
}

export interface FleetAbout {
  readonly seed: string;
  readonly hosts: number;
  readonly shape: HostShape;
  readonly machines: readonly FleetMachine[];
  readonly faults: Faults;
  /** How long there is between two that arrive while hosts are drained. */
  readonly arrival_every_ms: number;
  /** The checkers are asked after every so many events. */
  readonly look_every: number;
  readonly drain: Drain;
  readonly progress?: (line: string) => void;
}

export interface FleetReport {
  readonly hosts: number;
  readonly machines: number;
  readonly arrived: number;
  /** Drains by how they ended. */
  readonly drains: Readonly<Record<string, number>>;
  /** Servers that left their host in a drain. */
  readonly moved: number;
  /** Why the others stayed, with how many of them. */
  readonly stayed: Readonly<Record<string, number>>;
  /** How many of each kind. */
  readonly faults: Readonly<Record<string, number>>;
  readonly events: number;
  readonly virtual_ms: number;
  readonly violations: readonly string[];
}

const MOVES_MAX = 8;
const DRAIN_WITHIN_MS = 3_600_000;
const AGAIN_MS = 1_000;

export class FleetDrain {
  readonly #about: FleetAbout;
  readonly #world: SimWorld;
  readonly #chance: Chance;
  readonly #ends: Record<string, number> = {};
  readonly #stayed: Record<string, number> = {};
  #moved = 0;
  #arrived = 0;
  #names = 0;
  /** How many are still being asked for. */
  #left = 0;

  constructor(about: FleetAbout) {
    this.#about = about;
    this.#chance = new Chance(about.seed);
    const options = {
      ...optionsFrom(this.#chance.fork('options')),
      hosts: about.hosts,
      shape: about.shape,
      faults: about.faults,
      zones: 1,
      clients: 0,
      drift_ppm_max: 0,
      steps_per_request_max: 100,
    };
    this.#world = new SimWorld(this.#chance.fork('world'), options, about.drain);
  }

  async run(): Promise<FleetReport> {
    const world = this.#world;
    await world.start();
    for (const { host, flavor } of this.#about.machines) void this.#make(flavor, `host-${host}`);
    await this.#until(() => this.#left === 0 && !this.#busy(), DRAIN_WITHIN_MS);
    const machines = this.#active();
    this.#about.progress?.(`${machines} machines stand where they stood`);
    for (let at = 0; at < this.#about.hosts; at++) await this.#one(`host-${at}`);
    world.heal(calm);
    await this.#until(() => !this.#busy() && world.unrest().length === 0, REST_WITHIN_MS);
    world.lookHard();
    return this.#report(machines);
  }

  /** One host: drained, waited for, and opened again for those that come after. */
  async #one(host: string): Promise<void> {
    const { timeline } = this.#world;
    let next_ms = timeline.now_ms + this.#about.arrival_every_ms;
    const begun = { is: false };
    void this.#ask(({ drainer }) => drainer.start(host, MOVES_MAX)).then(() => {
      begun.is = true;
    });
    await this.#until(() => {
      if (timeline.now_ms >= next_ms) {
        next_ms += this.#about.arrival_every_ms;
        const { flavor } = this.#chance.pick(this.#about.machines);
        void this.#make(flavor, null);
        this.#arrived++;
      }
      return begun.is && this.#rowOf(host)?.state !== 'running';
    }, DRAIN_WITHIN_MS);
    this.#note(host, this.#rowOf(host));
    void this.#ask(({ ledger }) => ledger.submit((draft) => enableHost(draft, host)));
  }

  #note(host: string, row: DrainRow | undefined): void {
    const state = row?.state ?? 'none';
    this.#ends[state] = (this.#ends[state] ?? 0) + 1;
    for (const { why } of Object.values(row?.moves ?? {})) {
      const words = why?.replace(/[0-9a-f-]{36}|host-\d+|\d+/g, '…').slice(0, 120) ?? null;
      if (words === null) this.#moved++;
      else this.#stayed[words] = (this.#stayed[words] ?? 0) + 1;
    }
    this.#about.progress?.(`${host}: ${state}, ${this.#moved} moved so far`);
  }

  /** Asked for until it is there: under the same name, so that it is not made twice. */
  async #make(flavor: FlavorRow, host: string | null): Promise<void> {
    const name = `machine-${this.#names++}`;
    const bounds = { ignore_hosts: [], only_hosts: host === null ? null : [host] };
    const plain = createAsk(name, flavor, null, null, this.#chance);
    const ask = host === null ? plain : { ...plain, bounds };
    this.#left++;
    await this.#ask(({ operations, ledger }) => {
      const there = ledger.read((view) => view.rows(servers).by('name', name).length > 0);
      return there === true ? Promise.resolve(done([])) : operations.createServers([ask]);
    });
    this.#left--;
  }

  /** As clients ask: again and again, until it is done or refused for good. */
  async #ask<T, No extends { readonly why: string }>(
    act: (replica: Replica) => Promise<Reply<T, No>>,
  ): Promise<void> {
    for (;;) {
      const reply = await this.#world.front.ask(act);
      if (reply.is === 'done' || (reply.is === 'no' && reply.why.why !== 'unavailable')) return;
      await this.#world.timeline.sleep(AGAIN_MS);
    }
  }

  /** Events until it is finished, or nothing more may come of it. */
  async #until(finished: () => boolean, within_ms: number): Promise<void> {
    const { timeline, watch } = this.#world;
    const until_ms = timeline.now_ms + within_ms;
    for (let at = 0; timeline.now_ms < until_ms; at++) {
      await this.#about.drain();
      this.#world.raiseBugs();
      if (at % this.#about.look_every === 0) {
        watch.look();
        if (finished() || watch.violations.length > 0) return;
      }
      if (!timeline.step()) return;
    }
  }

  #rowOf = (host: string): DrainRow | undefined => this.#world.watch.view.rows(drains).get(host);

  #busy = (): boolean =>
    underWay.some((state) => this.#world.watch.view.rows(runs).by('state', state).length > 0);

  #active = (): number =>
    [...this.#world.watch.view.rows(servers).values()].filter((one) => one.vm_state === 'active')
      .length;

  #report(machines: number): FleetReport {
    const { timeline, watch, faults } = this.#world;
    const unrest = watch.violations.length > 0 ? [] : this.#world.unrest();
    return {
      hosts: this.#about.hosts,
      machines,
      arrived: this.#arrived,
      drains: this.#ends,
      moved: this.#moved,
      stayed: this.#stayed,
      faults: Object.fromEntries(faults),
      events: timeline.happened,
      virtual_ms: timeline.now_ms,
      violations: [
        ...watch.violations.map(({ invariant, message }) => `${invariant}: ${message}`),
        ...unrest.map((what) => `R: ${what}`),
      ],
    };
  }
}

/** A machine's flavor: vCPUs and memory for each of its NUMA nodes, all alike. */
export const machineFlavor = (nodes: number, vcpus: number, memory_mib: number): FlavorRow => ({
  id: `${nodes}x${vcpus}x${memory_mib}`,
  name: `${nodes}x${vcpus}x${memory_mib}`,
  vcpus: nodes * vcpus,
  memory_mib: nodes * memory_mib,
  disk_gib: 1,
  ephemeral_gib: 0,
  swap_mib: 0,
  rxtx_factor: 1,
  is_public: true,
  description: null,
  extra_specs: { 'hw:numa_nodes': String(nodes) },
  access: [],
  created_at_ms: 0,
});
