/**
 * Goal: a forecast says what its history says, no more, and comes true as often as it says.
 * Method: cells by hand; sizes by fast-check; and a fleet whose machines come and go by lot, on
 * which chances are compared with what became of them. Mutants tried by hand, each caught: nobody
 * goes; nobody comes; the second node of a guest finds the first one's cell; all rooms are one.
 */
import { equal, ok } from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { Chance } from '../src/core/base/seeded.ts';
import type { Cell } from '../src/core/ledger/books.ts';
import { plainCell } from '../src/core/ledger/inventory.ts';
import { Forecast } from './forecast.model.ts';

const VCPUS = 64;
const MIB = 1024;
const node = (vcpus: number) => ({ vcpus, memory_mib: vcpus * MIB });
const cellOf = (vcpus_used: number): Cell => ({
  row: plainCell(0, 0, VCPUS, VCPUS * MIB),
  vcpus_used,
  memory_mib_used: vcpus_used * MIB,
});
const free = (cell: Cell): number => VCPUS - cell.vcpus_used;

function change(cell: Cell, vcpus: number): void {
  cell.vcpus_used += vcpus;
  cell.memory_mib_used += vcpus * MIB;
}

test('without a history what fits now fits later, and what does not never will', () => {
  const forecast = new Forecast();
  equal(forecast.chance([node(32)], [cellOf(32)], 1_000), 1);
  equal(forecast.chance([node(33)], [cellOf(32)], 1_000), 0);
});

test('each node has a cell to itself', () => {
  const forecast = new Forecast();
  equal(forecast.chance([node(8), node(8)], [cellOf(0), cellOf(60)], 0), 0);
  equal(forecast.chance([node(8), node(8)], [cellOf(0), cellOf(56)], 0), 1);
});

test('who comes to roomy cells alone takes nothing from crowded ones', () => {
  const forecast = new Forecast();
  const [roomy, crowded] = [cellOf(0), cellOf(58)];
  for (let at = 0; at < 100; at++) forecast.came([node(8)], [VCPUS], [roomy, crowded]);
  ok(forecast.chance([node(4)], [roomy], 20) < 0.1);
  equal(forecast.chance([node(4)], [crowded], 20), 1);
});

test('a chance is one, and more is never likelier to fit', () => {
  const { forecast } = lottery();
  const size = fc.integer({ min: 1, max: VCPUS });
  const property = fc.property(size, size, size, fc.nat(500), (a, b, used, later) => {
    const [less, more] = a < b ? [a, b] : [b, a];
    const cells = [cellOf(used)];
    const likely = forecast.chance([node(less)], cells, later);
    ok(likely >= 0 && likely <= 1, `${likely}`);
    ok(forecast.chance([node(more)], cells, later) <= likely);
  });
  fc.assert(property);
});

test('chances come true about as often as they say', () => {
  const { forecast, cells, turn } = lottery();
  const LATER = 40;
  const wanted = node(16);
  const sums = { foretold: 0, true: 0, asked: 0, now: 0 };
  for (let round = 0; round < 200; round++) {
    const asked = cells.map((cell) => forecast.chance([wanted], [{ ...cell }], LATER));
    sums.now += cells.filter((cell) => free(cell) >= wanted.vcpus).length;
    for (let at = 0; at < LATER; at++) turn();
    for (const [at, cell] of cells.entries()) {
      sums.asked++;
      sums.foretold += asked[at] ?? 0;
      if (free(cell) >= wanted.vcpus) sums.true++;
    }
  }
  const [foretold, came] = [sums.foretold / sums.asked, sums.true / sums.asked];
  ok(came > 0.1 && came < 0.9, `a lottery that tells nothing: ${came}`);
  ok(Math.abs(foretold - came) < 0.08, `foretold ${foretold}, came true ${came}`);
});

/** Fifty cells on which machines come and go by lot, and a forecast that has watched them. */
function lottery() {
  const chance = new Chance('lottery');
  const cells = Array.from({ length: 50 }, () => cellOf(0));
  const machines: { readonly cell: Cell; readonly vcpus: number }[] = [];
  const forecast = new Forecast();
  const comes = () => {
    const vcpus = chance.pick([2, 4, 8]);
    const cell = chance.pick(cells.filter((one) => free(one) >= vcpus));
    forecast.came([node(vcpus)], [free(cell)], cells);
    change(cell, vcpus);
    machines.push({ cell, vcpus });
  };
  const goes = () => {
    forecast.went(machines.length);
    const [gone] = machines.splice(chance.between(0, machines.length - 1), 1);
    if (gone !== undefined) change(gone.cell, -gone.vcpus);
  };
  const turn = () => {
    comes();
    goes();
  };
  for (let at = 0; at < 520; at++) comes();
  for (let at = 0; at < 4_000; at++) turn();
  return { forecast, cells, turn };
}
