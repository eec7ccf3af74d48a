/**
 * Goal: why-not says of each filter whether it lets the server in, tells the cells, and changes
 * nothing; a server is never in its own way.
 * Method: one small fleet, a guest of two nodes, the books' digest before and after.
 *
 * Mutants that were caught: a server that keeps what it holds; a cell's total told as what is free.
 */
import { deepEqual, equal } from 'node:assert/strict';
import test from 'node:test';
import { present } from '../base/units.ts';
import type { Ask } from './ask.ts';
import { Scheduler } from './decide.ts';
import { ask, digestOf, flavorOf, LittleFleet, serverOf } from './little-fleet.fixture.ts';
import { whyNot } from './why-not.ts';

const GIB = 1024;
const cell = (vcpus: number) => ({ vcpus, memory_mib: vcpus * GIB });

function fleetOf(): LittleFleet {
  const fleet = new LittleFleet([{ name: 'h1', cells: [cell(4), cell(2)] }]);
  const held = ask({ resources: { VCPU: 3, MEMORY_MB: 3 * GIB }, nodes: [cell(3)] });
  const decided = new Scheduler().decide(fleet.draft, held);
  fleet.claim('server', present(decided.is === 'done' ? decided.value : null, 'room'));
  return fleet;
}

function askedOf({ draft }: LittleFleet, uuid: string, wanted: Ask) {
  const server = serverOf(uuid, flavorOf('any', 1));
  const { id } = present(draft.books.providerNamed('h1'), 'the host');
  const scheduler = new Scheduler();
  return whyNot(draft, server, wanted, id, scheduler.askFor.bind(scheduler));
}

const wide = ask({ resources: { VCPU: 4 }, nodes: [cell(2), cell(2)], server_uuid: 'other' });

test('each filter answers, the cells are told, and nothing is changed', () => {
  const fleet = fleetOf();
  const before = digestOf(fleet.draft);
  const why = askedOf(fleet, 'other', wide);
  equal(why.fits, false);
  deepEqual(
    why.constraints.filter(({ passes }) => !passes).map(({ filter }) => filter),
    ['capacity', 'numa'],
  );
  const bare = { cpus_free: 0, pages_free: [] };
  deepEqual(why.cells, [
    { cell: 0, vcpus_free: 1, memory_mib_free: GIB, ...bare, guest_nodes: [] },
    { cell: 1, vcpus_free: 2, memory_mib_free: 2 * GIB, ...bare, guest_nodes: [0, 1] },
  ]);
  deepEqual(
    why.repairs.map(({ sentence }) => sentence),
    ['free 3 VCPU on h1: move or delete consumer server'],
  );
  equal(digestOf(fleet.draft), before);
});

test('a server is not in its own way', () => {
  const fleet = fleetOf();
  const before = digestOf(fleet.draft);
  const why = askedOf(fleet, 'server', { ...wide, server_uuid: 'server' });
  deepEqual([why.fits, why.repairs], [true, []]);
  equal(digestOf(fleet.draft), before);
});
