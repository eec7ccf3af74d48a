/**
 * Goal: resizes and cold migrations, told row by row (8.2 of the acceptance table).
 * Method: each row in a little world of three hosts, with the step that it names going wrong; what
 * each side holds is read from the books at every stop. Where upstream leaves something behind the
 * row says what ours is instead.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { present } from '../../core/base/units.ts';
import { runs } from '../../core/conductor/rows.ts';
import { hosts } from '../../core/fleet/rows.ts';
import { enableHost } from '../../core/fleet/status.ts';
import { providerTraits } from '../../core/ledger/rows.ts';
import { done } from '../../core/ports/reply.ts';
import { resizes } from '../../core/servers/resizes.ts';
import type { FlavorRow } from '../../core/servers/rows.ts';
import { plainFlavors } from '../flavors.ts';
import type { LittleWorld } from '../little-world.ts';
import { everyHold, heldBy, linesOf, type Open, seen, serverIn, tell } from './tale.fixture.ts';

const medium = present(plainFlavors[1], 'a flavor');
const SMALL = { VCPU: 1, MEMORY_MB: 1024, DISK_GB: 10 };
const MEDIUM = { VCPU: 2, MEMORY_MB: 4096, DISK_GB: 10 };
const HOSTS = ['h1', 'h2', 'h3'];

async function made(world: LittleWorld, about: { flavor?: FlavorRow } = {}) {
  const uuid = await world.create(about);
  await world.rest();
  const source = present(serverIn(world, uuid).host, 'a host');
  return { uuid, source, others: HOSTS.filter((host) => host !== source) };
}

const openAll = (world: LittleWorld) =>
  world.write((draft) => {
    for (const host of HOSTS) enableHost(draft, host);
    return done(undefined);
  });

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

type Begun = { readonly is: string; readonly value?: unknown } | undefined;
const runIdOf = (reply: Begun): string =>
  (reply?.is === 'done' ? (reply.value as { run_id: string }) : { run_id: '' }).run_id;

/** A server that was resized; nobody has confirmed it. */
async function resized(world: LittleWorld, flavor = medium, about: { flavor?: FlavorRow } = {}) {
  const { uuid, source } = await made(world, about);
  const migration = runIdOf(await world.resize(uuid, flavor));
  await world.rest();
  const { host, vm_state } = serverIn(world, uuid);
  equal(vm_state, 'resized');
  return { uuid, source, migration, destination: present(host, 'a host') };
}

/** As it was: on its source, which it holds, and nothing else is held for it. */
function asItWas(world: LittleWorld, uuid: string, source: string, migration: string): void {
  const { host, vm_state, flavor, task_state } = serverIn(world, uuid);
  deepEqual([host, vm_state, flavor.name, task_state], [source, 'active', 'small', null]);
  deepEqual(heldBy(world, uuid), { [source]: SMALL });
  deepEqual(heldBy(world, migration), {});
  equal(seen(world).rows(resizes).size, 0);
}

const faultOf = (world: LittleWorld, run: string): string =>
  seen(world).rows(runs).get(run)?.error?.message ?? '';

/** A resize in which one step goes wrong, ended by a server as it was and the reason told. */
const failing = (step: string, times: number) => async (open: Open) => {
  const world = await open(step, 'refuse', times);
  const { uuid, source } = await made(world);
  world.arm();
  const migration = runIdOf(await world.resize(uuid, medium));
  await world.rest();
  asItWas(world, uuid, source, migration);
  match(faultOf(world, migration), /as planned|No valid host/);
};

