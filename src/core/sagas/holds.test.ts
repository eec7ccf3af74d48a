/**
 * Goal: L5 and L6 through a move: both sides are held at once, what they share is charged once, and
 * whichever way it ends, the books are as if the server had always been where it is now.
 * Method: random sizes on two hosts with one storage pool between them, which is just big enough;
 * moved, and then finished or taken back.
 *
 * Mutants tried by hand, each caught: the run holds the whole source; the run holds nothing; `back`
 * leaves the run its hold; amounts are compared by class alone.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { checkBooks } from '../ledger/audit.ts';
import { Draft } from '../ledger/draft.ts';
import { inventories, ledgerTables, providers } from '../ledger/rows.ts';
import { DISK_GB, seedStandards, VCPU } from '../ledger/standard.ts';
import { State } from '../ledger/state.ts';
import type { Placement } from '../scheduler/ask.ts';
import { evacuations } from '../servers/evacuations.ts';
import { claimBack, claimMove, claimPlace, holdOf, letGo } from './holds.ts';

const [SOURCE, DESTINATION, POOL] = [1, 2, 3];
const POOL_GIB = 40;
const server = { uuid: 'server', project_id: 'project', user_id: 'user' };
const RUN = 'run';

function books(): Draft {
  const draft = new Draft(new State([...ledgerTables, evacuations] as never), 0);
  seedStandards(draft);
  for (const [id, classes] of [
    [SOURCE, { [VCPU]: 8, [DISK_GB]: 100 }],
    [DESTINATION, { [VCPU]: 8, [DISK_GB]: 100 }],
    [POOL, { [DISK_GB]: POOL_GIB }],
  ] as const) {
    const times = { created_at_ms: 0, updated_at_ms: 0 };
    const named = { uuid: `p${id}`, name: `p${id}`, generation: 0, parent_id: null, root_id: id };
    draft.put(providers, { id, ...named, ...times });
    for (const [name, total] of Object.entries(classes)) {
      const units = {
        reserved: 0,
        min_unit: 1,
        max_unit: 1000,
        step_size: 1,
        allocation_ratio: 1,
        overhead: 0,
      };
      const resource_class_id = Number(name);
      draft.put(inventories, {
        provider_id: id,
        resource_class_id,
        total,
        ...units,
        updated_at_ms: 0,
      });
    }
  }
  return draft;
}

/** On a host with its disk in the pool, or on the host itself. */
const placed = (
  host: number,
  vcpus: number,
  disk: { gib: number; pooled: boolean },
): Placement => ({
  host: `p${host}`,
  provider_id: host,
  amounts: [
    { provider_id: host, resource_class_id: VCPU, amount: vcpus },
    { provider_id: disk.pooled ? POOL : host, resource_class_id: DISK_GB, amount: disk.gib },
  ],
  cells: [],
  pins: [],
  pages: [],
  devices: [],
  slots: [],
});

const used = (draft: Draft, host: number, of: number) => draft.books.column(of).used[host] ?? 0;
const picture = (draft: Draft) =>
  [SOURCE, DESTINATION, POOL].map((p) => [used(draft, p, VCPU), used(draft, p, DISK_GB)]);

const disk = fc.record({ gib: fc.integer({ min: 1, max: POOL_GIB }), pooled: fc.boolean() });
const vcpus = fc.integer({ min: 1, max: 8 });

test('a move holds both sides, charges a pool once, and ends on one', () => {
  const seen = { shared: 0, grows: 0, shrinks: 0, apart: 0, back: 0, on: 0 };
  const property = fc.property(vcpus, disk, disk, fc.boolean(), (cores, from, to, back) => {
    const draft = books();
    equal(claimPlace(draft, server, placed(SOURCE, cores, from)).is, 'done');
    const source = holdOf(draft.books, server.uuid);
    const before = picture(draft);

    equal(claimMove(draft, server, RUN, source, placed(DESTINATION, cores, to)).is, 'done');
    equal(used(draft, SOURCE, VCPU), cores); //      L5
    equal(used(draft, DESTINATION, VCPU), cores); // L5
    const inPool = [from, to].map(({ gib, pooled }) => (pooled ? gib : 0));
    equal(used(draft, POOL, DISK_GB), Math.max(...inPool)); // L6
    const both = from.pooled && to.pooled;
    seen[both ? 'shared' : 'apart']++;
    if (both && to.gib > from.gib) seen.grows++;
    if (both && to.gib < from.gib) seen.shrinks++;

    if (back) {
      seen.back++;
      equal(claimBack(draft, server, RUN, source).is, 'done');
      deepEqual(picture(draft), before);
      deepEqual(holdOf(draft.books, server.uuid), source);
    } else {
      seen.on++;
      letGo(draft, server, [RUN]);
      const fresh = books();
      claimPlace(fresh, server, placed(DESTINATION, cores, to));
      deepEqual(picture(draft), picture(fresh));
    }
    equal(draft.books.consumers.has(RUN), false);
    deepEqual(checkBooks(draft), []);
  });
  fc.assert(property);
  for (const [what, times] of Object.entries(seen)) ok(times > 0, `never tried: ${what}`);
});

test('a move that does not fit changes nothing', () => {
  const draft = books();
  claimPlace(draft, server, placed(SOURCE, 2, { gib: 1, pooled: true }));
  const other = { ...server, uuid: 'other' };
  claimPlace(draft, other, placed(DESTINATION, 7, { gib: 1, pooled: true }));
  const [before, mark] = [picture(draft), draft.mark];
  const source = holdOf(draft.books, server.uuid);
  const move = placed(DESTINATION, 2, { gib: 1, pooled: true });
  const refused = claimMove(draft, server, RUN, source, move);
  equal(refused.is === 'no' && refused.why.why, 'full');
  draft.rollback(mark);
  deepEqual(picture(draft), before);
});

test('beside itself old and new are both held in full, and what is shared is charged once', () => {
  const draft = books();
  claimPlace(draft, server, placed(SOURCE, 2, { gib: 10, pooled: true }));
  const [before, source] = [picture(draft), holdOf(draft.books, server.uuid)];
  const larger = placed(SOURCE, 3, { gib: 25, pooled: true });
  equal(claimMove(draft, server, RUN, source, larger).is, 'done');
  equal(used(draft, SOURCE, VCPU), 5); //   both, on one host
  equal(used(draft, POOL, DISK_GB), 25); // L6: not 35
  equal(claimBack(draft, server, RUN, source).is, 'done');
  deepEqual(picture(draft), before);

  const mark = draft.mark;
  const tooLarge = placed(SOURCE, 7, { gib: 10, pooled: true }); // 7 fit alone, and not beside 2
  const refused = claimMove(draft, server, RUN, source, tooLarge);
  equal(refused.is === 'no' && refused.why.why, 'full');
  draft.rollback(mark);
  deepEqual(picture(draft), before);
});
