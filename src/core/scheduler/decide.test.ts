/**
 * Goal: what the random histories of decide.property.test.ts reach too seldom: trees that change
 * under a ranking, fleets that outgrow it, the choice of cells, and explanations.
 * Method: one small fleet an example, with the answer worked out by hand.
 *
 * Mutants that were caught: a touch of a child not carried to its root; no touch of the tree that a
 * provider leaves; a root that became a child left in the running; a ranking that does not grow.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import test from 'node:test';
import { present } from '../base/units.ts';
import { plainInventory, putInventory } from '../ledger/inventory.ts';
import { changeProvider, createProvider } from '../ledger/provider.ts';
import type { Ask } from './ask.ts';
import { Scheduler } from './decide.ts';
import { forTenant } from './explain.ts';
import { ask, LittleFleet, VGPU } from './little-fleet.fixture.ts';
import { EXPLANATIONS_MAX, explanations } from './rows.ts';

const GIB = 1024;
const cell = (vcpus: number, memory_gib = vcpus) => ({ vcpus, memory_mib: memory_gib * GIB });
const host = (name: string, ...vcpus: number[]) => ({ name, cells: vcpus.map((v) => cell(v)) });

const placeOf = (scheduler: Scheduler, { draft }: LittleFleet, wanted: Ask): string | null => {
  const decided = scheduler.decide(draft, wanted);
  return decided.is === 'done' ? decided.value.host : null;
};

function whyNot({ draft }: LittleFleet, wanted: Ask) {
  const decided = new Scheduler().decide(draft, wanted);
  return present(decided.is === 'no' ? decided.why : null, 'a refusal');
}

test('a ranking follows a child provider that comes, moves and goes', () => {
  const fleet = new LittleFleet([host('a', 4), host('b', 4)]);
  const { draft } = fleet;
  const scheduler = new Scheduler();
  const wanted = ask({ resources: { VCPU: 1, [VGPU]: 1 } });
  equal(placeOf(scheduler, fleet, wanted), null);

  const made = createProvider(draft, { uuid: 'gpu', name: 'gpu', parent_uuid: 'uuid of a' });
  const gpu = present(made.is === 'done' ? made.value : null, 'a child').id;
  const vgpu = present(draft.books.classByName.get(VGPU), 'a standard class').id;
  putInventory(draft, gpu, plainInventory(vgpu, 1));
  equal(placeOf(scheduler, fleet, wanted), 'a');

  const mark = draft.mark;
  changeProvider(draft, gpu, { parent_uuid: 'uuid of b' });
  equal(placeOf(scheduler, fleet, wanted), 'b');
  draft.rollback(mark);
  equal(placeOf(scheduler, fleet, wanted), 'a');
});

test('groups are found on providers of their own, and claimed there', () => {
  const fleet = new LittleFleet([host('a', 4), host('b', 4)]);
  const { draft } = fleet;
  const vgpu = present(draft.books.classByName.get(VGPU), 'a standard class').id;
  const addGpu = (name: string, under: string, vgpus: number) => {
    const made = createProvider(draft, { uuid: name, name, parent_uuid: `uuid of ${under}` });
    const { id } = present(made.is === 'done' ? made.value : null, 'a child');
    putInventory(draft, id, plainInventory(vgpu, vgpus));
    return id;
  };
  addGpu('a-gpu', 'a', 4);
  const gpus = [addGpu('b-gpu-0', 'b', 1), addGpu('b-gpu-1', 'b', 1)];
  const one = { resources: { [VGPU]: 1 }, required_traits: [], forbidden_traits: [] };
  const groups = ['1', '2'].map((suffix) => ({ suffix, ...one }));
  const scheduler = new Scheduler();
  equal(placeOf(scheduler, fleet, ask({ groups })), 'a');

  const wanted = ask({ groups, group_policy: 'isolate' });
  const decided = scheduler.decide(draft, wanted);
  const place = present(decided.is === 'done' ? decided.value : null, 'room');
  equal(place.host, 'b');
  deepEqual(
    place.amounts.filter((a) => a.resource_class_id === vgpu).map((a) => a.provider_id),
    gpus,
  );
  equal(fleet.claim('server', place).is, 'done');
  const [, why] = whyNot(fleet, wanted)
    .hosts.map(({ reason }) => reason)
    .sort();
  match(why ?? '', /has room for each of 1 VGPU \(group 1\), and .* on providers of their own/);
});

test('a host that is to be put under another stays a place of its own', () => {
  const fleet = new LittleFleet([host('a', 8), host('b', 4)]);
  const scheduler = new Scheduler();
  const wanted = ask({ resources: { VCPU: 1 }, policy: 'pack' });
  equal(placeOf(scheduler, fleet, wanted), 'a');
  const a = present(fleet.draft.books.providerNamed('a'), 'a host').id;
  equal(changeProvider(fleet.draft, a, { parent_uuid: 'uuid of b' }).is, 'no');
  equal(placeOf(scheduler, fleet, wanted), 'a');
});

test('a ranking grows with the fleet', () => {
  const fleet = new LittleFleet([host('first', 2)]);
  const scheduler = new Scheduler();
  for (let at = 0; at < 40; at++) {
    const server_uuid = `server-${at}`;
    const wanted = ask({ server_uuid, resources: { VCPU: 2 }, nodes: [] });
    const decided = scheduler.decide(fleet.draft, wanted);
    const place = present(decided.is === 'done' ? decided.value : null, 'room on the newest');
    equal(fleet.claim(server_uuid, place).is, 'done');
    equal(place.host, at === 0 ? 'first' : `host-${at - 1}`);
    fleet.addHost(host(`host-${at}`, 2));
  }
});

test('small guests leave whole what two-node guests need', () => {
  const fleet = new LittleFleet([
    { name: 'even', cells: [cell(16, 32), cell(16, 32)] },
    { name: 'lopsided', cells: [cell(16, 32), cell(32, 64)] },
  ]);
  const scheduler = new Scheduler();
  const node = { vcpus: 8, memory_mib: 16 * GIB };
  const small = ask({ resources: { VCPU: 8, MEMORY_MB: 16 * GIB }, nodes: [node] });
  const decided = scheduler.decide(fleet.draft, small);
  const place = present(decided.is === 'done' ? decided.value : null, 'room');
  equal(place.host, 'lopsided');
  deepEqual(
    place.cells.map((held) => held.cell),
    [1],
  );
});

test('uneven nodes are given the cells that they fit, whatever the order', () => {
  const fleet = new LittleFleet([host('a', 2, 4, 8)]);
  const nodes = [8, 2, 4].map((vcpus) => ({ vcpus, memory_mib: vcpus * GIB }));
  const wanted = ask({ resources: { VCPU: 14, MEMORY_MB: 14 * GIB }, nodes });
  const decided = new Scheduler().decide(fleet.draft, wanted);
  const place = present(decided.is === 'done' ? decided.value : null, 'room');
  deepEqual(
    place.cells.map((held) => held.cell),
    [2, 0, 1],
  );
});

test('many cells are seated by augmenting paths, and never wrongly refused', () => {
  const sizes = Array.from({ length: 10 }, (_, at) => at + 1);
  const fleet = new LittleFleet([host('a', ...sizes.toReversed())]);
  const nodes = sizes.map((vcpus) => ({ vcpus, memory_mib: vcpus * GIB }));
  const wanted = ask({ resources: { VCPU: 55, MEMORY_MB: 55 * GIB }, nodes });
  const decided = new Scheduler().decide(fleet.draft, wanted);
  const place = present(decided.is === 'done' ? decided.value : null, 'room');
  deepEqual(
    place.cells.map((held) => held.cell),
    sizes.map((size) => 10 - size),
  );
});

test('a refusal tells the funnel, each host, and the nearest miss', () => {
  const fleet = new LittleFleet([host('closed', 8), host('small', 4), host('tiny', 1)]);
  fleet.say('closed', { status: 'disabled', disabled_reason: 'new fan' });
  const wanted = ask({ resources: { VCPU: 6, MEMORY_MB: GIB } });
  const { hosts, ...why } = whyNot(fleet, wanted);
  deepEqual(
    why.funnel.filter((step) => step.in !== step.out),
    [
      { filter: 'enabled', in: 3, out: 2 },
      { filter: 'capacity', in: 2, out: 0 },
    ],
  );
  const reason = 'has 4 VCPU left, not the 6 asked for';
  const facts = { resource: 'VCPU', needed: 6, available: 4 };
  deepEqual(hosts[0], { host: 'small', filter: 'capacity', reason, ...facts });
  equal(hosts.find((one) => one.host === 'closed')?.reason, 'is closed to new servers: new fan');
  equal(why.nearest_miss?.sentence, `small comes nearest: it ${reason}`);
  equal(
    why.summary,
    'None of 3 hosts can take 6 VCPU, 1024 MEMORY_MB: turned down 1 by enabled, 2 by capacity. ' +
      'Every host that could hold it is closed or down.',
  );
});

test('a guest that fits the host but not its cells is told so in numbers', () => {
  const fleet = new LittleFleet([host('a', 4, 4)]);
  const node = { vcpus: 6, memory_mib: GIB };
  const { hosts } = whyNot(fleet, ask({ resources: { VCPU: 6, MEMORY_MB: GIB }, nodes: [node] }));
  const [first] = hosts;
  equal(first?.filter, 'numa');
  deepEqual([first?.resource, first?.needed, first?.available], ['VCPU', 6, 4]);
});

test("a tenant's view names no host", () => {
  const fleet = new LittleFleet([host('secret-name', 1)]);
  const why = whyNot(fleet, ask({ resources: { VCPU: 6 }, ignore_hosts: ['other-secret'] }));
  match(JSON.stringify(why), /secret/);
  equal(JSON.stringify(forTenant(why)).includes('secret'), false);
});

test('explanations are bounded: the oldest goes', () => {
  const fleet = new LittleFleet([host('a', 1)]);
  const { draft } = fleet;
  const why = whyNot(fleet, ask({ resources: { VCPU: 6 } }));
  const scheduler = new Scheduler();
  for (let at = 0; at < EXPLANATIONS_MAX + 2; at++) {
    scheduler.keep(draft, { ...why, id: `${1_700_000_000_000 + at}-server` });
  }
  const kept = draft.rows(explanations);
  ok(kept.size <= EXPLANATIONS_MAX && kept.size > EXPLANATIONS_MAX / 2);
  equal(kept.has('1700000000001-server'), false);
  equal(kept.has(`${1_700_000_000_000 + EXPLANATIONS_MAX + 1}-server`), true);
});
