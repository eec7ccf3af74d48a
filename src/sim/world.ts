/**
 * A whole world from one seed: a control plane, hosts with their agents, clients, and what befalls
 * them; and the watch over all of it.
 *
 *   clients ──front──► control plane ──wire──► agents ─► hypervisors ──fabric── each other
 *                        │     ▲ reports, beats  │
 *                        ▼     └─────────────────┘          mishaps befall each of them
 *                      disk ─► watch ◄── look at the machines
 *
 * One thing happens at a time (timeline.ts). Every chance is drawn from a stream of its own, named,
 * so that more faults in one place do not change another.
 */

import type { Agent } from '../core/agent/agent.ts';
import { carryOutDuties, type Ear } from '../core/agent/duties.ts';
import type { Chance } from '../core/base/seeded.ts';
import { present } from '../core/base/units.ts';
import { hosts as hostRows } from '../core/fleet/rows.ts';
import { lost, type Reply } from '../core/ports/reply.ts';
import { allTables, type Replica } from '../core/replica.ts';
import { unrestOf } from './checkers/rest.ts';
import { watchScheduler } from './checkers/scheduler.ts';
import { SimClock } from './clock.ts';
import { ControlPlane } from './control-plane.ts';
import { doorsOf, type Hands, makeGroups, unfence } from './doors.ts';
import { SimEntropy } from './entropy.ts';
import { SimFabric } from './fabric.ts';
import type { Faults } from './faults.ts';
import { Front } from './front.ts';
import { History } from './history.ts';
import { SimHost } from './host.ts';
import { SimJournal } from './journal.ts';
import { type Life, mortal } from './life.ts';
import { MishapMaker, type Victims } from './mishaps.ts';
import { pictureOfFleet, tell } from './picture.ts';
import { SimDisk } from './store.ts';
import type { Options } from './swarm.ts';
import { type Drain, Timeline } from './timeline.ts';
import { Watch } from './watch.ts';
import { type Cut, SimWire } from './wire.ts';
import { Workload } from './workload.ts';

const EAR_TIMEOUT_MS = 10_000;
const START_WITHIN_MS = 60_000;
const UNFENCE_EVERY_MS = 20_000;

export class SimWorld {
  readonly options: Options;
  readonly timeline = new Timeline();
  readonly disk = new SimDisk();
  readonly history = new History();
  readonly fabric = new SimFabric((line) => this.timeline.note(line));
  readonly hosts: SimHost[] = [];
  readonly wire: SimWire;
  /** One; or several equal ones on the same disk. */
  readonly controlPlanes: readonly ControlPlane[];
  readonly front: Front<Replica>;
  readonly watch: Watch;
  workload: Workload;
  /** Told of each host as it is built: where mutants of its hypervisor are planted. */
  tamperHost: (host: SimHost) => void = () => {};
  /** What befell this world: how many faults of each kind. */
  readonly faults = new Map<string, number>();
  #faults: Faults;
  readonly #chance: Chance;
  readonly #lots: Chance;
  readonly #drain: Drain;
  readonly #clock: SimClock;
  readonly #mishaps: MishapMaker;
  readonly #bugs: unknown[] = [];
  /** Hosts whose power operators have cut. */
  readonly #fenced = new Set<string>();

