/**
 * Goal: table 3.1 of who holds what, with disks on storage that hosts share: it is charged once at
 * every instant of every operation, by the larger of both sides in a move (L6), while the hosts'
 * own CPUs and memory are held on both.
 * Method: a little world whose hosts have no disk of their own; what is taken of the storage is
 * noted after each commit of an operation.
 * Mutants that this killed: a run that holds the whole of its source; a quarantine that takes the
 * storage in; one that is let go of as soon as the server is elsewhere.
 */
import { deepEqual } from 'node:assert/strict';
import { present } from '../../core/base/units.ts';
import type { Draft } from '../../core/ledger/draft.ts';
import { plainInventory, putInventory } from '../../core/ledger/inventory.ts';
import { createProvider } from '../../core/ledger/provider.ts';
import { inventories, providerAggregates, providerTraits } from '../../core/ledger/rows.ts';
import { DISK_GB } from '../../core/ledger/standard.ts';
import { done } from '../../core/ports/reply.ts';
import { HOSTS } from '../little-desk.ts';
import type { LittleWorld } from '../little-world.ts';
import { medium, SMALL } from './resize.fixture.ts';
import { everyHold, heldBy, type Open, seen, serverIn, tell } from './tale.fixture.ts';

const POOL = 'pool';
const SHARES = 'MISC_SHARES_VIA_AGGREGATE';
const roomy = { ...medium, disk_gib: 15 };
const { DISK_GB: _, ...own } = SMALL;

/** The disks of all hosts are on one pool, which shares with them. */
function pooled(draft: Draft) {
  const about = { uuid: POOL, name: POOL, parent_uuid: null };
  const made = createProvider(draft, about);
  const pool = present(made.is === 'done' ? made.value : null, 'a pool').id;
  const trait = present(draft.books.traitByName.get(SHARES), SHARES).id;
  draft.put(providerTraits, { provider_id: pool, trait_id: trait });
  putInventory(draft, pool, plainInventory(DISK_GB, 40));
  const all = HOSTS.map((name) => present(draft.books.providerNamed(name), name).id);
  for (const id of all) {
    const disk = draft.books.inventory(id, DISK_GB);
    if (disk !== undefined) draft.remove(inventories, disk);
  }
  for (const provider_id of [pool, ...all]) {
    draft.put(providerAggregates, { provider_id, aggregate_uuid: 'storage' });
  }
  return done(undefined);
}

/** What is taken of the pool, by whomever. */
const taken = (world: LittleWorld): number =>
  Object.values(everyHold(seen(world))).reduce(
    (sum, held) => sum + (held[POOL]?.['DISK_GB'] ?? 0),
    0,
  );

/** A world with a pool; `during` gives what was taken of it after each commit of an operation. */
async function opened(open: Open) {
  const noted = { by: (): void => {} };
  const world = await open('none', 'refuse', 1, {
    watching: () => noted.by(),
    steps_per_request_max: 1,
  });
  await world.write(pooled);
  const during = async (act: () => Promise<unknown>): Promise<number[]> => {
    const amounts = new Set<number>();
    noted.by = () => amounts.add(taken(world));
    await act();
    await world.rest();
    noted.by = () => {};
    return [...amounts].sort((a, b) => a - b);
  };
  const uuid = await world.create();
  await world.rest();
  const onHost = () => ({ [serverIn(world, uuid).host ?? '']: own, [POOL]: { DISK_GB: 10 } });
  return { world, uuid, during, onHost };
}

tell({
  'ACC-124 moved live, on shared storage: both hosts are held, and the storage once': async (
    open,
  ) => {
    const { world, uuid, during, onHost } = await opened(open);
    const source = onHost();
    deepEqual(heldBy(world, uuid), source);
    const both = { seen: false };
    const amounts = await during(async () => {
      await world.migrate(uuid);
      await world.until(() => Object.keys(everyHold(seen(world))).length > 1);
      const run = serverIn(world, uuid).run_id ?? '';
      both.seen = heldBy(world, run)[serverIn(world, uuid).host ?? ''] !== undefined;
      deepEqual(Object.keys(heldBy(world, run)), [serverIn(world, uuid).host]);
    });
    deepEqual([amounts, both.seen], [[10], true]);
    deepEqual(heldBy(world, uuid), onHost());
  },

  'ACC-124 resized to a larger disk on shared storage, and back: by the larger of the two': async (
    open,
  ) => {
    const { world, uuid, during, onHost } = await opened(open);
    deepEqual(await during(() => world.resize(uuid, roomy)), [10, 15]);
    deepEqual(taken(world), 15);
    deepEqual(await during(() => world.revertResize(uuid)), [10, 15]);
    deepEqual(heldBy(world, uuid), onHost());
    await during(() => world.resize(uuid, roomy));
    deepEqual(await during(() => world.confirmResize(uuid)), [15]);
    deepEqual(await during(() => world.destroy(uuid)), [0, 15]);
  },

  'ACC-124 evacuated on shared storage: the dead host is held besides, and the storage once':
    async (open) => {
      const { world, uuid, during, onHost } = await opened(open);
      const dead = serverIn(world, uuid).host ?? '';
      await world.fence(dead);
      deepEqual(await during(() => world.evacuate(uuid)), [10]);
      deepEqual(heldBy(world, uuid), { ...onHost(), [dead]: own });
      deepEqual(await during(() => world.comesBack(dead)), [10]);
      deepEqual(heldBy(world, uuid), onHost());
    },

  'ACC-124 off the shelf and on it again: the storage is free meanwhile': async (open) => {
    const { world, uuid, during, onHost } = await opened(open);
    deepEqual(await during(() => world.shelve(uuid)), [0, 10]);
    deepEqual(await during(() => world.unshelve(uuid)), [0, 10]);
    deepEqual(heldBy(world, uuid), onHost());
  },
});
