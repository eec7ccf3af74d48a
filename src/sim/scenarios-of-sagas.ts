/**
 * Each saga in every way in which it can begin: what must be there before it, and what sets it off.
 * every-way.ts plays each of them once for every mishap of every step.
 */
import { BrokenInvariant, present } from '../core/base/units.ts';
import type { Saga } from '../core/conductor/saga.ts';
import type { Deadline } from '../core/ports/order.ts';
import { allSagas } from '../core/sagas/all.ts';
import type { ImageWish, RefitWish } from '../core/sagas/operations.ts';
import type { World } from '../core/sagas/world.ts';
import type { PowerChange } from '../core/servers/lifecycle.ts';
import { servers } from '../core/servers/rows.ts';
import { plainFlavors, wholeHost, withDevicesOf } from './flavors.ts';
import type { LittleWorld } from './little-world.ts';

/** How a saga is tried: what must be there before it, and what sets it off. */
export interface Scenario {
  readonly saga: string;
  readonly name: string;
  /** Steps that this scenario has no work for; another one has. */
  readonly idle?: readonly string[];
  /** It is at its pivot before a delete can come. */
  readonly at_once?: boolean;
  /** Left out: shelved servers leave their hosts at once. */
  readonly shelved_offload_s?: number;
  /** Left out: deletes are for good. */
  readonly reclaim_after_s?: number;
  /** Left out: resizes go to another host. */
  readonly resize_to_same_host?: boolean;
  prepare(world: LittleWorld): Promise<string>;
  begin(world: LittleWorld, server: string): Promise<void>;
}

const made = async (world: LittleWorld): Promise<string> => {
  const server = await world.create();
  await world.rest();
  return server;
};

/** A server, after these changes of its power. */
const after =
  (...changes: readonly PowerChange[]) =>
  async (world: LittleWorld): Promise<string> => {
    const server = await made(world);
    for (const change of changes) {
      await world.switchPower(server, change);
      await world.rest();
    }
    return server;
  };

const power = (
  change: PowerChange,
  from: readonly PowerChange[] = [],
  saga = `${change}-server`,
): Scenario => ({
  saga,
  at_once: true,
  name: [change, ...(from.length > 0 ? ['after', ...from] : [])].join(' '),
  prepare: after(...from),
  begin: async (world, server) => void (await world.switchPower(server, change)),
});

const larger = present(plainFlavors[1], 'a flavor');
/** With the devices that it has. */
const resized = (world: LittleWorld, server: string) => {
  const { flavor } = present(world.view()?.rows(servers).get(server), 'a server');
  return world.resize(server, withDevicesOf(larger, flavor));
};

/** A server that was resized, and nobody has confirmed it. */
const moved =
  (prepare: Scenario['prepare']) =>
  async (world: LittleWorld): Promise<string> => {
    const server = await prepare(world);
    await resized(world, server);
    await world.rest();
    return server;
  };

/** Then there is no room for it anywhere but on its own host. */
const alone =
  (prepare: Scenario['prepare']) =>
  async (world: LittleWorld): Promise<string> => {
    const server = await prepare(world);
    await world.closeAllBut(world.view()?.rows(servers).get(server)?.host ?? null);
    return server;
  };

const resizings = (
  where: string,
  resize_to_same_host: boolean,
  runs: Scenario['prepare'],
  off: Scenario['prepare'],
): Scenario[] => [
  {
    saga: 'resize-server',
    name: `resize${where}`,
    resize_to_same_host,
    prepare: runs,
    begin: async (world, server) => void (await resized(world, server)),
  },
  {
    saga: 'resize-server',
    name: `resize after stop${where}`,
    resize_to_same_host,
    prepare: off,
    begin: async (world, server) => void (await resized(world, server)),
  },
  {
    saga: 'confirm-resize',
    name: `confirm${where}`,
    at_once: true,
    resize_to_same_host,
    prepare: moved(runs),
    begin: async (world, server) => void (await world.confirmResize(server)),
  },
  {
    saga: 'revert-resize',
    name: `revert${where}`,
    resize_to_same_host,
    prepare: moved(runs),
    begin: async (world, server) => void (await world.revertResize(server)),
  },
];

