/**
 * Goal: going elsewhere has a bound, sees a cause that is common to all hosts at the first of them,
 * and ends with the server as it was and the reason told.
 * Method: little worlds of eight hosts, each of which refuses, for every operation that chooses
 * one. Mutants tried by hand, each caught: a bound one higher; a bad image that is asked for
 * elsewhere.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import test from 'node:test';
import { present } from '../../core/base/units.ts';
import { type RunRow, runs } from '../../core/conductor/rows.ts';
import type { LittleWorld } from '../little-world.ts';
import type { Mishap } from '../planned.ts';
import { medium } from './resize.fixture.ts';
import { heldBy, linesOf, seen, serverIn, worldWith } from './tale.fixture.ts';

const HOSTS = Array.from({ length: 8 }, (_, at) => `h${at + 1}`);

interface Going {
  readonly saga: string;
  /** The step that hosts refuse. */
  readonly step: string;
  /** How many are asked. */
  readonly bound: number;
  readonly prepare?: (world: LittleWorld, uuid: string) => Promise<unknown>;
  readonly act: (world: LittleWorld, uuid: string) => Promise<unknown>;
}

const evacuate: Going = {
  ...{ saga: 'evacuate-server', step: 'boot', bound: 5 },
  prepare: (world, uuid) => world.fence(serverIn(world, uuid).host ?? ''),
  act: (world, uuid) => world.evacuate(uuid),
};
const unshelve: Going = {
  ...{ saga: 'unshelve-server', step: 'boot', bound: 5 },
  prepare: (world, uuid) => world.shelve(uuid),
  act: (world, uuid) => world.unshelve(uuid),
};
const goings: readonly Going[] = [
  {
    ...{ saga: 'live-migrate', step: 'landing', bound: 5 },
    act: (world, uuid) => world.migrate(uuid),
  },
  {
    ...{ saga: 'resize-server', step: 'landing', bound: 5 },
    act: (world, uuid) => world.resize(uuid, medium),
  },
  {
    ...{ saga: 'cold-migrate', step: 'landing', bound: 5 },
    act: (world, uuid) => world.coldMigrate(uuid),
  },
  unshelve,
  evacuate,
];

/** Plays it, and gives its run, the hosts that were asked, and what became of the server. */
async function play({ saga, step, prepare, act }: Going, mishap: Mishap) {
  const world = await worldWith(step, mishap, 99, { hosts: HOSTS });
  const uuid = await world.create();
  await world.rest();
  await prepare?.(world, uuid);
  await world.rest();
  const before = pictured(world, uuid);
  world.arm();
  await act(world, uuid);
  await world.rest();
  const all = [...seen(world).rows(runs).values()];
  const run = present(
    all.find((one) => one.saga === saga),
    saga,
  );
  const asked = linesOf(world, step).filter(({ run_id }) => run_id === run.id);
  deepEqual(world.broken(), []);
  return { run, asked: asked.map(({ host }) => host), before, after: pictured(world, uuid) };
}

function pictured(world: LittleWorld, uuid: string) {
  const { host, vm_state, task_state, run_id, flavor } = serverIn(world, uuid);
  const holds = heldBy(world, uuid);
  return { host, vm_state, task_state, run_id, flavor: flavor.name, holds };
}

const toldBy = ({ state, error }: RunRow): string => {
  equal(state, 'undone');
  return error?.message ?? '';
};

for (const going of goings) {
  test(`${going.saga}: at most ${going.bound} hosts are asked, and all is as it was`, async () => {
    const { run, asked, before, after } = await play(going, 'refuse');
    equal(asked.length, going.bound);
    equal(new Set(asked).size, going.bound);
    deepEqual(after, before);
    match(toldBy(run), /^h\d: it would not, as planned$/);
    ok(asked.includes(toldBy(run).slice(0, 2)), 'told by a host that was not asked');
  });
}

for (const going of [unshelve, evacuate]) {
  test(`${going.saga}: a bad image is so everywhere, and one host is asked`, async () => {
    const { run, asked, before, after } = await play(going, 'spoil');
    equal(asked.length, 1);
    deepEqual(after, before);
    match(toldBy(run), /^h\d: it is no image, as planned$/);
    equal(run.error?.reason, 'bad-image');
  });
}
