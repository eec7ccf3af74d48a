/**
 * Goal: L1 and TR5 say the same of what running guests takes: a place that was decided and claimed
 * is one that the host grants, a host is never given more than it has, and neither asks for more
 * than is needed; what a server's consumer holds is its flavor, to the unit.
 * Method: guests that come and go on one host of random sizes, ratios, reserved amounts, pages and
 * overheads. The scheduler decides and the ledger claims; the tracker is then asked for the same
 * guest; sums over the guests, made here alone, say what either should have said.
 * Mutants that were caught: the overhead of the new guest not counted by the scheduler, by the
 * ledger, by the tracker; that of guests in large pages left out; counted where no disk is held;
 * the ratio not heeded by either; a report that does not tell it.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { machineOf } from '../../sim/simulated-host.ts';
import { plainConfig } from '../agent/config.ts';
import { reportOf } from '../agent/report.ts';
import { Tracker } from '../agent/tracker.ts';
import { timesRatio } from '../base/decimal.ts';
import { applyReport } from '../fleet/registry.ts';
import type { GuestSpec } from '../ports/order.ts';
import { Scheduler } from '../scheduler/decide.ts';
import { ask, flavorOf, LittleFleet, serverOf } from '../scheduler/little-fleet.fixture.ts';
import { guestOf } from './server.ts';

const HOST = 'h';
const PAGE_KIB = 2048;
const PAGE_MIB = 2;
const ABOUT = { host: HOST, uuid: 'uuid of h', incarnation: 1 };

const setting = fc.record({
  memory_mib: fc.integer({ min: 40, max: 80 }),
  reserved_memory_mib: fc.nat(5),
  memory_ratio: fc.constantFrom(1, 1.5),
  guest_overhead_mib: fc.nat(3),
  disk_gib: fc.integer({ min: 5, max: 20 }),
  guest_overhead_gib: fc.nat(2),
  pages: fc.constantFrom(0, 8),
});
type Setting = typeof setting extends fc.Arbitrary<infer T> ? T : never;
const come = fc.record({
  memory_mib: fc.integer({ min: 1, max: 8 }).map((n) => n * PAGE_MIB),
  disk_gib: fc.nat(3),
  paged: fc.boolean(),
});
type Come = typeof come extends fc.Arbitrary<infer T> ? T : never;
const move = fc.oneof({ weight: 3, arbitrary: come }, { weight: 1, arbitrary: fc.nat(20) });

const seen = { granted: 0, refused: 0, 'for overhead alone': 0, paged: 0, gone: 0 };

class Play {
  readonly #given: Setting;
  readonly #machine;
  readonly #tracker;
  readonly #fleet = new LittleFleet();
  #guests: GuestSpec[] = [];
  #count = 0;

  constructor({ pages, ...given }: Setting) {
    const { memory_mib, disk_gib, ...said } = given;
    this.#given = { pages, ...given };
    const cut = pages > 0 ? { pages: { [PAGE_KIB]: pages } } : {};
    this.#machine = machineOf({ cores: 64, memory_mib, disk_gib, ...cut });
    const config = { ...plainConfig, ...said };
    this.#tracker = new Tracker(config);
    const told = applyReport(this.#fleet.draft, reportOf(ABOUT, config, this.#machine, []));
    equal(told.is, 'done');
  }

  step(one: Come | number): void {
    if (typeof one === 'number') this.#leave(one);
    else this.#come(one);
  }

  #come({ memory_mib, disk_gib, paged }: Come): void {
    const uuid = `guest-${this.#count++}`;
    const flavor = { ...flavorOf('f', 1), memory_mib, disk_gib };
    const resources = { VCPU: 1, MEMORY_MB: memory_mib, DISK_GB: disk_gib };
    const nodes = paged ? [{ vcpus: 1, memory_mib, pages: PAGE_KIB }] : [];
    const wanted = ask({ server_uuid: uuid, resources, nodes });
    const decided = new Scheduler().decide(this.#fleet.draft, wanted);
    const place = decided.is === 'done' ? decided.value : noPlace;
    const own = { ...place, guest_devices: [] };
    const spec = { ...guestOf(serverOf(uuid, flavor), own as never), uuid };
    const after = [...this.#guests, spec];
    equal(decided.is === 'done', this.#fits(after, paged));
    if (decided.is === 'no') {
      seen.refused++;
      if (this.#fits(after, paged, 0)) seen['for overhead alone']++;
      // A guest that would have pages has no place to be asked for.
      if (!paged) equal(this.#granted(spec), 'no');
      return;
    }
    equal(this.#fleet.claim(uuid, decided.value).is, 'done');
    equal(this.#granted(spec), 'done');
    deepEqual(this.#heldBy(uuid), [1, memory_mib, disk_gib].filter(Boolean));
    this.#guests = after;
    seen.granted++;
    if (paged) seen.paged++;
  }

  #leave(at: number): void {
    const gone = this.#guests[at];
    if (gone === undefined) return;
    this.#fleet.letGo(gone.uuid);
    this.#guests = this.#guests.filter((one) => one !== gone);
    seen.gone++;
  }

  #granted(spec: GuestSpec): string {
    const guests = this.#guests.map((there) => ({ spec: there, made_by: there.uuid }) as never);
    const snapshot = { moment: this.#tracker.beginSnapshot(), machine: this.#machine, guests };
    const said = this.#tracker.claim(spec.uuid, spec, snapshot).is;
    this.#tracker.ended(spec.uuid);
    return said;
  }

  #heldBy(uuid: string): number[] {
    const { books } = this.#fleet.draft;
    return (books.consumers.get(uuid)?.allocations ?? []).map(({ used }) => used);
  }

  /** Whether all these guests go together; `paged`: whether the last of them is in pages. */
  #fits(all: readonly GuestSpec[], paged: boolean, times = 1): boolean {
    const { memory_ratio, reserved_memory_mib, disk_gib, pages } = this.#given;
    const [each_mib, each_gib] = [this.#given.guest_overhead_mib, this.#given.guest_overhead_gib];
    const limit = (mib: number) => timesRatio(mib, memory_ratio);
    const all_mib = this.#given.memory_mib - reserved_memory_mib;
    const taken = sum(all, ({ memory_mib }) => memory_mib + times * each_mib);
    const last = paged ? (all.at(-1)?.memory_mib ?? 0) : 0;
    const known = all.slice(0, -1);
    const paged_mib = last + sum(known, ({ nodes }) => (nodes.length > 0 ? pagesOf(nodes) : 0));
    const disk = sum(all, (one) => one.disk_gib && one.disk_gib + times * each_gib);
    const own = all.at(-1)?.disk_gib ?? 0;
    return (
      taken <= limit(all_mib) &&
      paged_mib <= pages * PAGE_MIB &&
      (pages === 0 || taken - paged_mib <= limit(all_mib - pages * PAGE_MIB)) &&
      (own === 0 || disk <= disk_gib)
    );
  }
}

const noPlace = { cells: [], pages: [], pins: [] };
const pagesOf = (nodes: GuestSpec['nodes']): number =>
  sum(nodes, ({ pages }) => (pages ? pages.count * PAGE_MIB : 0));
const sum = <T>(all: readonly T[], of: (one: T) => number): number =>
  all.reduce((total, one) => total + of(one), 0);

test('what running guests takes is counted alike where it is decided, claimed and granted', () => {
  const property = fc.property(
    setting,
    fc.array(move, { maxLength: 40, size: 'max' }),
    (given, moves) => {
      const play = new Play(given);
      for (const one of moves) play.step(one);
    },
  );
  fc.assert(property, { numRuns: 150 });
  for (const [what, times] of Object.entries(seen)) ok(times > 5, `${what}: ${times}`);
});
