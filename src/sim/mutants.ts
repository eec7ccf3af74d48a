/**
 * Bugs planted on purpose: what the simulator must notice, or its silence means nothing.
 *
 * None of them edits code. Each wraps a port, or replaces one small part of one process, in the way
 * that a plausible mistake would change it; `mutants.test.ts` shows that each is caught.
 */
import { assert, present } from '../core/base/units.ts';
import type { BookStep, Saga, Step } from '../core/conductor/saga.ts';
import { Usher } from '../core/conductor/usher.ts';
import { claimAll } from '../core/ledger/claim.ts';
import type { InventoryRow } from '../core/ledger/rows.ts';
import { MEMORY_MB, VCPU } from '../core/ledger/standard.ts';
import type { Hypervisor } from '../core/ports/hypervisor.ts';
import type { GuestSpec, Order } from '../core/ports/order.ts';
import { done, type Reply } from '../core/ports/reply.ts';
import type { Store } from '../core/ports/store.ts';
import type { Wire } from '../core/ports/wire.ts';
import type { Replica } from '../core/replica.ts';
import { deleteServer } from '../core/sagas/delete-server.ts';
import { liveMigrate } from '../core/sagas/live-migrate.ts';
import type { World } from '../core/sagas/world.ts';
import type { SimWorld } from './world.ts';

export interface Mutant {
  readonly name: string;
  /** Plants it; gives back what takes it out again, where it is not of this world alone. */
  plant(world: SimWorld): (() => void) | undefined;
}

export const mutants: readonly Mutant[] = [
  {
    name: 'claims are checked against twice the limit',
    plant: onReplica(doubleLimits),
  },
  {
    name: 'an undo is written down and never given',
    plant: onWire((wire) => answering(wire, isUndo, () => done({}))),
  },
  {
    name: 'closed steps are not shut out',
    plant: onWire((wire) => ({
      ask: (host, order, timeout) => wire.ask(host, withoutClosing(order), timeout),
    })),
  },
  {
    name: 'destroy says done and leaves the guest',
    plant: onHypervisor((hypervisor) => ({ ...hypervisor, destroy: async () => done(undefined) })),
  },
  {
    name: 'a host gives a guest the CPU beside the one that was claimed for it',
    plant: onHypervisor((hypervisor) => ({
      ...hypervisor,
      boot: (key, spec) => hypervisor.boot(key, { ...spec, nodes: spec.nodes.map(besideIts) }),
    })),
  },
  {
    name: 'a lost switchover is taken for landed, and nobody looks whether it goes on',
    plant: onWire((wire) =>
      answering(
        answering(wire, isSeal, () => done({ landed: true })),
        ({ verb }) => verb === 'progress',
        () => done({ transfer: null }),
      ),
    ),
  },
  {
    name: 'a delete does not join the run under way',
    plant: () => replaceStep(deleteServer, 'joined', () => ({ until: () => true })),
  },
  {
    name: 'a move lets go of the source when it has claimed the destination',
    plant: () => replaceStep(liveMigrate, 'claim', (claim) => ({ do: lettingGo(claim) })),
  },
  {
    name: 'answers go out before the commit',
    plant: onStore(answerFirst),
  },
  {
    name: 'a release wakes nobody who waits',
    plant: () => {
      const call = Usher.prototype.call;
      Usher.prototype.call = () => undefined;
      return () => {
        Usher.prototype.call = call;
      };
    },
  },
  {
    name: 'nobody carries on what a crash left behind',
    plant: onReplica((replica) => {
      replica.conductor.recover = () => Promise.resolve();
    }),
  },
];

// ── where they are planted ─────────────────────────────────────────────────────────────────────

function onReplica(change: (replica: Replica) => void): Mutant['plant'] {
  return (world) => {
    for (const one of world.controlPlanes) one.tamper.replica = change;
    return undefined;
  };
}

function onWire(change: (wire: Wire) => Wire): Mutant['plant'] {
  return (world) => {
    for (const one of world.controlPlanes) one.tamper.wire = change;
    return undefined;
  };
}

function onStore(change: (store: Store, world: SimWorld) => Store): Mutant['plant'] {
  return (world) => {
    for (const one of world.controlPlanes) one.tamper.store = (store) => change(store, world);
    return undefined;
  };
}

function onHypervisor(change: (hypervisor: Hypervisor) => Hypervisor): Mutant['plant'] {
  return (world) => {
    world.tamperHost = (host) => {
      host.tamper = (hypervisor) => change(verbsOf(hypervisor));
    };
    return undefined;
  };
}

