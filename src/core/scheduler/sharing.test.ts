/**
 * Goal: a plain request takes from its host what the host has, and from whoever shares with it what
 * the host has not; and the ranking always agrees with a look at every host (D2, C1), whatever
 * becomes of those who share.
 * Method: random fleets whose hosts may have a disk of their own, two arrays that share theirs
 * with some of them; guests come and go, and hosts join and leave. Each decision is made twice.
 *
 * Mutants that were caught: a ranking that does not look at who shares; a digest without amounts,
 * without aggregates; a share that is another host's too; an array taken from before the own disk.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { present } from '../base/units.ts';
import { plainInventory, putInventory } from '../ledger/inventory.ts';
import { createProvider } from '../ledger/provider.ts';
import { inventories, providerAggregates } from '../ledger/rows.ts';
import { DISK_GB } from '../ledger/standard.ts';
import type { Ask } from './ask.ts';
import { Scheduler } from './decide.ts';
import { ask, LittleFleet } from './little-fleet.fixture.ts';

const SHARES = 'MISC_SHARES_VIA_AGGREGATE';
const cells = [{ vcpus: 20, memory_mib: 20 * 1024 }];

interface Shared {
  readonly fleet: LittleFleet;
  readonly hosts: readonly number[];
  readonly arrays: readonly number[];
}

/** `own[at]`: whether host at has a disk of 100 itself. */
function sharedFleet(own: readonly boolean[], sizes: readonly number[]): Shared {
  const fleet = new LittleFleet();
  const hosts = own.map((has, at) => {
    const id = fleet.addHost({ name: `h${at}`, cells });
    const disk = present(fleet.draft.books.inventory(id, DISK_GB), 'its disk');
    if (!has) fleet.draft.remove(inventories, disk);
    return id;
  });
  const arrays = sizes.map((size, at) => {
    const row = { uuid: `array ${at}`, name: `array ${at}`, parent_uuid: null };
    const made = createProvider(fleet.draft, row);
    const { id } = present(made.is === 'done' ? made.value : null, 'an array');
    putInventory(fleet.draft, id, plainInventory(DISK_GB, size));
    fleet.giveTrait(id, SHARES, true);
    join({ fleet }, id, at, true);
    return id;
  });
  return { fleet, hosts, arrays };
}

function join({ fleet }: Pick<Shared, 'fleet'>, provider_id: number, at: number, is: boolean) {
  const row = { provider_id, aggregate_uuid: `aggregate ${at}` };
  const has = fleet.draft.books.providerAggregates[provider_id]?.has(row.aggregate_uuid) ?? false;
  if (has === is) return;
  if (is) fleet.draft.put(providerAggregates, row);
  else fleet.draft.remove(providerAggregates, row);
}

const wanted = (disk: number, about: Partial<Ask> = {}) =>
  ask({ resources: { VCPU: 1, MEMORY_MB: 1024, DISK_GB: disk }, ...about });

const taken = ({ fleet }: Shared, about: Ask): readonly [string, number] | null => {
  const place = new Scheduler().find(fleet.draft, about);
  const disk = place?.amounts.find((one) => one.resource_class_id === DISK_GB);
  return place === null ? null : [place.host, present(disk, 'its disk').provider_id];
};

test('a host gives its own disk first, then what is shared with it, and no other', () => {
  const made = sharedFleet([true, false], [200, 300]);
  const [own, without] = made.hosts as [number, number];
  equal(taken(made, wanted(10, { only_hosts: ['h1'] })), null);
  join(made, without, 1, true);
  join(made, own, 0, true);
  deepEqual(taken(made, wanted(10, { only_hosts: ['h1'] })), ['h1', made.arrays[1]]);
  deepEqual(taken(made, wanted(10, { only_hosts: ['h0'] })), ['h0', own]);
  deepEqual(taken(made, wanted(150, { only_hosts: ['h0'] })), ['h0', made.arrays[0]]);
  const decided = new Scheduler().decide(made.fleet.draft, wanted(301));
  equal(
    decided.is === 'no' ? decided.why.hosts.find(({ host }) => host === 'h1')?.reason : '',
    'has 300 DISK_GB left, not the 301 asked for',
  );
});

test('what is full of others, but shared, could be free: it is no-room, not impossible', () => {
  const made = sharedFleet([false, false], [100]);
  for (const host of made.hosts) join(made, host, 0, true);
  const held = present(new Scheduler().find(made.fleet.draft, wanted(80)), 'room');
  equal(made.fleet.claim('a', held).is, 'done');
  const decided = new Scheduler().decide(made.fleet.draft, wanted(50));
  equal(decided.is === 'no' && decided.why.refusal, 'no-room');
});

const step = fc.oneof(
  fc.record({ comes: fc.integer({ min: 1, max: 70 }), grouped: fc.boolean() }),
  fc.record({ goes: fc.nat(20) }),
  fc.record({ host: fc.nat(3), array: fc.nat(1), joins: fc.boolean() }),
  fc.record({ array: fc.nat(1), shares: fc.boolean() }),
);

const grouped = (disk: number): Partial<Ask> => ({
  resources: { VCPU: 1 },
  groups: [
    { suffix: '1', resources: { DISK_GB: disk }, required_traits: [], forbidden_traits: [] },
  ],
});

test('the ranking agrees with a look at every host, whatever becomes of who shares', () => {
  const seen = { shared: 0, refused: 0 };
  const property = fc.property(
    fc.array(fc.boolean(), { minLength: 2, maxLength: 4 }),
    fc.array(step, { minLength: 10, maxLength: 40 }),
    (own, steps) => {
      const made = sharedFleet(own, [100, 150]);
      const scheduler = new Scheduler();
      const { fleet, hosts, arrays } = made;
      for (const [at, one] of steps.entries()) {
        if ('goes' in one) fleet.letGo(`s${one.goes}`);
        else if ('joins' in one)
          join(made, hosts[one.host % hosts.length] as number, one.array, one.joins);
        else if ('shares' in one) fleet.giveTrait(arrays[one.array] as number, SHARES, one.shares);
        else {
          const about = wanted(one.comes, one.grouped ? grouped(one.comes) : {});
          const found = scheduler.find(fleet.draft, about);
          const scanned = scheduler.scan(fleet.draft, about);
          deepEqual(found, scanned.is === 'done' ? scanned.value : null);
          if (found === null) seen.refused++;
          else {
            equal(fleet.claim(`s${at}`, found).is, 'done');
            if (found.amounts.some(({ provider_id }) => arrays.includes(provider_id)))
              seen.shared++;
          }
        }
      }
    },
  );
  fc.assert(property, { numRuns: 300 });
  ok(seen.shared > 100 && seen.refused > 100, JSON.stringify(seen));
});
