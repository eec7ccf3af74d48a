/**
 * The real system for one replay: control plane, database on disk, and a simulated host for each
 * server of the trace, all in this process. Only the guests are not real, and boot at once.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent } from '../../core/agent/agent.ts';
import { plainConfig } from '../../core/agent/config.ts';
import { reportOnce } from '../../core/agent/duties.ts';
import { Chance } from '../../core/base/seeded.ts';
import { assert, present } from '../../core/base/units.ts';
import type { Machine, MachineCell } from '../../core/ports/hypervisor.ts';
import { silent } from '../../core/ports/journal.ts';
import { allTables, Replica } from '../../core/replica.ts';
import { realEntropy as entropy } from '../../real/entropy.ts';
import { openSqliteStore, type SqliteStore } from '../../real/sqlite-store.ts';
import { SimFabric } from '../../sim/fabric.ts';
import { SimGuestShelf } from '../../sim/guest-shelf.ts';
import { SimHypervisor } from '../../sim/hypervisor.ts';
import { SimMachine } from '../../sim/machine.ts';
import { AwaitedWire } from './awaited-wire.ts';
import { MortalClock } from './mortal-clock.ts';

interface CellSize {
  readonly vcpus: number;
  readonly memory_mib: number;
  /** Left out: all of its memory is ordinary. */
  readonly pages?: MachineCell['pages'];
}

export interface HostSize {
  readonly name: string;
  readonly cells: readonly CellSize[];
}

/** Hosts here do not beat: none of them is ever silent for too long. */
const SILENT_AFTER_MS = Number.MAX_SAFE_INTEGER;
const AT_ONCE = () => ({ least_ms: 0, most_ms: 0 });

export class System {
  readonly replica: Replica;
  readonly store: SqliteStore;
  readonly #wire: AwaitedWire;
  readonly #clock: MortalClock;
  readonly #fabric = new SimFabric();
  readonly #directory: string;

  private constructor(
    replica: Replica,
    parts: { store: SqliteStore; wire: AwaitedWire; clock: MortalClock; directory: string },
  ) {
    this.replica = replica;
    this.store = parts.store;
    this.#wire = parts.wire;
    this.#clock = parts.clock;
    this.#directory = parts.directory;
  }

  /** A fresh one, in a directory of its own. */
  static async open(): Promise<System> {
    const directory = mkdtempSync(join(tmpdir(), 'plimsoll-replay-'));
    const opened = openSqliteStore(join(directory, 'plimsoll.db'), allTables);
    assert(opened.is === 'opened', `the replay's own database: ${JSON.stringify(opened)}`);
    const parts = {
      store: opened.store,
      wire: new AwaitedWire(),
      clock: new MortalClock(),
      directory,
    };
    const ports = { ...parts, entropy, journal: silent };
    const options = { sole: true, silent_after_ms: SILENT_AFTER_MS };
    const replica = await Replica.open(ports, options);
    assert(replica.is === 'done', 'a fresh database takes writes');
    await replica.value.start();
    return new System(replica.value, parts);
  }

  /** Brings the hosts up, in order, each reported as its agent would. */
  async addHosts(hosts: readonly HostSize[]): Promise<void> {
    const agents = await Promise.all(hosts.map((host) => this.#agentOf(host)));
    for (const agent of agents) this.#wire.attach(agent);
    const taken = await Promise.all(agents.map((agent) => reportOnce(agent, this.replica.muster)));
    const refused = hosts.filter((_, at) => taken[at] !== true).map(({ name }) => name);
    assert(refused.length === 0, `hosts that were not taken in: ${refused.join(', ')}`);
  }

  async close(): Promise<void> {
    this.replica.stop();
    await this.#wire.answered();
    this.#clock.stop();
    await this.store.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #agentOf({ name, cells }: HostSize): Promise<Agent> {
    const clock = this.#clock;
    const opened = await SimMachine.open(new SimGuestShelf());
    assert(opened.is === 'done', 'an empty shelf can be read');
    const machine = opened.value;
    const hypervisor = new SimHypervisor({
      name,
      machine,
      clock,
      fabric: this.#fabric,
      chance: new Chance(`host ${name}`),
      describes: described(cells),
      latency: AT_ONCE,
    });
    return new Agent({
      host: name,
      uuid: entropy.uuid(),
      incarnation: machine.lives,
      config: { ...plainConfig, cpu_ratio: 1, memory_ratio: 1 },
      hypervisor,
      clock,
      journal: silent,
    });
  }
}

function described(cells: HostSize['cells']): Machine {
  const all = cells.map(
    ({ vcpus, memory_mib, pages = [] }, cell): MachineCell => ({
      ...{ cell, cores: vcpus, memory_mib, pages },
    }),
  );
  return {
    hypervisor_type: 'simulated',
    hypervisor_version: 1_000_000,
    cpu_info: {},
    cores: all.reduce((sum, { cores }) => sum + cores, 0),
    memory_mib: all.reduce((sum, { memory_mib }) => sum + memory_mib, 0),
    disk_gib: 0,
    cells: all,
    traits: [],
  };
}

/** The percentile of the values, e.g. 0.99; of none, 0. */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) return 0;
  const rising = values.toSorted((a, b) => a - b);
  const at = Math.min(rising.length - 1, Math.ceil(share * rising.length) - 1);
  return present(rising[Math.max(0, at)], 'a value');
}