  constructor(chance: Chance, options: Options, drain: Drain, processes = 1) {
    this.#chance = chance;
    this.#drain = drain;
    this.options = options;
    this.#faults = options.faults;
    const { timeline } = this;
    const faults = () => this.#faults;
    this.#clock = new SimClock(timeline, { drift_ppm: this.#drift('control plane') });
    this.wire = new SimWire({
      timeline,
      chance: chance.fork('wire'),
      faults: options.faults.wire,
      recipient: (host) => this.#hostNamed(host)?.agent,
      heard: (fault, host) => this.#fault(`wire ${fault}`, `wire ${host}: ${fault}`),
    });
    this.controlPlanes = Array.from({ length: processes }, (_, at) =>
      this.#controlPlane(at === 0 ? '' : ` ${at + 1}`, processes > 1),
    );
    this.#lots = chance.fork('which control plane');
    this.front = new Front<Replica>({
      timeline,
      chance: chance.fork('front'),
      faults: () => faults().wire,
      open: () => this.#oneOpen(),
    });
    this.watch = new Watch({
      tables: allTables,
      disk: this.disk,
      history: this.history,
      hosts: () => this.hosts.map((host) => host.watched()),
      now_ms: () => timeline.now_ms,
      committed: (batch) => tell(timeline, batch),
    });
    this.#mishaps = new MishapMaker({
      timeline,
      chance: chance.fork('mishaps'),
      mishaps: options.faults.mishaps,
      victims: this.#victims(),
      heard: (fault) => this.#fault(fault),
    });
    this.workload = this.#workloadWith([]);
  }

  /** Builds the fleet, and lets clients and mishaps loose once every host was heard of. */
  async start(): Promise<void> {
    const entropy = new SimEntropy(this.#chance.fork('uuids'));
    for (let at = 0; at < this.options.hosts; at++) {
      const host = await this.#host(`host-${at}`, entropy.uuid(), at);
      this.tamperHost(host);
      this.hosts.push(host);
    }
    const groups = makeGroups(entropy);
    const wanted = this.#faults;
    this.#faults = { ...wanted, store: { ...wanted.store, refuse_permille: 0, drop_permille: 0 } };
    for (const one of this.controlPlanes) one.start();
    for (const host of this.hosts) host.startAgent();
    let ready = false;
    const settle = async () => {
      let open = this.#oneOpen();
      for (; open === null; open = this.#oneOpen()) await this.timeline.sleep(10);
      await open.rooms.ledger.submit(groups.write);
      ready = true;
    };
    void settle();
    const mustered = () => this.watch.view.rows(hostRows).size === this.options.hosts;
    const there = () => {
      this.watch.look();
      return ready && mustered();
    };
    await this.timeline.run(this.#drain, there, START_WITHIN_MS);
    this.#faults = wanted;
    this.workload = this.#workloadWith(groups.made);
    this.workload.start();
    this.#mishaps.start();
  }

  /** Faults stop, and whoever is down comes up. */
  heal(to: Faults): void {
    this.timeline.note('── faults stop ──');
    this.#mishaps.stop();
    this.#faults = to;
    this.wire.faults = to.wire;
    for (const host of this.hosts) {
      this.wire.mend(host.name);
      this.#joinAll(host.name);
      host.revive();
    }
    for (const one of this.controlPlanes) one.start();
    void this.#unfenceAll();
  }

  /** Operators say of every host that it is up again, as soon as it is clean. */
  async #unfenceAll(): Promise<void> {
    for (;;) {
      await this.timeline.sleep(UNFENCE_EVERY_MS);
      const down = [...this.watch.view.rows(hostRows).values()].filter((row) => row.forced_down);
      for (const { name } of down) {
        await this.front.ask(({ ledger }) => ledger.submit((draft) => unfence(draft, name)));
      }
    }
  }

  /** What still moves, or does not fit; empty when all has come to rest. */
  unrest(): string[] {
    if (this.controlPlanes.some(({ open }) => open === null)) return ['a control plane is not up'];
    return unrestOf(
      this.watch.view,
      this.hosts.map((host) => host.watched()),
      this.history,
    );
  }

  lookHard(): void {
    for (const { open } of this.controlPlanes) {
      if (open !== null) this.watch.lookHard(open.rooms.ledger);
    }
  }

  /** What our own code threw flies on to whoever plays this world. */
  raiseBugs(): void {
    if (this.#bugs.length > 0) throw this.#bugs[0];
  }

  picture(): string[] {
    return pictureOfFleet(this.watch.view, this.hosts);
  }

  // ── the parts ──────────────────────────────────────────────────────────────────────────────

  #controlPlane(number: string, shared: boolean): ControlPlane {
    const { timeline, options } = this;
    const chance = this.#chance;
    const name = `control plane${number}`;
    return new ControlPlane({
      name,
      disk: this.disk,
      wire: this.wire,
      clock: this.#clock,
      chance: chance.fork(name),
      journal: this.#journal(name),
      steps_per_request_max: options.steps_per_request_max,
      shelved_offload_s: options.shelved_offload_s,
      resize_to_same_host: options.resize_to_same_host,
      confirm_window_s: options.confirm_window_s,
      opening: ({ scheduler }) =>
        watchScheduler(scheduler, (invariant, message) => this.watch.complain(invariant, message)),
      opened: (replica) => this.#opened(replica),
      bug: (bug) => this.#bugs.push(bug),
      store: {
        timeline,
        chance: chance.fork(`store${number}`),
        faults: () => this.#faults.store,
        heard: (fault) => this.#fault(fault),
        shared,
      },
    });
  }

  /** A process that serves, whichever the lot says; null while none does. */
  #oneOpen(): ControlPlane['open'] {
    const [first, ...others] = this.controlPlanes.flatMap(({ open }) => open ?? []);
    if (first === undefined || others.length === 0) return first ?? null;
    return [first, ...others][this.#lots.between(0, others.length)] ?? null;
  }

  #host(name: string, uuid: string, at: number): Promise<SimHost> {
    const { timeline, fabric, options } = this;
    return SimHost.open({
      name,
      uuid,
      zone: at % options.zones === 0 ? 'nova' : `zone-${at % options.zones}`,
      shape: options.shape,
      timeline,
      fabric,
      chance: this.#chance.fork(name),
      journal: this.#journal(name),
      drift_ppm: this.#drift(name),
      faults: () => this.#faults.hypervisor,
      heard: (kind, what) => this.#fault(kind, what),
      duties: (agent, life, clock) => this.#duties(agent, life, clock),
    });
  }

  #duties(agent: Agent, life: Life, clock: SimClock): void {
    const ear = mortal(this.#earOf(agent.host), life);
    const over = () => !life.alive;
    carryOutDuties(agent, ear, mortal(clock, life), over).catch((bug: unknown) => {
      this.#bugs.push(bug);
    });
  }

  /** The way from an agent to the control plane: the same wire, the other way round. */
  #earOf(host: string): Ear {
    const carry = <T, No>(say: (replica: Replica) => Promise<Reply<T, No>>) =>
      this.wire.carry<T, No>(host, EAR_TIMEOUT_MS, () => {
        const open = this.#oneOpen();
        return open === null ? Promise.resolve(lost) : open.life.outlast(say(open.rooms));
      });
    return {
      report: (report) => carry((replica) => replica.muster.report(report)),
      beat: (beat) => carry((replica) => replica.muster.beat(beat)),
    };
  }

  #workloadWith(groups: ReturnType<typeof makeGroups>['made']): Workload {
    const { timeline, options, history } = this;
    return new Workload({
      timeline,
      options,
      history,
      groups,
      chance: this.#chance.fork('workload'),
      doors: doorsOf(this.front, this.watch.view, this.#switches()),
      hosts: Array.from({ length: options.hosts }, (_, at) => `host-${at}`),
    });
  }

  #victims(): Victims {
    const named = (host: string) => this.#hostNamed(host);
    return {
      hosts: Array.from({ length: this.options.hosts }, (_, at) => `host-${at}`),
      crashControlPlane: () => this.#aControlPlane().crash(),
      startControlPlane: () => {
        for (const one of this.controlPlanes) one.start();
      },
      crashAgent: (host) => named(host)?.crashAgent(),
      startAgent: (host) => named(host)?.startAgent(),
      killHost: (host) => named(host)?.die(),
      reviveHost: (host) => {
        if (!this.#fenced.has(host)) named(host)?.revive();
      },
      cut: (host, way) => this.#cut(host, way),
      mend: (host) => {
        this.wire.mend(host);
        this.#joinAll(host);
      },
      jumpWall: (by_ms) => this.#clock.jumpWall(by_ms),
    };
  }

  /** Operators at a host's power switch: what they have cut off stays off until they say so. */
  #switches(): Hands {
    return {
      killHost: (host) => {
        this.timeline.note(`operator: power of ${host} is cut`);
        this.#fenced.add(host);
        this.#hostNamed(host)?.die();
      },
      reviveHost: (host) => {
        this.timeline.note(`operator: power of ${host} is back`);
        this.#fenced.delete(host);
        this.#hostNamed(host)?.revive();
      },
    };
  }

  #aControlPlane(): ControlPlane {
    const { length } = this.controlPlanes;
    const at = length === 1 ? 0 : this.#lots.between(0, length - 1);
    return present(this.controlPlanes[at], 'a control plane');
  }

  /** A host that is cut off altogether does not reach the other hosts either. */
  #cut(host: string, way: Cut): void {
    this.wire.cut(host, way);
    if (way !== 'both') return;
    for (const other of this.hosts) if (other.name !== host) this.fabric.cut(host, other.name);
  }

  #joinAll(host: string): void {
    for (const other of this.hosts) this.fabric.mend(host, other.name);
  }

  #opened(replica: Replica): void {
    this.timeline.note('control plane: serves');
    this.watch.lookHard(replica.ledger);
  }

  #journal(name: string): SimJournal {
    return new SimJournal(({ level, event, facts }) => {
      if (level === 'error') this.#bugs.push(new Error(`${event}: ${JSON.stringify(facts)}`));
      this.timeline.note(`${name}: ${event} ${JSON.stringify(facts)}`);
    });
  }

  #fault(kind: string, what = kind): void {
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1);
    this.timeline.note(`! ${what}`);
  }

  #drift(name: string): number {
    const most = this.options.drift_ppm_max;
    return this.#chance.fork(`drift of ${name}`).between(-most, most);
  }

  #hostNamed(name: string): SimHost | undefined {
    return this.hosts.find((host) => host.name === name);
  }
}
