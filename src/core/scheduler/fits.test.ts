/**
 * Goal: the count of how many more fit is what really fits (FI1), takes back all of it, counts what
 * hosts share once (FI2), and says so when it was cut short (FI3); a loss takes away what its
 * servers need elsewhere.
 * Method: random little fleets, some of them half full; the count is held against a scheduler that
 * really decides and claims one server after the other until it is refused.
 *
 * Mutants that were caught: amounts divided as if nothing were used; several at once for a guest
 * with nodes; several at once where an aggregate says how many a host may hold; a lost host's
 * servers that are let go and not placed again.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import type { Draft } from '../ledger/draft.ts';
import type { Ask } from './ask.ts';
import { Scheduler } from './decide.ts';
import { countFits } from './fits.ts';
import { fitsAfter, lossesOf } from './fits-losses.ts';
import { ask, digestOf, flavorOf, LittleFleet, serverOf } from './little-fleet.fixture.ts';

const GIB = 1024;
const cell = (vcpus: number) => ({ vcpus, memory_mib: vcpus * GIB });
const vcpus = (count: number, about: Partial<Ask> = {}) =>
  ask({ resources: { VCPU: count, MEMORY_MB: count * GIB }, ...about });

const host = fc.record({
  cells: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 2 }),
  used: fc.nat(4),
  most: fc.constantFrom(null, null, 2),
  down: fc.constantFrom(false, false, false, true),
});
const kinds: Readonly<Record<string, Partial<Ask>>> = {
  plain: {},
  nodes: { nodes: [cell(1), cell(1)] },
  grouped: {
    resources: {},
    groups: [
      {
        suffix: '1',
        resources: { VCPU: 2, MEMORY_MB: GIB },
        required_traits: [],
        forbidden_traits: [],
      },
    ],
  },
};

type Host = typeof host extends fc.Arbitrary<infer H> ? H : never;

function fleetOf(some: readonly Host[]): LittleFleet {
  const fleet = new LittleFleet();
  for (const [at, one] of some.entries()) {
    const name = `host-${at}`;
    fleet.addHost({ name, cells: one.cells.map(cell) });
    if (one.most !== null) fleet.gather(at + 1, [name], { max_instances_per_host: `${one.most}` });
    const held = new Scheduler().find(fleet.draft, vcpus(one.used + 1, { only_hosts: [name] }));
    if (held !== null) equal(fleet.claim(`held ${at}`, held).is, 'done');
    if (one.down) fleet.say(name, { state: 'down' });
  }
  return fleet;
}

/** By deciding and claiming one after the other. */
function really(fleet: LittleFleet, wanted: Ask): number {
  const { mark } = fleet.draft;
  const scheduler = new Scheduler();
  let count = 0;
  for (let place = scheduler.find(fleet.draft, wanted); place !== null; ) {
    equal(fleet.claim(`really ${count++}`, place).is, 'done');
    place = scheduler.find(fleet.draft, wanted);
  }
  fleet.draft.rollback(mark);
  return count;
}

test('the count is what really fits, and leaves nothing behind', () => {
  const seen: Record<string, number> = {};
  const property = fc.property(
    fc.array(host, { minLength: 1, maxLength: 4 }),
    fc.constantFrom(...Object.keys(kinds)),
    fc.integer({ min: 2, max: 4 }),
    (some, kind, size) => {
      const fleet = fleetOf(some);
      const wanted = vcpus(size, kinds[kind]);
      const before = digestOf(fleet.draft);
      const { more, bound, hosts } = countFits(fleet.draft, wanted);
      equal(digestOf(fleet.draft), before, 'counting left its trace');
      deepEqual([more, bound], [really(fleet, wanted), 'exact']);
      equal(
        hosts.reduce((sum, one) => sum + one.more, 0),
        more,
      );
      if (more > 1) seen[kind] = (seen[kind] ?? 0) + 1;
    },
  );
  fc.assert(property, { numRuns: 600 });
  for (const kind of Object.keys(kinds)) ok((seen[kind] ?? 0) > 20, `${kind}: ${seen[kind]}`);
});

test('a count that is cut short says at least, and what takes nothing never ends', () => {
  const fleet = new LittleFleet([{ name: 'h1', cells: [cell(8), cell(8)] }]);
  const nodes = vcpus(2, { nodes: [cell(1), cell(1)] });
  deepEqual(countFits(fleet.draft, nodes, 3), {
    more: 3,
    bound: 'at-least',
    hosts: [{ host: 'h1', availability_zone: 'nova', more: 3 }],
  });
  equal(countFits(fleet.draft, ask({ resources: {} }), 10).bound, 'at-least');
});

const scheduler = new Scheduler();

/** Three hosts of 8 in two zones; a server of 4 on each of the first two, the first fuller by 2. */
function threeHosts(): LittleFleet {
  const fleet = new LittleFleet([
    { name: 'h1', zone: 'east', cells: [cell(8)] },
    { name: 'h2', zone: 'east', cells: [cell(8)] },
    { name: 'h3', zone: 'west', cells: [cell(8)] },
  ]);
  for (const [uuid, size, name] of [
    ['a', 4, 'h1'],
    ['b', 4, 'h2'],
    ['c', 2, 'h1'],
  ] as const) {
    const place = scheduler.find(fleet.draft, vcpus(size, { only_hosts: [name] }));
    if (place !== null) fleet.claim(uuid, place);
    fleet.addServer({ ...serverOf(uuid, flavorOf(uuid, size)), host: name });
  }
  fleet.gather(1, ['h2', 'h3'], {});
  return fleet;
}

const after = (draft: Draft, wanted: Ask) =>
  lossesOf(draft, wanted).map((lost) => {
    const { kind, name, servers, homeless, more, bound } = fitsAfter(
      draft,
      scheduler,
      wanted,
      lost,
    );
    return [`${kind} ${name}`, servers, homeless, more, bound];
  });

test('after a loss its servers take room elsewhere first', () => {
  const fleet = threeHosts();
  const before = digestOf(fleet.draft);
  equal(countFits(fleet.draft, vcpus(2)).more, 1 + 2 + 4);
  deepEqual(after(fleet.draft, vcpus(2)), [
    ['host h1', 2, 0, 3, 'exact'],
    ['zone east', 3, 1, 0, 'exact'],
    ['zone west', 0, 0, 3, 'exact'],
    ['aggregate aggregate 1', 1, 1, 1, 'exact'],
  ]);
  equal(digestOf(fleet.draft), before);
});

test('a loss that takes all hosts leaves nothing, and of two alike the first is lost', () => {
  const fleet = new LittleFleet([{ name: 'h1', cells: [cell(8)] }]);
  fleet.gather(1, ['h1'], { availability_zone: 'nova' });
  deepEqual(after(fleet.draft, vcpus(2)), [['host h1', 0, 0, 0, 'exact']]);
  const none = new LittleFleet();
  deepEqual([countFits(none.draft, vcpus(1)).more, after(none.draft, vcpus(1))], [0, []]);
});