tell({
  'ACC-020 resize and confirm: the new flavor on the destination, the source free': async (
    open,
  ) => {
    const world = await open();
    const { uuid, source, migration, destination } = await resized(world);
    ok(destination !== source);
    equal(serverIn(world, uuid).flavor.name, 'medium');
    deepEqual(heldBy(world, uuid), { [destination]: MEDIUM });
    deepEqual(heldBy(world, migration), { [source]: SMALL });
    await world.confirmResize(uuid);
    await world.rest();
    equal(serverIn(world, uuid).vm_state, 'active');
    deepEqual(heldBy(world, uuid), { [destination]: MEDIUM });
    deepEqual(heldBy(world, migration), {});
  },

  'ACC-020 at every commit the server and the move hold what table 3.1 says': async (open) => {
    const stops: ReturnType<typeof everyHold>[] = [];
    const world = await open('none', 'refuse', 1, {
      steps_per_request_max: 1,
      watching: (view) => stops.push(everyHold(view)),
    });
    const { uuid, source } = await made(world);
    stops.length = 0;
    const migration = runIdOf(await world.resize(uuid, medium));
    await world.rest();
    const destination = serverIn(world, uuid).host ?? '';
    const before = { [uuid]: { [source]: SMALL } };
    const during = { [uuid]: { [destination]: MEDIUM }, [migration]: { [source]: SMALL } };
    const first = stops.findIndex((stop) => Object.keys(stop).length === 2);
    ok(first > 0 && first < stops.length - 1, 'it was not seen on both sides of the claim');
    for (const [at, stop] of stops.entries()) deepEqual(stop, at < first ? before : during);
  },

  'ACC-021 resize and revert: the old flavor on the source, the destination free': async (open) => {
    for (const start of HOSTS) {
      const world = await open();
      await world.closeAllBut(start);
      const { uuid, source } = await made(world);
      equal(source, start);
      await openAll(world);
      const migration = runIdOf(await world.resize(uuid, medium));
      await world.rest();
      await world.revertResize(uuid);
      await world.rest();
      asItWas(world, uuid, source, migration);
    }
  },

  'ACC-022 on one host old and new are both held, until confirmed or reverted': async (open) => {
    for (const end of ['confirmResize', 'revertResize'] as const) {
      const world = await open('none', 'refuse', 1, { resize_to_same_host: true });
      const { uuid, source } = await made(world);
      await world.closeAllBut(source);
      const migration = runIdOf(await world.resize(uuid, medium));
      await world.rest();
      const { host, vm_state } = serverIn(world, uuid);
      deepEqual([host, vm_state], [source, 'resized']);
      deepEqual(heldBy(world, uuid), { [source]: MEDIUM });
      deepEqual(heldBy(world, migration), { [source]: SMALL });
      await world[end](uuid);
      await world.rest();
      const left = end === 'confirmResize' ? MEDIUM : SMALL;
      deepEqual(heldBy(world, uuid), { [source]: left });
      deepEqual(heldBy(world, migration), {});
    }
  },

  'ACC-023 a host that cannot hold both is refused, and nothing leaks': async (open) => {
    const world = await open('none', 'refuse', 1, { resize_to_same_host: true });
    const { uuid, source } = await made(world);
    await world.closeAllBut(source);
    // 8192 MiB in all: 7680 fit alone, and not beside 1024.
    const reply = await world.resize(uuid, { ...medium, id: 'most', memory_mib: 7680 });
    equal(reply?.is === 'no' && reply.why.why, 'no-valid-host');
    asItWas(world, uuid, source, '');
  },

  'ACC-024 not enough room: refused at once, or the server is as it was': async (open) => {
    const world = await open();
    const { uuid, source } = await made(world);
    const reply = await world.resize(uuid, { ...medium, id: 'huge', memory_mib: 1 << 20 });
    ok(reply?.is === 'no' && reply.why.why === 'no-valid-host');
    match(reply.why.message, /^No valid host was found\. /);
    asItWas(world, uuid, source, '');
  },

  'ACC-025 a delete of an unconfirmed resize frees both hosts': async (open) => {
    const world = await open();
    const { uuid, migration } = await resized(world);
    await world.destroy(uuid);
    await world.rest();
    equal(seen(world).books.consumers.size, 0);
    deepEqual([heldBy(world, uuid), heldBy(world, migration)], [{}, {}]);
    equal(seen(world).rows(resizes).size, 0);
  },

  'ACC-026 use is right in the commit that confirms, without anything periodic': async (open) => {
    const world = await open();
    const { uuid, source, migration } = await resized(world);
    await world.confirmResize(uuid);
    while (serverIn(world, uuid).vm_state === 'resized') await world.wait(1);
    deepEqual(heldBy(world, migration), {});
    equal(
      seen(world).books.holders[seen(world).rows(hosts).get(source)?.provider_id ?? -1]?.size ?? 0,
      0,
    );
    await world.rest();
  },

  "ACC-027 the landing fails, on one host too: the hold is the server's again": async (open) => {
    const world = await open('landing', 'refuse', 99, { resize_to_same_host: true });
    const { uuid, source } = await made(world);
    await world.closeAllBut(source);
    world.arm();
    const migration = runIdOf(await world.resize(uuid, medium));
    await world.rest();
    asItWas(world, uuid, source, migration);
  },

  'ACC-028 the source cannot let it go: what it held is restored': failing('park', 99),
  'ACC-028 the source cannot copy it: the guest runs again where it was': failing('ship', 99),
  'ACC-029 the destination cannot start it: it is as it was on its source': failing('switch', 99),

  'ACC-030 one destination fails and the next is taken; the guest never stood still for it': async (
    open,
  ) => {
    const world = await open('landing', 'refuse', 1);
    const { uuid, source, others } = await made(world);
    world.arm();
    await world.resize(uuid, medium);
    await world.rest();
    const landings = linesOf(world, 'landing').map(({ host }) => host);
    deepEqual([...landings].sort(), others);
    equal(serverIn(world, uuid).host, landings[1]);
    equal(linesOf(world, 'park').length, 1);
    ok(landings[0] !== source);
  },

  'ACC-030 every destination fails: as it was, and each was tried once': async (open) => {
    const world = await open('landing', 'refuse', 99);
    const { uuid, source, others } = await made(world);
    world.arm();
    const migration = runIdOf(await world.resize(uuid, medium));
    await world.rest();
    deepEqual(
      linesOf(world, 'landing')
        .map(({ host }) => host)
        .sort(),
      others,
    );
    equal(linesOf(world, 'park').length, 0);
    asItWas(world, uuid, source, migration);
  },

  'ACC-031 a destination that refused holds nothing once another is taken': async (open) => {
    const world = await open('landing', 'refuse', 1);
    const { uuid, source } = await made(world);
    world.arm();
    const migration = runIdOf(await world.resize(uuid, medium));
    await world.rest();
    const [refused = '', taken = ''] = linesOf(world, 'landing').map(({ host }) => host ?? '');
    deepEqual(heldBy(world, uuid), { [taken]: MEDIUM });
    deepEqual(heldBy(world, migration), { [source]: SMALL });
    const provider = seen(world).books.providerNamed(refused)?.id ?? -1;
    equal(seen(world).books.holders[provider]?.size ?? 0, 0);
  },

  'ACC-032 swap grows and shrinks: DISK_GB is right at each step': async (open) => {
    for (const [before, after] of [
      [0, 1024],
      [1024, 2048],
      [2048, 1024],
      [1024, 0],
    ] as const) {
      for (const end of ['confirmResize', 'revertResize'] as const) {
        const world = await open();
        const old = { ...medium, id: 'old', swap_mib: before };
        const next = { ...medium, id: 'next', swap_mib: after };
        const { uuid, source, migration, destination } = await resized(world, next, {
          flavor: old,
        });
        const disk = (swap_mib: number) => ({ ...MEDIUM, DISK_GB: 10 + swap_mib / 1024 });
        deepEqual(heldBy(world, uuid), { [destination]: disk(after) });
        deepEqual(heldBy(world, migration), { [source]: disk(before) });
        await world[end](uuid);
        await world.rest();
        const stays =
          end === 'confirmResize' ? ([destination, after] as const) : ([source, before] as const);
        deepEqual(heldBy(world, uuid), { [stays[0]]: disk(stays[1]) });
        deepEqual(heldBy(world, migration), {});
      }
    }
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