const rebuilt: RefitWish = { is: 'rebuild', about: { image_id: 'another', name: 'renamed' } };
const rescued: RefitWish = { is: 'rescue', image_id: null };

const refitting = (
  name: 'rebuild' | 'rescue' | 'unrescue',
  wish: RefitWish,
  from: readonly PowerChange[] = [],
): Scenario => ({
  saga: `${name}-server`,
  at_once: true,
  name: [name, ...(from.length > 0 ? ['after', ...from] : [])].join(' '),
  prepare: after(...from),
  begin: async (world, server) => void (await world.refit(server, wish)),
});

/** Of a server that has an image of that kind already. */
const imaging = (name: string, backup: ImageWish['backup']): Scenario => ({
  saga: 'image-server',
  name,
  prepare: async (world) => {
    const server = await made(world);
    await world.createImage(server, { backup });
    await world.rest();
    return server;
  },
  begin: async (world, server) => void (await world.createImage(server, { backup })),
});

/** A program with a bug was at work for a while: its moves stop short of the pivot. */
const stuck = async (world: LittleWorld): Promise<string> => {
  const server = await made(world);
  world.excused = ['O4'];
  await world.upgrade(allSagas.map((saga) => broken(saga, 'switchover')));
  await world.migrate(server);
  await world.rest();
  await world.upgrade();
  return server;
};

/** The saga with a bug in one of its steps. */
const broken = (saga: Saga<World>, name: string): Saga<World> => ({
  ...saga,
  steps: saga.steps.map((step) => (step.name === name ? { ...step, do: bug } : step)),
});

const bug = (): never => {
  throw new BrokenInvariant('a bug, as planned');
};

const shelved = async (world: LittleWorld): Promise<string> => {
  const server = await made(world);
  await world.shelve(server);
  await world.rest();
  return server;
};
/** Shelved, and its flavor has no disk. */
const shelvedBlank = async (world: LittleWorld): Promise<string> => {
  const blank = { ...present(plainFlavors[0], 'a flavor'), disk_gib: 0, ephemeral_gib: 0 };
  const server = await world.create({ flavor: blank });
  await world.rest();
  await world.shelve(server);
  await world.rest();
  return server;
};

/** Its host is dead, and somebody has made sure of it. */
const onDeadHost = async (world: LittleWorld): Promise<string> => {
  const server = await made(world);
  await world.fence(present(world.view()?.rows(servers).get(server)?.host, 'a host'));
  return server;
};
/** Where shelved servers leave their hosts at once. */
const offloaded = shelved;

const shelving = (
  saga: string,
  name: string,
  prepare: Scenario['prepare'],
  begin: (world: LittleWorld, server: string) => Promise<unknown>,
): Scenario => ({
  saga,
  name,
  prepare,
  begin: async (world, server) => void (await begin(world, server)),
  at_once: true,
  shelved_offload_s: -1,
});
/** A server on each host, which has no room beside it. */
const full = async (world: LittleWorld): Promise<string> => {
  const filling = [1, 2, 3].map(() => world.create({ flavor: wholeHost }));
  const [first = ''] = await Promise.all(filling);
  await world.rest();
  return first;
};

/** A move whose time is up while its memory is on the way, be it at once. */
const moveBy = (deadline: Deadline): Scenario => ({
  saga: 'live-migrate',
  name: `move, and ${deadline.action} after ${deadline.after_ms} ms`,
  prepare: made,
  begin: async (world, server) => void (await world.migrate(server, null, deadline)),
});
const AFTER_SWITCHOVER = ['rehome', 'leave', 'release', 'settled'];

