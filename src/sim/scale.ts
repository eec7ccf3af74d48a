/**
 * A fleet of any size in the simulated world, and what each thing in it costs: the real agents, the
 * real control plane, one process, a virtual clock.
 *
 *   agents made ─► all report ─► heartbeats alone ─► a look for silence, audits ─► servers booted
 *   memory         memory        processor time      processor time, virtual time  both
 *
 * What is measured is processor time, which a busy machine changes less than a wall clock. Nothing
 * goes wrong here, and nobody checks: other worlds are for that. Watches are not begun: each of
 * what they do is done once, by itself, so that its cost is its own.
 */
import type { Agent } from '../core/agent/agent.ts';
import { carryOutDuties } from '../core/agent/duties.ts';
import { Chance } from '../core/base/seeded.ts';
import { assert, present } from '../core/base/units.ts';
import { BEAT_EVERY_MS } from '../core/fleet/heartbeat.ts';
import { hosts as hostTable } from '../core/fleet/rows.ts';
import { silent } from '../core/ports/journal.ts';
import { handOver, type Wire } from '../core/ports/wire.ts';
import { Replica } from '../core/replica.ts';
import { type ServerRow, servers as serverTable } from '../core/servers/rows.ts';
import { createAsk } from './asks.ts';
import { SimClock } from './clock.ts';
import { SimEntropy } from './entropy.ts';
import { SimFabric } from './fabric.ts';
import { plainFlavors } from './flavors.ts';
import { ForgetfulStore } from './forgetful-store.ts';
import { simulatedHost } from './simulated-host.ts';
import { type Drain, Timeline } from './timeline.ts';

const SIZE = { cores: 32, memory_mib: 131_072, disk_gib: 2_000, cells: 2 };
const BEATS_EACH = 3;
/** Servers that are asked for and not there yet. */
const IN_FLIGHT = 512;

/** The machine, which this ring cannot see. */
export interface Probes {
  /** Processor time of the process until now. */
  cpu_ms(): number;
  /** What is on its heap and still in use. */
  heap_mib(): number;
}

export interface ScaleAbout {
  readonly hosts: number;
  readonly servers: number;
  readonly drain: Drain;
  readonly probes: Probes;
}

/** Of processor time, unless its name says otherwise. */
export interface ScaleFigures {
  readonly hosts: number;
  readonly servers: number;
  readonly report_us: number;
  readonly heartbeat_us: number;
  readonly look_for_silence_ms: number;
  readonly audit_first_us_a_host: number;
  readonly audit_again_us_a_host: number;
  /** How long a round takes in virtual time, where hosts take a few ms to list their guests. */
  readonly audit_round_virtual_s: number;
  readonly server_us: number;
  readonly decision_us: number;
  readonly commit_us_a_server: number;
  readonly record_characters_a_server: number;
  readonly agent_kib: number;
  readonly host_kib: number;
  /** With its guest on the agent's side. */
  readonly server_kib: number;
}

export async function measureScale(about: ScaleAbout): Promise<ScaleFigures> {
  return new ScaleWorld(about).measure();
}

class ScaleWorld {
  readonly #about: ScaleAbout;
  readonly #timeline = new Timeline();
  readonly #clock = new SimClock(this.#timeline);
  readonly #chance = new Chance('scale');
  readonly #entropy = new SimEntropy(this.#chance);
  readonly #store = new ForgetfulStore(this.#clock);
  readonly #agents = new Map<string, Agent>();
  #beating = true;
  #decide_ms = 0;
  #commit_ms = 0;

  constructor(about: ScaleAbout) {
    this.#about = about;
  }

  async measure(): Promise<ScaleFigures> {
    const { hosts, servers, probes } = this.#about;
    const replica = await this.#driven(this.#open());
    const empty_mib = probes.heap_mib();
    await this.#driven(this.#makeAgents());
    const made_mib = probes.heap_mib();
    const report_ms = await this.#spent(() => this.#muster(replica));
    const mustered_mib = probes.heap_mib();
    const heartbeat_us = await this.#beats(replica);
    const look_for_silence_ms = await this.#spent(() => replica.muster.look());
    const audits = await this.#audits(replica);
    const boots = await this.#boot(replica);
    const served_mib = probes.heap_mib();
    replica.stop();
    const kib = (from_mib: number, to_mib: number, each: number) =>
      ((to_mib - from_mib) * 1024) / each;
    return {
      ...{ hosts, servers, heartbeat_us, look_for_silence_ms, ...audits, ...boots },
      report_us: (report_ms * 1000) / hosts,
      agent_kib: kib(empty_mib, made_mib, hosts),
      host_kib: kib(made_mib, mustered_mib, hosts),
      server_kib: kib(mustered_mib, served_mib, servers),
    };
  }

  async #open(): Promise<Replica> {
    const wire: Wire = {
      ask: (host, order) => {
        const agent = this.#agents.get(host);
        return handOver(order, agent?.incarnation, agent);
      },
    };
    const ports = { store: this.#store, wire, clock: this.#clock, entropy: this.#entropy };
    const opened = await Replica.open({ ...ports, journal: silent }, { sole: true });
    assert(opened.is === 'done', 'the replica does not open');
    const { scheduler } = opened.value;
    const decide = scheduler.decide.bind(scheduler);
    scheduler.decide = (draft, ask) => {
      const from_ms = this.#about.probes.cpu_ms();
      const decided = decide(draft, ask);
      this.#decide_ms += this.#about.probes.cpu_ms() - from_ms;
      return decided;
    };
    this.#watchCommits();
    return opened.value;
  }

