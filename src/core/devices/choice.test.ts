/**
 * Goal: DC1 to DC3: what is chosen may be had, and if there is a way it is found.
 * Method: random small hosts (up to two PFs with VFs, and plain cards, in two cells) and requests,
 * beside a search that tries every way to give devices out. Then the table of NUMA policies.
 * Mutants that were caught: a unit that finds its device taken gives up; a PF and its VF given
 * together; the whole never tried; `required` that takes what is nowhere; far ones taken first.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { answers, type DeviceAsk, isNear, NUMA_POLICIES } from './alias.ts';
import { chooseDevices } from './choice.ts';
import { deviceFacts, isPossible } from './device.fixture.ts';

const place = fc.record({
  cell: fc.constantFrom(0, 1, null),
  resource_class: fc.constantFrom('CUSTOM_A', 'CUSTOM_B'),
});
const card = place.map((about) => [about]);
const family = fc.record({ whole: fc.boolean(), vfs: fc.array(place, { maxLength: 3 }) });

const host = fc
  .record({ cards: fc.array(card, { maxLength: 3 }), families: fc.array(family, { maxLength: 2 }) })
  .map(({ cards, families }) => [
    ...cards.flat().map((about, at) => deviceFacts(`card-${at}`, { ...about, kind: 'PCI' })),
    ...families.flatMap(({ whole, vfs }, pf) => [
      ...(whole ? [deviceFacts(`pf-${pf}`, { kind: 'PF', resource_class: 'CUSTOM_A' })] : []),
      ...vfs.map((about, vf) =>
        deviceFacts(`pf-${pf}/vf-${vf}`, { ...about, kind: 'VF', parent: `pf-${pf}` }),
      ),
    ]),
  ]);

const ask: fc.Arbitrary<DeviceAsk> = fc.record({
  alias: fc.constant('x'),
  count: fc.integer({ min: 1, max: 2 }),
  kind: fc.constantFrom('PCI', 'PF', 'VF'),
  numa: fc.constantFrom(...NUMA_POLICIES),
  any_of: fc.subarray(['CUSTOM_A', 'CUSTOM_B'], { minLength: 1 }).map((classes) =>
    classes.map((resource_class) => ({
      vendor_id: null,
      product_id: null,
      resource_class,
      traits: [],
      live_migratable: null,
    })),
  ),
});
const cells = fc.constantFrom(null, [0], [1], [0, 1]);

test('if there is a choice one is found, and it may be had', () => {
  const seen = { found: 0, none: 0, whole: 0, several: 0 };
  const property = fc.property(
    host,
    fc.array(ask, { minLength: 1, maxLength: 3 }),
    cells,
    (...all) => {
      const [free, asks, where] = all;
      const chosen = chooseDevices(asks, free, where);
      const units = asks.flatMap((one) => Array.from({ length: one.count }, () => one));
      equal(chosen !== null, isPossible(units, free, where));
      if (chosen === null) return void seen.none++;
      const given = chosen.flat();
      equal(new Set(given).size, units.length);
      for (const [at, devices] of chosen.entries()) {
        const one = asks[at] as DeviceAsk;
        equal(devices.length, one.count);
        ok(devices.every((d) => answers(one, d) && isNear(one.numa, d, where)));
      }
      ok(given.every(({ parent }) => given.every(({ id }) => id !== parent)));
      seen.found++;
      if (units.length > 2) seen.several++;
      if (given.some(({ id }) => free.some(({ parent }) => parent === id))) seen.whole++;
    },
  );
  fc.assert(property, { numRuns: 4_000 });
  for (const [what, times] of Object.entries(seen)) ok(times > 10, `${what}: ${times}`);
});

test('near and far, by policy', () => {
  const near = deviceFacts('near', { cell: 0, socket_cells: [0, 1] });
  const beside = deviceFacts('beside', { cell: 1, socket_cells: [0, 1] });
  const far = deviceFacts('far', { cell: 2, socket_cells: [2, 3] });
  const nowhere = deviceFacts('nowhere', { cell: null });
  const may = (numa: DeviceAsk['numa'], where: readonly number[] | null) =>
    [near, beside, far, nowhere].filter((one) => isNear(numa, one, where)).map(({ id }) => id);
  deepEqual(may('required', [0]), ['near']);
  deepEqual(may('legacy', [0]), ['near', 'nowhere']);
  deepEqual(may('socket', [0]), ['near', 'beside']);
  deepEqual(may('preferred', [0]), ['near', 'beside', 'far', 'nowhere']);
  deepEqual(may('required', null), ['near', 'beside', 'far', 'nowhere']);
});

test('DC3: preferred takes the near ones first, and far ones for the rest', () => {
  const free = [2, 0, 1, 0].map((cell, at) => deviceFacts(`d${at}`, { cell }));
  const two: DeviceAsk = {
    alias: 'x',
    count: 3,
    kind: 'PCI',
    numa: 'preferred',
    any_of: [
      {
        vendor_id: null,
        product_id: null,
        resource_class: null,
        traits: [],
        live_migratable: null,
      },
    ],
  };
  const chosen = chooseDevices([two], free, [0])?.flat() ?? [];
  deepEqual(chosen.map(({ id }) => id).sort(), ['d0', 'd1', 'd3']);
});
