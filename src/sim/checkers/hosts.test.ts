/**
 * Goal: what the checker found of a machine is told again only while it is still so.
 * Method: one machine with one guest, and books that change beside it. Mutants tried by hand, each
 * caught: names in commits are not noted; runs among them do not stand for their servers; the
 * machine that was looked at is not compared.
 */
import { deepEqual } from 'node:assert/strict';
import test from 'node:test';
import { millis } from '../../core/base/units.ts';
import { type RunRow, runs } from '../../core/conductor/rows.ts';
import { claimAll } from '../../core/ledger/claim.ts';
import type { View } from '../../core/ledger/draft.ts';
import { plainInventory, putInventory } from '../../core/ledger/inventory.ts';
import { Ledger } from '../../core/ledger/ledger.ts';
import { createProvider } from '../../core/ledger/provider.ts';
import { seedLedger, VCPU } from '../../core/ledger/standard.ts';
import type { GuestSpec } from '../../core/ports/order.ts';
import { done } from '../../core/ports/reply.ts';
import { allTables } from '../../core/replica.ts';
import { SimStore } from '../store.ts';
import { HostChecker, type WatchedHost } from './hosts.ts';

const clock = { now: () => millis(0), wall: () => 0, sleep: async () => {} };
const owner = { project_id: 'p', user_id: 'u', consumer_type: 'INSTANCE' };

/** A machine of the name `machine`, with a guest of the UUID `guest`, and its books. */
async function stage() {
  const ledger = await Ledger.open(allTables, new SimStore(allTables), clock);
  await seedLedger(ledger);
  const view = ledger.read((found) => found) as View;
  const checker = new HostChecker(view);
  ledger.subscribe((batch) => checker.after(batch));
  await ledger.submit((draft) => {
    const made = createProvider(draft, { uuid: 'm', name: 'machine', parent_uuid: null });
    if (made.is === 'done') putInventory(draft, made.value.id, plainInventory(VCPU, 8));
    return made;
  });
  const hold = (consumer_uuid: string, amount: number) =>
    ledger.submit((draft) => {
      const provider_id = draft.books.providerNamed('machine')?.id ?? -1;
      const amounts = amount === 0 ? [] : [{ provider_id, resource_class_id: VCPU, amount }];
      return claimAll(draft, [{ consumer_uuid, ...owner, amounts, quietly: true }]);
    });
  const run = (state: RunRow['state']) =>
    ledger.submit((draft) => {
      draft.put(runs, { ...aboutGuest, state });
      return done(undefined);
    });
  const stand = (host: WatchedHost) => checker.stand([host]).map(({ invariant }) => invariant);
  return { hold, run, stand };
}

const aboutGuest: RunRow = {
  ...{ id: 'move', saga: 'live-migrate', server_uuid: 'guest', input: {}, state: 'running' },
  ...{ cursor: null, known: {}, tried: [], retreat_to: null, error: null, waits: null },
  stuck: null,
  trace: null,
  ...{ cancel_requested: false, owner: '', fence: 0, started_at_ms: 0, ended_at_ms: null },
};

const machine: WatchedHost = {
  name: 'machine',
  guests: [{ uuid: 'guest', power: 'running', image_id: null, rescued: false }],
  aside: [],
  specs: [{ uuid: 'guest', nodes: [] } as unknown as GuestSpec],
};

test('a hold that ends is noticed, though the machine is as it was', async () => {
  const { hold, stand } = await stage();
  await hold('guest', 1);
  deepEqual(stand(machine), []);
  await hold('guest', 0);
  deepEqual(stand(machine), ['H2']);
  deepEqual(stand(machine), ['H2'], 'it is told for as long as it is so');
  await hold('guest', 1);
  deepEqual(stand(machine), []);
});

test('so is the hold of a run about it, and the end of that run', async () => {
  const { hold, run, stand } = await stage();
  await run('running');
  await hold('move', 1);
  deepEqual(stand(machine), []);
  await hold('move', 0);
  deepEqual(stand(machine), ['H2']);
  await hold('move', 1);
  deepEqual(stand(machine), []);
  await run('done');
  deepEqual(stand(machine), ['H2']);
});

test('another machine is looked at, though the books are as they were', async () => {
  const { stand } = await stage();
  deepEqual(stand({ ...machine, guests: [], specs: [] }), []);
  deepEqual(stand(machine), ['H2']);
});
