/**
 * Goal: a fit is legal, and if one exists one is found: cells, CPUs, thread policies, the CPU of
 * the emulator, pages, ordinary memory of cells and of the host, all at once. D-NU1: looking
 * changes nothing, neither the request nor what is said of the next host.
 * Method: one host of up to three small cells with a guest or two on it, and one guest to place.
 * An exhaustive search tries every cell for every node, every set of free CPUs of the cell, and
 * every size of pages; it knows the rules of behaviour by their words and nothing of the code. What
 * is placed is held against the same rules.
 * Mutants that were caught: the CPU of the emulator forgotten, or wanted with every node; a size
 * that does not divide the memory; `large` that takes ordinary pages, `any` that does not; reserved
 * pages given; the first pool rather than one that fits; pinned guests on over-committed memory; a
 * node larger than its cell; ordinary memory of the host not looked at; looked at without regard to
 * cheaper seats; `isolate` without its idle CPUs.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { present } from '../base/units.ts';
import { plainInventory, putInventory } from '../ledger/inventory.ts';
import { cellPages, cells as cellTable } from '../ledger/rows.ts';
import { MEMORY_MB, VCPU } from '../ledger/standard.ts';
import type { ThreadPolicy } from '../topology/cores.ts';
import { mibOf, type PageWish } from '../topology/pages.ts';
import type { Ask, GuestNode, Placement } from './ask.ts';
import { Scheduler } from './decide.ts';
import { ask, LittleFleet } from './little-fleet.fixture.ts';

const [SMALL, LARGE, HUGE] = [4, 2048, 8192];
const THREADS = 2;
const RATIO = 2;
const RECUT_MIB = 8;

const cellShape = fc.record({
  cpus: fc.integer({ min: 1, max: 4 }),
  ordinary_mib: fc.constantFrom<number>(0, 8, 16),
  large: fc.nat(6),
  huge: fc.nat(2),
  reserved: fc.nat(1),
  /** How many CPUs each core has for guests alone. */
  widths: fc.array(fc.constantFrom(1, THREADS, THREADS), { maxLength: 3 }),
});
type CellShape = typeof cellShape extends fc.Arbitrary<infer C> ? C : never;

const nodeShape = fc.record({
  shared: fc.nat(4),
  own: fc.constantFrom(0, 0, 1, 1, 2, 3),
  mib: fc.constantFrom(2, 4, 6, 8, 9, 16),
});
const guestShape = fc.record({
  nodes: fc.array(nodeShape, { minLength: 1, maxLength: 3 }),
  threads: fc.constantFrom<ThreadPolicy>('prefer', 'require', 'isolate'),
  emulator: fc.boolean(),
  pages: fc.constantFrom<PageWish | null>(
    ...([null, null, 'any', 'any', 'small', 'large', SMALL, LARGE, HUGE] as const),
  ),
});
type GuestShape = typeof guestShape extends fc.Arbitrary<infer G> ? G : never;

/** The emulator's CPU goes with the first node, where any node has CPUs of its own. */
function nodesOf({ nodes, threads, emulator, pages }: GuestShape): readonly GuestNode[] {
  let next = 0;
  const isolates = emulator && nodes.some(({ own }) => own > 0);
  return nodes.map(({ shared, own, mib }, at) => {
    const vcpus = Array.from({ length: own }, () => next++);
    const first = isolates && at === 0;
    const pinned = { vcpus, threads, emulator: first };
    return {
      vcpus: shared,
      memory_mib: mib,
      ...(own > 0 || first ? { pinned } : {}),
      ...(pages !== null && { pages }),
    };
  });
}

function askOf(server_uuid: string, guest: GuestShape): Ask {
  const nodes = nodesOf(guest);
  const sum = (of: (node: GuestNode) => number) => nodes.reduce((all, node) => all + of(node), 0);
  const own = sum(({ pinned }) => (pinned?.vcpus.length ?? 0) + (pinned?.emulator ? 1 : 0));
  const resources = {
    VCPU: sum(({ vcpus }) => vcpus),
    PCPU: own,
    MEMORY_MB: sum((n) => n.memory_mib),
  };
  return ask({ server_uuid, resources, nodes });
}

/** Takes all but a little of the ordinary memory. */
const floating = (server_uuid: string, mib: number): Ask =>
  ask({ server_uuid, resources: { VCPU: 1, MEMORY_MB: mib } });

