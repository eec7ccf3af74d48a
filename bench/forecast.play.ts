/**
 * Hosts drained two at a time while others come and go, for one way of choosing where each goes.
 *
 *   leavers in order ─► plan ─► MOVES a turn from each ─► its host still fits? ─► there
 *                                │ between turns: CHURN come, as many go       no ─► chosen anew
 *
 * A machine that no host can take when its turn comes stays, and is counted. Chance is drawn by one
 * seed for every way, from streams of their own, so all of them meet the same arrivals.
 */
import { byNumber } from '../src/core/base/order.ts';
import { Chance } from '../src/core/base/seeded.ts';
import { present } from '../src/core/base/units.ts';
import type { Cell } from '../src/core/ledger/books.ts';
import type { Ask, Placement } from '../src/core/scheduler/ask.ts';
import { Scheduler } from '../src/core/scheduler/decide.ts';
import { ask, LittleFleet } from '../src/core/scheduler/little-fleet.fixture.ts';
import { tried } from '../src/core/scheduler/trial.ts';
import { type Nodes, type RecordedFleet, vcpusOf } from './forecast.fleets.ts';
import { Forecast } from './forecast.model.ts';

export interface Way {
  readonly name: string;
  readonly order: 'as listed' | 'largest first' | 'least likely first';
  /** Where to: the best at planning, the likeliest to fit when its turn comes, or the best then. */
  readonly to: 'best' | 'likeliest' | 'anew';
}

export interface Sums {
  moves: number;
  /** Whose planned host could not take it any more. */
  elsewhere: number;
  /** That no host could take when its turn came. */
  stayed: number;
  /** Hosts with a machine on them, at most. */
  hosts_in_use: number;
  /** Of those with a planned host: the sum of their chances. */
  foretold: number;
  planned: number;
}

interface Machine {
  readonly id: string;
  readonly nodes: Nodes;
  host: string;
}

interface Leaver {
  readonly machine: Machine;
  readonly to: string | null;
}

const WARM_UP = 2_000;
const PAIRS = 40;
const MOVES = 2;
/** How far down the ranking somebody likelier is looked for. */
const FORESEEN = 16;