export const scenarios: readonly Scenario[] = [
  {
    saga: 'create-server',
    name: 'create',
    prepare: async () => '',
    begin: async (world) => void (await world.create()),
  },
  {
    saga: 'create-server',
    name: 'create two together',
    // Their first two steps are in the commit of the request itself.
    idle: ['begin', 'place'],
    prepare: async () => '',
    begin: async (world) => void (await world.together(2, 2)),
  },
  {
    saga: 'create-server',
    name: 'create, once another has gone',
    prepare: full,
    begin: async (world, server) => {
      void world.create({ flavor: wholeHost, wait_s: 600 });
      await world.wait(2_000);
      await world.destroy(server);
    },
  },
  {
    saga: 'live-migrate',
    name: 'move',
    prepare: made,
    begin: async (world, server) => void (await world.migrate(server)),
  },
  moveBy({ after_ms: 200, action: 'pause' }),
  moveBy({ after_ms: 200, action: 'post-copy' }),
  { ...moveBy({ after_ms: 0, action: 'abort' }), idle: AFTER_SWITCHOVER },
  {
    saga: 'live-migrate',
    name: 'move after pause',
    prepare: after('pause'),
    begin: async (world, server) => void (await world.migrate(server)),
  },
  {
    saga: 'delete-server',
    name: 'delete',
    idle: ['elsewhere'],
    prepare: made,
    begin: (world, server) => world.destroy(server),
  },
  {
    saga: 'delete-server',
    name: 'delete after a move that got stuck',
    prepare: stuck,
    begin: (world, server) => world.destroy(server),
  },
  shelving('shelve-server', 'shelve', made, (world, server) => world.shelve(server)),
  shelving('unshelve-here', 'unshelve on its host', shelved, (world, server) =>
    world.unshelve(server),
  ),
  {
    saga: 'shelve-server',
    name: 'shelve and offload',
    prepare: made,
    begin: async (world, server) => void (await world.shelve(server)),
    at_once: true,
  },
  {
    saga: 'offload-server',
    name: 'offload',
    prepare: shelved,
    begin: async (world, server) => void (await world.shelveOffload(server)),
    shelved_offload_s: -1,
  },
  {
    saga: 'offload-blank',
    name: 'offload without a disk',
    prepare: shelvedBlank,
    begin: async (world, server) => void (await world.shelveOffload(server)),
    at_once: true,
    shelved_offload_s: -1,
  },
  {
    saga: 'unshelve-server',
    name: 'unshelve',
    prepare: offloaded,
    begin: async (world, server) => void (await world.unshelve(server)),
  },
  ...resizings('', false, made, after('stop')),
  ...resizings(' on one host', true, alone(made), alone(after('stop'))),
  {
    saga: 'cold-migrate',
    name: 'cold move',
    prepare: made,
    begin: async (world, server) => void (await world.coldMigrate(server)),
  },
  {
    saga: 'delete-server',
    name: 'delete after a resize that nobody confirmed',
    prepare: moved(made),
    begin: (world, server) => world.destroy(server),
  },
  refitting('rebuild', rebuilt),
  refitting('rebuild', rebuilt, ['stop']),
  refitting('rescue', rescued),
  {
    ...refitting('unrescue', { is: 'unrescue' }),
    prepare: async (world) => {
      const server = await made(world);
      await world.refit(server, rescued);
      await world.rest();
      return server;
    },
  },
  {
    saga: 'evacuate-server',
    name: 'evacuate',
    prepare: onDeadHost,
    begin: async (world, server) => void (await world.evacuate(server)),
  },
  imaging('create an image', null),
  imaging('create a backup', { type: 'daily', rotation: 1 }),
  {
    saga: 'soft-delete-server',
    name: 'put away',
    at_once: true,
    reclaim_after_s: 3600,
    prepare: made,
    begin: (world, server) => world.destroy(server),
  },
  {
    ...power('restore'),
    reclaim_after_s: 3600,
    prepare: async (world) => {
      const server = await made(world);
      await world.destroy(server);
      await world.rest();
      return server;
    },
  },
  power('stop'),
  power('start', ['stop']),
  power('pause'),
  power('unpause', ['pause']),
  power('suspend'),
  power('resume', ['suspend']),
  power('reboot-soft', [], 'reboot-server'),
  power('reboot-hard', ['pause'], 'reboot-server-hard'),
];
