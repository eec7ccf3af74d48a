/**
 * Goal: somebody else writes into the allocations of a server while it is created or moved (8.5 of
 * the acceptance table): nothing is half held, and what was taken away is an error with a name.
 * Method: an outsider rewrites the consumer, which gives it another generation, after each commit
 * in turn; or takes away all that a server holds before its move.
 *
 * A claim of ours is decided in one ledger request together with the generation that it meets, so
 * there is no conflict for it to lose: the rows that upstream ends in error end well here.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { claimAll } from '../../core/ledger/claim.ts';
import type { Draft } from '../../core/ledger/draft.ts';
import { done } from '../../core/ports/reply.ts';
import { drains } from '../../core/servers/drains.ts';
import { servers } from '../../core/servers/rows.ts';
import { plainFlavors } from '../flavors.ts';
import type { LittleWorld } from '../little-world.ts';
import { heldBy, seen, serverIn, tell } from './tale.fixture.ts';

const [, medium] = plainFlavors;

/** The same once more, as anybody may PUT it. */
function touch(draft: Draft): void {
  for (const { uuid, project_id, user_id } of draft.rows(servers).values()) {
    const consumer = draft.books.consumers.get(uuid);
    if (consumer === undefined) continue;
    const amounts = consumer.allocations.map(({ provider_id, resource_class_id, used }) => {
      return { provider_id, resource_class_id, amount: used };
    });
    const { consumer_type } = consumer.row;
    claimAll(draft, [{ consumer_uuid: uuid, project_id, user_id, consumer_type, amounts }]);
  }
}

async function touched(
  world: LittleWorld,
  act: () => Promise<unknown>,
  touching: { on: boolean },
): Promise<void> {
  touching.on = true;
  await act();
  await world.rest();
  touching.on = false;
}

/** A world in which an outsider writes after each commit while `touching` says so. */
function touchy() {
  const touching = { on: false, times: 0, writing: false };
  const committed = (_: number, world: LittleWorld) => {
    if (!touching.on || touching.writing) return 'heard' as const;
    touching.times++;
    touching.writing = true;
    world.between(({ ledger }) => {
      void ledger
        .submit((draft) => done(touch(draft)))
        .then(() => {
          touching.writing = false;
        });
    });
    return 'heard' as const;
  };
  return { touching, committed };
}

const heldOn = (world: LittleWorld, uuid: string) => Object.keys(heldBy(world, uuid));

tell({
  'ACC-090 while it is created: it is active, and holds its host': async (open) => {
    const { touching, committed } = touchy();
    const world = await open('none', 'refuse', 1, { committed });
    world.arm();
    touching.on = true;
    const uuid = await world.create();
    await world.rest();
    equal(serverIn(world, uuid).vm_state, 'active');
    deepEqual(heldOn(world, uuid), [serverIn(world, uuid).host]);
    ok(touching.times > 1);
  },

  'ACC-091 its hold was taken away: a move is refused by name, with what to do about it': async (
    open,
  ) => {
    const world = await open();
    world.excused = ['H2']; // somebody took away what its guest takes: that is the point
    const uuid = await world.create();
    await world.rest();
    const { project_id, user_id } = serverIn(world, uuid);
    const home = serverIn(world, uuid).host ?? '';
    const held = heldBy(world, uuid);
    await world.write((draft) => {
      const claim = { consumer_uuid: uuid, project_id, user_id, consumer_type: 'INSTANCE' };
      return claimAll(draft, [{ ...claim, amounts: [] }]);
    });
    for (const move of [() => world.migrate(uuid), () => world.coldMigrate(uuid)]) {
      const reply = await move();
      ok(reply?.is === 'no' && reply.why.why === 'unheld', JSON.stringify(reply));
      match(reply.why.message, /holds nothing there.*: plimsoll audit --host h1$/);
    }
    equal(serverIn(world, uuid).task_state, null);
    await world.soon(world.drainer.start(home, 1));
    for (const _ of ['begun', 'over']) await world.soon(world.drainer.look());
    const drain = seen(world).rows(drains).get(home);
    deepEqual([drain?.state, drain?.moves[uuid]?.tries], ['incomplete', 1]); // no matter of time
    await world.audit(home);
    deepEqual(heldBy(world, uuid), held);
    await world.migrate(uuid);
    await world.rest();
    equal(world.ends('live-migrate'), 'done');
  },

  'ACC-092 while its move is confirmed: only the destination is held': async (open) => {
    const { touching, committed } = touchy();
    const world = await open('none', 'refuse', 1, { committed });
    const uuid = await world.create();
    await world.rest();
    ok(medium !== undefined);
    await world.resize(uuid, medium);
    await world.rest();
    world.arm();
    await touched(world, () => world.confirmResize(uuid), touching);
    equal(serverIn(world, uuid).vm_state, 'active');
    deepEqual(heldOn(world, uuid), [serverIn(world, uuid).host]);
  },

  'ACC-093 while it is reverted, from another host and on its own: the source is held': async (
    open,
  ) => {
    for (const resize_to_same_host of [false, true]) {
      const { touching, committed } = touchy();
      const world = await open('none', 'refuse', 1, { committed, resize_to_same_host });
      const uuid = await world.create();
      await world.rest();
      const { host: home } = serverIn(world, uuid);
      if (resize_to_same_host) await world.closeAllBut(home);
      ok(medium !== undefined);
      await world.resize(uuid, medium);
      await world.rest();
      world.arm();
      await touched(world, () => world.revertResize(uuid), touching);
      equal(serverIn(world, uuid).host, home);
      deepEqual(heldOn(world, uuid), [home]);
    }
  },

  'ACC-094 while it is moved live, or evacuated: it is where it went, and holds that': async (
    open,
  ) => {
    for (const way of ['migrate', 'evacuate'] as const) {
      const { touching, committed } = touchy();
      const world = await open('none', 'refuse', 1, { committed });
      const uuid = await world.create();
      await world.rest();
      const { host: home } = serverIn(world, uuid);
      if (way === 'evacuate') await world.fence(home ?? '');
      world.arm();
      await touched(world, () => world[way](uuid), touching);
      const { host } = serverIn(world, uuid);
      ok(host !== home && host !== null);
      await world.comesBack(home ?? '');
      deepEqual(heldOn(world, uuid), [host]);
    }
  },
});
