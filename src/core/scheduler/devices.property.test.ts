/**
 * Goal: D1 to D3 for devices: what is chosen can be claimed as it is, a full scan chooses the same,
 * and a guest that fits somewhere with its devices and NUMA cells is never refused.
 * Method: random histories of creates and deletes on two hosts of up to four cells with cards, PFs
 * and VFs; beside them a judge that tries every seat and every way to give devices out.
 * Mutants that were caught: devices looked for in any cell; the first seat taken for the only one;
 * sets of cells not tried; devices left out of the key of a class; amounts of pools not claimed;
 * devices of a seat that was not the one taken.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { type DeviceAsk, NUMA_POLICIES } from '../devices/alias.ts';
import { deviceFacts, isPossible } from '../devices/device.fixture.ts';
import type { DeviceFacts } from '../devices/device.ts';
import { writeDevices } from '../fleet/devices.ts';
import type { HostReport } from '../fleet/report.ts';
import { checkBooks } from '../ledger/audit.ts';
import { claimAll } from '../ledger/claim.ts';
import type { Ask, Placement } from './ask.ts';
import { Scheduler } from './decide.ts';
import { ask, LittleFleet } from './little-fleet.fixture.ts';

const cellOf = fc.constantFrom(0, 1, 2, 3, null);
const kinds = fc.constantFrom<DeviceAsk['kind']>('PCI', 'PCI', 'VF', 'PF');
const host = fc.record({
  cells: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
  cards: fc.array(cellOf, { maxLength: 3 }),
  families: fc.array(fc.record({ cell: cellOf, vfs: fc.integer({ min: 1, max: 3 }) }), {
    maxLength: 2,
  }),
});
type Host = typeof host extends fc.Arbitrary<infer H> ? H : never;

const any = {
  vendor_id: null,
  product_id: null,
  resource_class: null,
  traits: [],
  live_migratable: null,
};
const deviceAsk: fc.Arbitrary<DeviceAsk> = fc.record({
  alias: fc.constant('x'),
  count: fc.integer({ min: 1, max: 2 }),
  kind: kinds,
  numa: fc.constantFrom(...NUMA_POLICIES),
  any_of: fc.constant([any]),
});
const create = fc.record({
  nodes: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }),
  devices: fc.array(deviceAsk, { maxLength: 2 }),
});
const step = fc.oneof(
  { weight: 4, arbitrary: create },
  { weight: 1, arbitrary: fc.record({ gone: fc.nat(20) }) },
);

const SOCKET_CELLS = 2;
const socketOf = (cell: number | null) =>
  cell === null ? null : cell < SOCKET_CELLS ? [0, 1] : [2, 3];
const at = (cell: number | null) => ({ cell, socket_cells: socketOf(cell) });

function devicesOf({ cards, families }: Host): DeviceFacts[] {
  return [
    ...cards.map((cell, n) => deviceFacts(`card-${n}`, { ...at(cell), kind: 'PCI' })),
    ...families.flatMap(({ cell, vfs }, pf) => [
      deviceFacts(`pf-${pf}`, { ...at(cell), kind: 'PF', resource_class: 'CUSTOM_PF' }),
      ...Array.from({ length: vfs }, (_, vf) => {
        const about = { ...at(cell), kind: 'VF', resource_class: 'CUSTOM_VF' } as const;
        return deviceFacts(`pf-${pf}/vf-${vf}`, { ...about, parent: `pf-${pf}` });
      }),
    ]),
  ];
}

function fleetOf(all: readonly Host[]): LittleFleet {
  const fleet = new LittleFleet();
  for (const [n, one] of all.entries()) {
    const cells = one.cells.map((vcpus) => ({ vcpus, memory_mib: 65_536 }));
    const id = fleet.addHost({ name: `h${n}`, cells });
    const tops = devicesOf(one).filter(({ parent }) => parent === null);
    const pools = tops.map((top) => ({
      uuid: `h${n} ${top.id}`,
      address: top.id,
      traits: [],
      devices: devicesOf(one).filter(({ id: own, parent }) => [own, parent].includes(top.id)),
    }));
    const report = { host: `h${n}`, uuid: `uuid of h${n}`, devices: { pools, apart: [] } };
    writeDevices(fleet.draft, id, report as unknown as HostReport);
  }
  return fleet;
}

const askFor = (
  uuid: string,
  { nodes, devices }: typeof create extends fc.Arbitrary<infer C> ? C : never,
): Ask =>
  ask({
    server_uuid: uuid,
    resources: { VCPU: nodes.reduce((a, b) => a + b, 0) || 1 },
    nodes: nodes.map((vcpus) => ({ vcpus, memory_mib: 1 })),
    devices,
    policy: 'spread',
  });

/** Every seat, and every way to give devices out for it. */
function fitsOn({ draft: { books } }: LittleFleet, name: string, wanted: Ask): boolean {
  const id = books.providerNamed(name)?.id ?? -1;
  const free = books.devices.free(id).map(({ facts }) => facts);
  const units = (wanted.devices ?? []).flatMap((one) =>
    Array.from({ length: one.count }, () => one),
  );
  const vcpus = books.classByName.get('VCPU')?.id ?? -1;
  const { limit, used } = books.column(vcpus);
  if ((limit[id] as number) - (used[id] as number) < (wanted.resources['VCPU'] ?? 0)) return false;
  if (wanted.nodes.length === 0) return isPossible(units, free, null);
  const room = (books.cells[id] ?? []).map(({ row, vcpus_used }) => row.vcpus - vcpus_used);
  const seat = (node: number, taken: readonly number[]): boolean => {
    if (node === wanted.nodes.length) return isPossible(units, free, taken);
    return room.some(
      (left, cell) =>
        !taken.includes(cell) &&
        (wanted.nodes[node]?.vcpus ?? 0) <= left &&
        seat(node + 1, [...taken, cell]),
    );
  };
  return seat(0, []);
}