class Host {
  readonly fleet: LittleFleet;
  #shapes: readonly CellShape[];
  readonly #id: number;

  constructor(shapes: readonly CellShape[]) {
    this.#shapes = shapes;
    const cells = shapes.map((shape, cell) => ({
      vcpus: shape.cpus,
      memory_mib: shape.ordinary_mib,
      cores: shape.widths.map((width, core) => ({
        cpus: Array.from({ length: width }, (_, thread) => cell * 100 + core * 10 + thread),
        threads: THREADS,
      })),
    }));
    this.fleet = new LittleFleet([{ name: 'h', cells }]);
    this.#id = present(this.fleet.draft.books.providerNamed('h'), 'a host').id;
    for (const [cell, shape] of shapes.entries()) this.#furnish(cell, shape);
  }

  /** Ordinary memory left when nobody is there. */
  get ordinary_mib(): number {
    return RATIO * this.#shapes.reduce((sum, one) => sum + one.ordinary_mib, 0);
  }

  /** Cuts ordinary memory of the first cell that has some into large pages, under its guests. */
  recut(): void {
    const at = this.#shapes.findIndex(({ ordinary_mib }) => ordinary_mib >= RECUT_MIB);
    this.#shapes = this.#shapes.map((one, cell) => {
      if (cell !== at) return one;
      const large = one.large + (RECUT_MIB * 1024) / LARGE;
      return { ...one, large, ordinary_mib: one.ordinary_mib - RECUT_MIB };
    });
    for (const [cell, shape] of this.#shapes.entries()) this.#furnish(cell, shape);
  }

  #furnish(cell: number, { cpus, ordinary_mib, large, huge, reserved }: CellShape): void {
    const { draft } = this.fleet;
    const provider_id = this.#id;
    const limits = { vcpus: RATIO * cpus, memory_limit_mib: RATIO * ordinary_mib };
    draft.put(cellTable, { provider_id, cell, cpus, memory_mib: ordinary_mib, ...limits });
    const pools = [
      { size_kib: LARGE, total: large },
      { size_kib: HUGE, total: huge },
    ];
    for (const { size_kib, total } of pools) {
      const kept = Math.min(reserved, total);
      draft.put(cellPages, { provider_id, cell, size_kib, total, reserved: kept });
    }
    const all = this.#shapes.reduce((sum, one) => sum + memoryOf(one), 0);
    const cpus_all = this.#shapes.reduce((sum, one) => sum + one.cpus, 0);
    this.#promise(MEMORY_MB, all);
    this.#promise(VCPU, cpus_all);
  }

  #promise(resource_class: number, total: number): void {
    const ratio = { allocation_ratio: RATIO, max_unit: 1000 };
    putInventory(this.fleet.draft, this.#id, {
      ...plainInventory(resource_class, Math.max(1, total)),
      ...ratio,
    });
  }

  // ── the judge ──────────────────────────────────────────────────────────────────────────────

  /** Whether some way of seating the nodes, with some CPUs and some pages, keeps every rule. */
  couldTake({ nodes, resources }: Ask): boolean {
    const free = this.#free();
    if (free.vcpus < (resources['VCPU'] ?? 0) || free.pcpus < (resources['PCPU'] ?? 0))
      return false;
    if (free.memory_mib < (resources['MEMORY_MB'] ?? 0)) return false;
    const seat = (at: number, taken: readonly number[], ordinary: number): boolean => {
      const node = nodes[at];
      if (node === undefined) return ordinary === 0 || ordinary <= free.ordinary_mib;
      return this.#shapes.some(
        (_, cell) =>
          !taken.includes(cell) &&
          this.#sizes(cell, node).some((size) =>
            seat(at + 1, [...taken, cell], ordinary + (size === SMALL ? node.memory_mib : 0)),
          ),
      );
    };
    return seat(0, [], 0);
  }

  /** The sizes of pages that this cell could give the node, if it has CPUs for it. */
  #sizes(cell: number, node: GuestNode): readonly number[] {
    const { cpus, ordinary_mib } = this.#shapes[cell] as CellShape;
    const used = this.#heldIn(cell);
    if (node.vcpus > 0 && node.vcpus > cpus) return [];
    if (node.vcpus > 0 && used.vcpus + node.vcpus > RATIO * cpus) return [];
    if (!this.#hasCpus(cell, node)) return [];
    const exact = node.pages !== undefined || node.pinned !== undefined;
    const limit = exact ? ordinary_mib : RATIO * ordinary_mib;
    const fitsOrdinary =
      node.memory_mib <= ordinary_mib && used.ordinary_mib + node.memory_mib <= limit;
    const ordinary = fitsOrdinary ? [SMALL] : [];
    if (node.pages === undefined) return ordinary;
    const others = [LARGE, HUGE].filter((size) => this.#hasPages(cell, size, node.memory_mib));
    switch (node.pages) {
      case 'small':
        return ordinary;
      case 'large':
        return others;
      case 'any':
        return [...ordinary, ...others];
      default:
        return node.pages === SMALL ? ordinary : others.filter((size) => size === node.pages);
    }
  }

  #hasPages(cell: number, size_kib: number, mib: number): boolean {
    const wanted = (mib * 1024) / size_kib;
    const { large, huge, reserved } = this.#shapes[cell] as CellShape;
    const total = size_kib === LARGE ? large : huge;
    const held = this.#holds(({ pages }) => pages)
      .filter((hold) => hold.cell === cell && hold.size_kib === size_kib)
      .reduce((sum, hold) => sum + hold.pages, 0);
    return Number.isInteger(wanted) && wanted + held + Math.min(reserved, total) <= total;
  }

  /** Tries every set of free CPUs of the cell. */
  #hasCpus(cell: number, { pinned }: GuestNode): boolean {
    const wanted = (pinned?.vcpus.length ?? 0) + (pinned?.emulator ? 1 : 0);
    if (pinned === undefined || wanted === 0) return true;
    const cores = this.#coresOf(cell);
    const free = cores.flat().filter((cpu) => !this.#isHeld(cpu));
    return subsets(free, wanted).some((set) => legal(set, cores, pinned.threads, this.#isHeld));
  }

  #coresOf = (cell: number): number[][] =>
    (this.#shapes[cell] as CellShape).widths.map((width, core) =>
      Array.from({ length: width }, (_, thread) => cell * 100 + core * 10 + thread),
    );
  #isHeld = (cpu: number): boolean =>
    this.#holds(({ pins }) => pins).some((pin) => pin.cpu === cpu);

  #holds<T>(
    of: (consumer: {
      readonly cellHolds: readonly { cell: number; vcpus: number; memory_mib: number }[];
      readonly pages: readonly { cell: number; size_kib: number; pages: number }[];
      readonly pins: readonly { cpu: number }[];
      readonly allocations: readonly { resource_class_id: number; used: number }[];
    }) => readonly T[],
  ): T[] {
    return [...this.fleet.draft.books.consumers.values()].flatMap((consumer) => of(consumer));
  }

  #heldIn(cell: number) {
    const here = this.#holds(({ cellHolds }) => cellHolds).filter((hold) => hold.cell === cell);
    return {
      vcpus: here.reduce((sum, hold) => sum + hold.vcpus, 0),
      ordinary_mib: here.reduce((sum, hold) => sum + hold.memory_mib, 0),
    };
  }

  /** Of the host as a whole: what is held of each class, and of memory that is not in pages. */
  #free() {
    const { books } = this.fleet.draft;
    const held = (name: string) =>
      this.#holds(({ allocations }) => allocations)
        .filter(({ resource_class_id: id }) => books.className(id) === name)
        .reduce((sum, { used }) => sum + used, 0);
    const sum = (of: (shape: CellShape) => number) =>
      this.#shapes.reduce((all, shape) => all + of(shape), 0);
    const paged = this.#holds(({ pages }) => pages).reduce(
      (all, { pages, size_kib }) => all + mibOf(pages, size_kib),
      0,
    );
    const ordinary = RATIO * sum(({ ordinary_mib }) => ordinary_mib);
    return {
      vcpus: RATIO * sum(({ cpus }) => cpus) - held('VCPU'),
      pcpus: sum(({ widths }) => widths.reduce((a, b) => a + b, 0)) - held('PCPU'),
      memory_mib: RATIO * sum(memoryOf) - held('MEMORY_MB'),
      ordinary_mib: ordinary - (held('MEMORY_MB') - paged),
    };
  }

  /** What was placed keeps the same rules, node by node; asked before it is claimed. */
  judge({ cells, pins, pages }: Placement, { nodes }: Ask): void {
    equal(new Set(cells.map(({ cell }) => cell)).size, nodes.length);
    for (const [guest_node, node] of nodes.entries()) {
      const hold = present(
        cells.find((one) => one.guest_node === guest_node),
        'a cell',
      );
      const paged = pages.find((one) => one.guest_node === guest_node);
      const size = paged?.size_kib ?? SMALL;
      ok(this.#sizes(hold.cell, node).includes(size), `pages of ${size} KiB`);
      equal(hold.memory_mib + (paged ? mibOf(paged.pages, size) : 0), node.memory_mib);
      const own = pins.filter((pin) => pin.guest_node === guest_node);
      const used = own.filter(({ use }) => use !== 'idle').map(({ cpu }) => cpu);
      equal(used.length, (node.pinned?.vcpus.length ?? 0) + (node.pinned?.emulator ? 1 : 0));
      const cores = this.#coresOf(hold.cell);
      ok(own.every(({ cpu }) => cores.flat().includes(cpu) && !this.#isHeld(cpu)));
      ok(legal(used, cores, node.pinned?.threads ?? 'prefer', this.#isHeld), `CPUs ${used}`);
      const beside = cores.filter((core) => core.some((cpu) => used.includes(cpu))).flat();
      const idle = own.filter(({ use }) => use === 'idle').map(({ cpu }) => cpu);
      const isolates = node.pinned?.threads === 'isolate';
      deepEqual(idle, isolates ? beside.filter((cpu) => !used.includes(cpu)) : []);
    }
  }
}

const memoryOf = ({ ordinary_mib, large, huge }: CellShape): number =>
  ordinary_mib + mibOf(large, LARGE) + mibOf(huge, HUGE);

function subsets(all: readonly number[], size: number): number[][] {
  if (size === 0) return [[]];
  return all.flatMap((one, at) => subsets(all.slice(at + 1), size - 1).map((set) => [one, ...set]));
}

/** The thread policies in their own words. */
function legal(
  set: readonly number[],
  cores: readonly (readonly number[])[],
  threads: ThreadPolicy,
  isHeld: (cpu: number) => boolean,
): boolean {
  return cores.every((core) => {
    const here = set.filter((cpu) => core.includes(cpu)).length;
    const free = core.filter((cpu) => !isHeld(cpu)).length;
    if (here === 0 || threads === 'prefer') return true;
    if (threads === 'require') return free > 1;
    return here === 1 && core.length === THREADS && free === THREADS;
  });
}

const seen = { fits: 0, not: 0, pinned: 0, idle: 0, emulator: 0, paged: 0, nodes: 0, beside: 0 };

function note({ pins, pages, cells }: Placement): void {
  seen.fits++;
  if (pins.length > 0) seen.pinned++;
  if (pins.some(({ use }) => use === 'idle')) seen.idle++;
  if (pins.some(({ use }) => use === 'emulator')) seen.emulator++;
  if (pages.length > 0) seen.paged++;
  if (cells.length > 1) seen.nodes++;
}

test('a fit is legal, and if one exists one is found; D-NU1: looking changes nothing', () => {
  const hosts = fc.array(cellShape, { minLength: 1, maxLength: 3 });
  const guests = fc.array(guestShape, { maxLength: 2 });
  const at = fc.record({ guests, spare_mib: fc.nat(30), recut: fc.boolean() });
  const property = fc.property(hosts, at, guestShape, (shapes, there, guest) => {
    const host = new Host(shapes);
    const { draft } = host.fleet;
    const before = [
      ...there.guests.map((one, n) => askOf(`g${n}`, one)),
      floating('float', Math.max(1, host.ordinary_mib - there.spare_mib)),
    ];
    for (const one of before) {
      const decided = new Scheduler().decide(draft, one);
      if (decided.is === 'done') equal(host.fleet.claim(one.server_uuid, decided.value).is, 'done');
      if (decided.is === 'done') seen.beside++;
    }
    if (there.recut) host.recut();
    const wanted = askOf('wanted', guest);
    const asWritten = JSON.stringify(wanted);
    const decided = new Scheduler().decide(draft, wanted);
    equal(decided.is, host.couldTake(wanted) ? 'done' : 'no');
    equal(JSON.stringify(wanted), asWritten);
    deepEqual(new Scheduler().decide(draft, wanted), decided);
    if (decided.is === 'no') {
      seen.not++;
      return;
    }
    host.judge(decided.value, wanted);
    note(decided.value);
    equal(host.fleet.claim('wanted', decided.value).is, 'done');
  });
  fc.assert(property, { numRuns: 2500 });
  for (const [what, times] of Object.entries(seen)) ok(times > 8, `${what}: ${times}`);
});