/** The steps of a saga are values that every world of this process shares. */
function replaceStep(
  saga: Saga<World>,
  name: string,
  by: (before: Step<World>) => object,
): () => void {
  const step = present(
    saga.steps.find((one) => one.name === name),
    `${saga.name} has no ${name}`,
  );
  const before = { ...step };
  Object.assign(step, by(before));
  return () => Object.assign(step, before);
}

// ── what they do ───────────────────────────────────────────────────────────────────────────────

function doubleLimits(replica: Replica): void {
  void replica.ledger.read((view) => {
    for (const held of [VCPU, MEMORY_MB]) {
      const column = view.books.column(held);
      const put = column.put.bind(column);
      column.put = (row: InventoryRow) => put({ ...row, total: row.total * 2 });
      for (let at = 0; at < column.limit.length; at++) {
        if ((column.limit[at] as number) > 0) column.limit[at] = 2 * (column.limit[at] as number);
      }
    }
  });
}

/** Claims the destination, and frees what the run was to hold of the source. */
function lettingGo(claim: Step<World>): BookStep<World>['do'] {
  assert(claim.kind === 'book', 'a claim is booked');
  return (known, draft, world) => {
    const decision = claim.do(known, draft, world);
    const held = draft.books.consumers.get(known.run.id)?.row;
    if (decision.is === 'done' && held !== undefined) {
      claimAll(draft, [{ ...held, consumer_uuid: held.uuid, amounts: [] }]);
    }
    return decision;
  };
}

const isUndo = (order: Order): boolean => order.verb === 'destroy' && order.key.includes('/undo');
const withoutClosing = <O extends Order>(order: O): O =>
  order.verb === 'destroy' ? { ...order, closes: null } : order;
const isSeal = (order: Order): boolean => order.verb === 'seal';

/** Answers some orders itself, and brings them to nobody. */
function answering(
  wire: Wire,
  which: (order: Order) => boolean,
  answer: () => Reply<unknown, never>,
): Wire {
  return {
    ask: (host, order, timeout) =>
      which(order) ? Promise.resolve(answer() as never) : wire.ask(host, order, timeout),
  };
}

/** The commit is on its way to the disk when its answer is given. */
function answerFirst(store: Store, { timeline }: SimWorld): Store {
  let writing: Promise<unknown> = Promise.resolve();
  return {
    load: (visit) => store.load(visit),
    begin: async (since) => {
      await writing;
      return store.begin(since);
    },
    commit: async (batch) => {
      writing = timeline.sleep(WRITTEN_AFTER_MS).then(() => store.commit(batch));
      return done(undefined);
    },
    rollback: () => store.rollback(),
    records: (since, limit) => store.records(since, limit),
    close: () => store.close(),
  };
}

const WRITTEN_AFTER_MS = 300;

/** The hypervisor's verbs as a plain object, so that some of them can be replaced. */
function verbsOf(hypervisor: Hypervisor): Hypervisor {
  return {
    describe: () => hypervisor.describe(),
    guests: () => hypervisor.guests(),
    boot: (...all) => hypervisor.boot(...all),
    power: (...all) => hypervisor.power(...all),
    reboot: (key, uuid, grace_ms) => hypervisor.reboot(key, uuid, grace_ms),
    refit: (...all) => hypervisor.refit(...all),
    snapshot: (...all) => hypervisor.snapshot(...all),
    setPassword: (...all) => hypervisor.setPassword(...all),
    interrupt: (uuid) => hypervisor.interrupt(uuid),
    console: (uuid) => hypervisor.console(uuid),
    screenshot: (uuid) => hypervisor.screenshot(uuid),
    destroy: (key, uuid, made_by) => hypervisor.destroy(key, uuid, made_by),
    receive: (...all) => hypervisor.receive(...all),
    park: (...all) => hypervisor.park(...all),
    unpark: (...all) => hypervisor.unpark(...all),
    ship: (...all) => hypervisor.ship(...all),
    send: (key, uuid, address) => hypervisor.send(key, uuid, address),
    progress: (uuid) => hypervisor.progress(uuid),
    abort: (...all) => hypervisor.abort(...all),
    hasten: (...all) => hypervisor.hasten(...all),
    seal: (key, uuid, landing) => hypervisor.seal(key, uuid, landing),
    close: (key) => hypervisor.close(key),
  };
}

const besideIts = (node: GuestSpec['nodes'][number]): GuestSpec['nodes'][number] =>
  node.pins === undefined
    ? node
    : { ...node, pins: node.pins.map((pin) => ({ ...pin, cpu: pin.cpu + 1 })) };