/** Whether what it gets answers it, in reach of where it sits. */
function isRight({ draft: { books } }: LittleFleet, wanted: Ask, place: Placement): boolean {
  const units = (wanted.devices ?? []).flatMap((one) =>
    Array.from({ length: one.count }, () => one),
  );
  const given = place.devices.map((hold) => books.devices.heldDevice(hold).facts);
  const cells = place.cells.map(({ cell }) => cell);
  return isPossible(units, given, cells.length === 0 ? null : cells);
}

test('a guest that fits with its devices is placed, as a full scan places it', () => {
  const seen = { placed: 0, refused: 0, devices: 0, near: 0, deleted: 0, whole: 0 };
  const property = fc.property(
    fc.array(host, { minLength: 2, maxLength: 2 }),
    fc.array(step, { maxLength: 12 }),
    (all, steps) => {
      const fleet = fleetOf(all);
      const scheduler = new Scheduler();
      const there: string[] = [];
      for (const [n, one] of steps.entries()) {
        if ('gone' in one) {
          const [gone] = there.splice(one.gone % (there.length || 1), 1);
          if (gone === undefined) continue;
          fleet.letGo(gone);
          seen.deleted++;
          continue;
        }
        const wanted = askFor(`s${n}`, one);
        const decided = scheduler.decide(fleet.draft, wanted);
        const fits = ['h0', 'h1'].filter((name) => fitsOn(fleet, name, wanted));
        equal(decided.is === 'done', fits.length > 0, JSON.stringify(decided));
        deepEqual(new Scheduler().scan(fleet.draft, wanted).is, decided.is);
        if (decided.is === 'no') {
          seen.refused++;
          continue;
        }
        const { value: place } = decided;
        deepEqual(new Scheduler().scan(fleet.draft, wanted), decided);
        const owner = { project_id: 'p', user_id: 'u', consumer_type: 'INSTANCE' };
        const claimed = claimAll(fleet.draft, [{ consumer_uuid: `s${n}`, ...owner, ...place }]);
        equal(claimed.is, 'done', JSON.stringify(claimed));
        deepEqual(checkBooks(fleet.draft), []);
        there.push(`s${n}`);
        seen.placed++;
        const count = one.devices.reduce((sum, { count: of }) => sum + of, 0);
        equal(place.devices.length, count);
        ok(isRight(fleet, wanted, place));
        seen.devices += count;
        if (place.devices.length > 0 && wanted.nodes.length > 1) seen.near++;
        if (wanted.devices?.some(({ kind }) => kind === 'PF')) seen.whole++;
      }
    },
  );
  fc.assert(property, { numRuns: 400 });
  for (const [what, times] of Object.entries(seen)) ok(times > 20, `${what}: ${times}`);
});
