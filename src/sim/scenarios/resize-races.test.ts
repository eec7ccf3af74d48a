/**
 * Goal: resizes and cold migrations, told row by row (8.2 of the acceptance table), as far as they
 * meet others: whoever confirms, deletes or audits meanwhile, hosts that are down, later moves.
 * Method: each row in a little world of three hosts, with the step that it names going wrong.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { present } from '../../core/base/units.ts';
import { providerTraits } from '../../core/ledger/rows.ts';
import { done } from '../../core/ports/reply.ts';
import type { LittleWorld } from '../little-world.ts';
import {
  asItWas,
  faultOf,
  HOSTS,
  MEDIUM,
  made,
  medium,
  resized,
  runIdOf,
  SMALL,
} from './resize.fixture.ts';
import { heldBy, linesOf, seen, serverIn, tell } from './tale.fixture.ts';

const giveTrait = (world: LittleWorld, host: string, name: string) =>
  world.write((draft) => {
    const provider = present(draft.books.providerNamed(host), host);
    const trait = present(draft.books.traitByName.get(name), name);
    draft.put(providerTraits, { provider_id: provider.id, trait_id: trait.id });
    return done(undefined);
  });

const auditAll = async (world: LittleWorld) => {
  const found: unknown[] = [];
  for (const host of HOSTS) found.push(...((await world.audit(host)) ?? ['no answer']));
  return found;
};

tell({
  'ACC-028 down only while its copy is to be cleared, on one host: all is as it was': async (
    open,
  ) => {
    const stands = { over: () => {} };
    const about = { resize_to_same_host: true, steps_per_request_max: 1 };
    const watching = () => stands.over();
    const world = await open('switch', 'refuse', 1, { ...about, watching });
    const { uuid, source } = await made(world);
    await world.closeAllBut(source);
    world.onStrike = () => {
      world.kill(source);
      void world.believe(source, 'down');
    };
    stands.over = () => {
      if (linesOf(world, 'ship')[0]?.state !== 'waived') return;
      stands.over = () => {};
      world.machine(source).comeBack();
      void world.believe(source, 'up');
    };
    world.arm();
    const migration = runIdOf(await world.resize(uuid, medium));
    await world.rest();
    equal(linesOf(world, 'park')[0]?.state, 'undone');
    asItWas(world, uuid, source, migration);
    deepEqual(world.guestsOn(source), [uuid]);
    match(faultOf(world, migration), /it would not, as planned/);
  },

  'ACC-028 down for all of the way back, on one host: the audit puts it right once it is up':
    async (open) => {
      const about = { resize_to_same_host: true, steps_per_request_max: 1 };
      const world = await open('switch', 'refuse', 1, about);
      const { uuid, source } = await made(world);
      await world.closeAllBut(source);
      world.onStrike = () => {
        world.kill(source);
        void world.believe(source, 'down');
      };
      world.arm();
      const migration = runIdOf(await world.resize(uuid, medium));
      await world.rest();
      for (const step of ['park', 'ship']) equal(linesOf(world, step)[0]?.state, 'waived');
      const machine = world.machine(source);
      const sizes = () =>
        [machine.look(), machine.lookAside()].map((all) => all.map(({ spec }) => spec.vcpus));
      deepEqual(sizes(), [[2], [1]]);
      await world.comesBack(source);
      deepEqual(sizes(), [[1], []]);
      await world.audit(source);
      await world.rest();
      asItWas(world, uuid, source, migration);
    },

  'ACC-033 the source will not be cleared at first: the confirmation is carried out all the same':
    async (open) => {
      const world = await open('clear', 'refuse', 3);
      const { uuid, migration, destination } = await resized(world);
      world.arm();
      await world.confirmResize(uuid);
      await world.rest();
      equal(linesOf(world, 'clear')[0]?.attempts, 4);
      deepEqual(heldBy(world, uuid), { [destination]: MEDIUM });
      deepEqual(heldBy(world, migration), {});
    },

  'ACC-034 the source is down when a move is confirmed by itself: nothing is lost': async (
    open,
  ) => {
    const world = await open('none', 'refuse', 1, { confirm_window_s: 600 });
    const { uuid, source, migration, destination } = await resized(world);
    world.kill(source);
    await world.believe(source, 'down');
    await world.confirmDue();
    equal(serverIn(world, uuid).vm_state, 'resized'); // its time has not come
    await world.wait(601_000);
    await world.confirmDue();
    await world.rest();
    equal(serverIn(world, uuid).vm_state, 'active');
    equal(linesOf(world, 'clear')[0]?.state, 'waived');
    deepEqual(heldBy(world, uuid), { [destination]: MEDIUM });
    deepEqual(heldBy(world, migration), {});
  },

  'ACC-035 a named destination is taken, and not exchanged when it refuses': async (open) => {
    for (const times of [0, 99]) {
      const world = await open('landing', 'refuse', times);
      const { uuid, source, others } = await made(world);
      const [target = ''] = others.slice(-1);
      world.arm();
      const migration = runIdOf(await world.coldMigrate(uuid, target));
      await world.rest();
      deepEqual(
        linesOf(world, 'landing').map(({ host }) => host),
        [target],
      );
      if (times > 0) asItWas(world, uuid, source, migration);
      else equal(serverIn(world, uuid).host, target);
    }
  },

  'ACC-035 a destination that is not there, or is its own host, is refused': async (open) => {
    const world = await open();
    const { uuid, source } = await made(world);
    const nowhere = await world.coldMigrate(uuid, 'nowhere');
    equal(nowhere?.is === 'no' && nowhere.why.why, 'unknown-host');
    const own = await world.coldMigrate(uuid, source);
    equal(own?.is === 'no' && own.why.why, 'unfit');
    asItWas(world, uuid, source, '');
  },

  'ACC-036 a cold migration stays on its host only where the host says that it may': async (
    open,
  ) => {
    const world = await open();
    const { uuid, source } = await made(world);
    await world.closeAllBut(source);
    const refused = await world.coldMigrate(uuid);
    equal(refused?.is === 'no' && refused.why.why, 'no-valid-host');
    await giveTrait(world, source, 'COMPUTE_SAME_HOST_COLD_MIGRATE');
    equal((await world.coldMigrate(uuid))?.is, 'done');
    await world.rest();
    const { host, vm_state } = serverIn(world, uuid);
    deepEqual([host, vm_state], [source, 'resized']);
  },

  'ACC-037 the next destination is decided on the newest books, not on an old list': async (
    open,
  ) => {
    const world = await open('landing', 'deaf', 6);
    const { uuid, source, others } = await made(world);
    // While the first gives no answer the other one is closed: nothing is left, and it is said so.
    world.onStrike = () => void world.closeAllBut(source);
    world.arm();
    const migration = runIdOf(await world.resize(uuid, medium));
    await world.rest();
    const [line, another] = linesOf(world, 'landing');
    ok(others.includes(line?.host ?? '') && another === undefined);
    match(faultOf(world, migration), /^No valid host was found\. /);
    asItWas(world, uuid, source, migration);
  },

  'ACC-038 a later move knows nothing of what an earlier one tried or was told': async (open) => {
    const world = await open('landing', 'refuse', 1);
    const { uuid, source, others } = await made(world);
    const [named = '', other = ''] = others;
    world.arm();
    await world.coldMigrate(uuid, named); // refused, and given up
    await world.rest();
    equal(serverIn(world, uuid).host, source);
    await world.coldMigrate(uuid, named); // neither left out, nor bound to it later
    await world.rest();
    equal(serverIn(world, uuid).host, named);
    await world.confirmResize(uuid);
    await world.rest();
    await world.coldMigrate(uuid, other);
    await world.rest();
    await world.confirmResize(uuid);
    await world.rest();
    equal(serverIn(world, uuid).host, other);
  },

  'ACC-039 audits while a move is confirmed or reverted find nothing to put right': async (
    open,
  ) => {
    for (const end of ['confirmResize', 'revertResize'] as const) {
      const world = await open('clear', 'deaf', 3);
      const { uuid } = await resized(world);
      deepEqual(await auditAll(world), []); //           finished, and nobody has confirmed it
      world.arm();
      await world[end](uuid);
      await world.wait(1_500); //                        its remains are being cleared, in vain
      equal(linesOf(world, 'clear')[0]?.state, 'started');
      deepEqual(await auditAll(world), []);
      await world.rest();
      deepEqual(await auditAll(world), []);
      equal(serverIn(world, uuid).vm_state, 'active');
    }
  },

  'ACC-040 audits while a move has claimed and not landed leave it alone': async (open) => {
    for (const step of ['landing', 'park', 'ship', 'switch']) {
      const world = await open(step, 'deaf', 2);
      const { uuid } = await made(world);
      world.arm();
      await world.resize(uuid, medium);
      await world.wait(1_500);
      equal(linesOf(world, step).length, 1, step);
      deepEqual(await auditAll(world), [], step);
      await world.rest();
      ok(['resized', 'active'].includes(serverIn(world, uuid).vm_state));
    }
  },

  'ACC-041 deleted in the middle of a move: nothing that is undone comes back to hold anything':
    async (open) => {
      for (const step of ['claim', 'landing', 'park', 'ship', 'switch', 'resized']) {
        const world = await open();
        const { uuid } = await made(world);
        void world.resize(uuid, medium);
        while (linesOf(world, step).length === 0) await world.wait(1);
        await world.destroy(uuid);
        await world.rest();
        equal(seen(world).books.consumers.size, 0, step);
      }
    },

  'ACC-042 from a disabled host it may go; from one that is down or forced down not': async (
    open,
  ) => {
    const world = await open();
    const { uuid, source, others } = await made(world);
    await world.believe(source, 'down');
    const down = await world.coldMigrate(uuid);
    ok(down?.is === 'no' && down.why.why === 'wrong-state');
    match(down.why.message, /is down/);
    await world.believe(source, 'up');
    await world.closeAllBut(others[0] ?? '');
    equal((await world.coldMigrate(uuid))?.is, 'done');
    await world.rest();
    equal(serverIn(world, uuid).host, others[0]);
  },

  'ACC-044 a revert to a source that is down says so; confirming it works': async (open) => {
    const world = await open();
    const { uuid, source, destination } = await resized(world);
    await world.believe(source, 'down');
    const reply = await world.revertResize(uuid);
    ok(reply?.is === 'no' && reply.why.why === 'wrong-state');
    match(reply.why.message, new RegExp(`its source ${source} is down`));
    equal(serverIn(world, uuid).vm_state, 'resized');
    await world.confirmResize(uuid);
    await world.rest();
    equal(serverIn(world, uuid).host, destination);
  },

  'ACC-045 the process dies in the middle of the copy: the move goes on, and all adds up': async (
    open,
  ) => {
    const world = await open('ship', 'crash', 1);
    const { uuid, source } = await made(world);
    world.arm();
    const migration = runIdOf(await world.resize(uuid, medium));
    await world.rest();
    equal(world.ends('resize-server'), 'done');
    const { host } = serverIn(world, uuid);
    deepEqual(heldBy(world, uuid), { [host ?? '']: MEDIUM });
    deepEqual(heldBy(world, migration), { [source]: SMALL });
  },
});