export class Play {
  readonly #fleet: LittleFleet;
  readonly #scheduler = new Scheduler();
  readonly #forecast = new Forecast();
  readonly #recorded: RecordedFleet;
  readonly #way: Way;
  readonly #churn: number;
  readonly #comers = new Chance('comers');
  readonly #leavers = new Chance('leavers');
  readonly #alive = new Map<string, Machine>();
  readonly #queued = new Set<string>();
  readonly #most_vcpus: number;
  #closed: readonly string[] = [];
  #vcpus = 0;
  #count = 0;
  readonly #sums: Sums = {
    ...{ moves: 0, elsewhere: 0, stayed: 0, hosts_in_use: 0, foretold: 0, planned: 0 },
  };

  constructor(recorded: RecordedFleet, way: Way, churn: number) {
    this.#recorded = recorded;
    this.#way = way;
    this.#churn = churn;
    this.#fleet = new LittleFleet(recorded.hosts.map((cells, at) => ({ name: `h${at}`, cells })));
    for (const { host, nodes } of recorded.machines) {
      this.#place(nodes, host === null ? null : [`h${host}`]);
    }
    this.#most_vcpus = this.#vcpus;
    for (let at = 0; at < WARM_UP; at++) this.#turnOver();
  }

  play(): Sums {
    const hosts = this.#recorded.hosts.map((_, at) => `h${at}`);
    const lot = new Chance('which hosts');
    for (let pair = 0; pair < PAIRS; pair++) {
      this.#drain([0, 1].flatMap(() => hosts.splice(lot.between(0, hosts.length - 1), 1)));
    }
    return this.#sums;
  }

  // ── drains ─────────────────────────────────────────────────────────────────────────────────

  #drain(hosts: readonly string[]): void {
    this.#closed = hosts;
    const queues = this.#planned(hosts);
    for (const { machine } of queues.flat()) this.#queued.add(machine.id);
    while (queues.some(({ length }) => length > 0)) {
      for (const queue of queues) for (const one of queue.splice(0, MOVES)) this.#move(one);
      for (let at = 0; at < this.#churn; at++) this.#turnOver();
    }
    this.#closed = [];
  }

  /** Each drain is planned by itself; a forecast knows of the one that is under way. */
  #planned(hosts: readonly string[]): Leaver[][] {
    const ordered = hosts.map((host) => this.#inOrder(host));
    if (this.#way.to === 'anew') {
      return ordered.map((all) => all.map((machine) => ({ machine, to: null })));
    }
    const { draft } = this.#fleet;
    const plan = () => ordered.map((all) => all.map((machine, at) => this.#plan(machine, at)));
    if (this.#way.to === 'likeliest') return tried(draft, plan);
    return ordered.map((all) =>
      tried(draft, () => all.map((machine, at) => this.#plan(machine, at))),
    );
  }

  #inOrder(host: string): Machine[] {
    const all = [...this.#alive.values()].filter((machine) => machine.host === host);
    const { order } = this.#way;
    if (order === 'as listed') return all;
    const worth = (one: Machine): number =>
      order === 'largest first' ? -vcpusOf(one.nodes) : this.#ways(one, all.length);
    const worths = new Map(all.map((machine) => [machine.id, worth(machine)]));
    return all.toSorted((a, b) => byNumber(worths.get(a.id) ?? 0, worths.get(b.id) ?? 0));
  }

  /** How many hosts are likely to fit, if it is the last to go. */
  #ways(machine: Machine, queued: number): number {
    return this.#next(machine).reduce((sum, place) => {
      return sum + this.#chance(machine, place.host, queued);
    }, 0);
  }

  #plan(machine: Machine, at: number): Leaver {
    const next = this.#next(machine, this.#way.to === 'best' ? 1 : FORESEEN);
    const chances = next.map(({ host }) => this.#chance(machine, host, at));
    const best = chances.indexOf(Math.max(...chances));
    const place = next[best];
    if (place === undefined) return { machine, to: null };
    this.#sums.foretold += chances[best] ?? 0;
    this.#sums.planned++;
    this.#fleet.claim(machine.id, place);
    return { machine, to: place.host };
  }

  #chance({ nodes }: Machine, host: string, at: number): number {
    const later = Math.floor(at / MOVES) * this.#churn;
    return this.#forecast.chance(nodes, this.#cells(host), later);
  }

  #next(machine: Machine, most = FORESEEN): Placement[] {
    const next: Placement[] = [];
    while (next.length < most) {
      const found = this.#find(
        machine,
        null,
        next.map(({ host }) => host),
      );
      if (found === null) break;
      next.push(found);
    }
    return next;
  }

  #move({ machine, to }: Leaver): void {
    this.#queued.delete(machine.id);
    const there = to === null ? null : this.#find(machine, [to]);
    if (to !== null && there === null) this.#sums.elsewhere++;
    const place = there ?? this.#find(machine, null);
    if (place === null) {
      this.#sums.stayed++;
      return;
    }
    this.#sums.moves++;
    this.#fleet.claim(machine.id, place);
    machine.host = place.host;
    const used = new Set([...this.#alive.values()].map(({ host }) => host)).size;
    this.#sums.hosts_in_use = Math.max(this.#sums.hosts_in_use, used);
  }

  // ── those who come and go ──────────────────────────────────────────────────────────────────

  #turnOver(): void {
    const { arrivals, ordered } = this.#recorded;
    const which = ordered
      ? this.#count % arrivals.length
      : this.#comers.between(0, arrivals.length - 1);
    this.#place(present(arrivals[which], 'an arrival'), null);
    while (this.#vcpus > this.#most_vcpus) this.#goes();
  }

  #place(nodes: Nodes, only_hosts: readonly string[] | null): void {
    const machine = { id: `m${this.#count++}`, nodes, host: '' };
    const place = this.#find(machine, only_hosts);
    if (place === null) return;
    const before = this.#cells(place.host).map(({ row, vcpus_used }) => row.vcpus - vcpus_used);
    const upon = place.cells.map(({ cell }) => before[cell] ?? 0);
    this.#forecast.came(nodes, upon, this.#allCells());
    this.#fleet.claim(machine.id, place);
    this.#alive.set(machine.id, { ...machine, host: place.host });
    this.#vcpus += vcpusOf(nodes);
  }

  #goes(): void {
    const ids = [...this.#alive.keys()].filter((id) => !this.#queued.has(id));
    const gone = this.#alive.get(this.#leavers.pick(ids));
    if (gone === undefined) return;
    this.#forecast.went(this.#alive.size);
    this.#alive.delete(gone.id);
    this.#fleet.letGo(gone.id);
    this.#vcpus -= vcpusOf(gone.nodes);
  }

  // ── the books ──────────────────────────────────────────────────────────────────────────────

  #find(machine: Machine, only: readonly string[] | null, without: readonly string[] = []) {
    const ignore_hosts = [...this.#closed, ...without];
    return this.#scheduler.find(this.#fleet.draft, askOf(machine, ignore_hosts, only));
  }

  #cells(host: string): readonly Cell[] {
    const { books } = this.#fleet.draft;
    return books.cells[present(books.providerNamed(host), 'a host').id] ?? [];
  }

  #allCells = (): readonly Cell[] => this.#fleet.draft.books.cells.flatMap((cells) => cells ?? []);
}

function askOf(
  { id, nodes }: Machine,
  ignore_hosts: readonly string[],
  only_hosts: readonly string[] | null,
): Ask {
  const memory_mib = nodes.reduce((sum, node) => sum + node.memory_mib, 0);
  const resources = { VCPU: vcpusOf(nodes), MEMORY_MB: memory_mib };
  return ask({ server_uuid: id, resources, nodes, ignore_hosts, only_hosts });
}