  #watchCommits(): void {
    const { commit } = this.#store;
    this.#store.commit = async (batch) => {
      const reply = await commit(batch);
      const from_ms = this.#about.probes.cpu_ms();
      this.#store.record(batch);
      this.#commit_ms += this.#about.probes.cpu_ms() - from_ms;
      return reply;
    };
  }

  async #makeAgents(): Promise<void> {
    const fabric = new SimFabric();
    for (let at = 1; at <= this.#about.hosts; at++) {
      const about = { ...SIZE, name: `host-${at}`, uuid: this.#entropy.uuid(), fabric };
      const made = await simulatedHost({ ...about, clock: this.#clock });
      assert(made.is === 'done', 'a host does not start');
      this.#agents.set(about.name, made.value.agent);
    }
  }

  /** Agents begin their duties one after another, within the time of a beat. */
  async #muster({ muster, ledger }: Replica): Promise<void> {
    const { hosts } = this.#about;
    const over = () => !this.#beating;
    for (const [at, agent] of [...this.#agents.values()].entries()) {
      const begin = () => void carryOutDuties(agent, muster, this.#clock, over);
      this.#timeline.after(Math.floor((at * BEAT_EVERY_MS) / hosts), begin);
    }
    const there = () => ledger.read((view) => view.rows(hostTable).size);
    while ((await there()) < hosts) await this.#timeline.sleep(BEAT_EVERY_MS / 10);
  }

  /** What a beat costs, where nothing else happens; then agents fall silent. */
  async #beats({ muster }: Replica): Promise<number> {
    const before = muster.beats;
    const spent_ms = await this.#spent(() => this.#timeline.sleep(BEATS_EACH * BEAT_EVERY_MS));
    const beats = muster.beats - before;
    assert(beats >= (BEATS_EACH - 1) * this.#about.hosts, `only ${beats} beats`);
    this.#beating = false;
    await this.#driven(this.#timeline.sleep(2 * BEAT_EVERY_MS));
    return (spent_ms * 1000) / beats;
  }

  async #audits({ audit }: Replica) {
    const { hosts } = this.#about;
    const from_ms = this.#timeline.now_ms;
    const first_ms = await this.#spent(() => audit.round(true));
    const round_ms = this.#timeline.now_ms - from_ms;
    const again_ms = await this.#spent(() => audit.round());
    return {
      audit_first_us_a_host: (first_ms * 1000) / hosts,
      audit_again_us_a_host: (again_ms * 1000) / hosts,
      audit_round_virtual_s: round_ms / 1000,
    };
  }

  async #boot(replica: Replica) {
    const { servers } = this.#about;
    const characters = this.#store.characters;
    [this.#decide_ms, this.#commit_ms] = [0, 0];
    const spent_ms = await this.#spent(() => this.#storm(replica));
    const each_us = (span_ms: number) => (span_ms * 1000) / servers;
    return {
      server_us: each_us(spent_ms),
      decision_us: each_us(this.#decide_ms),
      commit_us_a_server: each_us(this.#commit_ms),
      record_characters_a_server: (this.#store.characters - characters) / servers,
    };
  }

  /** As many servers, IN_FLIGHT at a time, each awaited. */
  async #storm({ ledger, operations }: Replica): Promise<void> {
    const waiting = new Map<string, () => void>();
    const end = ledger.subscribe(({ changes }) => {
      for (const { table, row } of changes) {
        if (table === serverTable.name) settle(waiting, row as ServerRow);
      }
    });
    const flavor = present(plainFlavors[0], 'a flavor');
    let left = this.#about.servers;
    const client = async () => {
      while (left > 0) {
        const name = `server-${left--}`;
        const active = new Promise<void>((resolve) => waiting.set(name, resolve));
        const ask = createAsk(name, flavor, null, null, this.#chance);
        assert((await operations.createServers([ask])).is === 'done', 'a server is refused');
        await active;
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, client));
    end();
  }

  async #spent(act: () => Promise<unknown>): Promise<number> {
    const from_ms = this.#about.probes.cpu_ms();
    await this.#driven(act());
    return this.#about.probes.cpu_ms() - from_ms;
  }

  /** Lets the world's time go on for as long as the promise needs it. */
  async #driven<T>(promise: Promise<T>): Promise<T> {
    let finished = false;
    const settled = () => {
      finished = true;
    };
    promise.then(settled, settled);
    const ended = await this.#timeline.run(this.#about.drain, () => finished);
    assert(ended, 'it waits for what will never come');
    return promise;
  }
}

function settle(waiting: Map<string, () => void>, { name, vm_state, fault }: ServerRow): void {
  assert(vm_state !== 'error', `${name}: ${fault?.message}`);
  if (vm_state !== 'active') return;
  waiting.get(name)?.();
  waiting.delete(name);
}
