/**
 * Goal: resizes and cold migrations, told row by row (8.2 of the acceptance table), as far as they
 * are about what is held and what becomes of it when a step fails.
 * Method: each row in a little world of three hosts, with the step that it names going wrong; what
 * each side holds is read from the books at every stop. Where upstream leaves something behind the
 * row says what ours is instead.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { hosts } from '../../core/fleet/rows.ts';
import { enableHost } from '../../core/fleet/status.ts';
import { done } from '../../core/ports/reply.ts';
import { resizes } from '../../core/servers/resizes.ts';
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
import { everyHold, heldBy, linesOf, type Open, seen, serverIn, tell } from './tale.fixture.ts';

const openAll = (world: LittleWorld) =>
  world.write((draft) => {
    for (const host of HOSTS) enableHost(draft, host);
    return done(undefined);
  });

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
});
