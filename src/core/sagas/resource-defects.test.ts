/**
 * Goal: what is known to go wrong elsewhere with claims, reports and NUMA cells goes right here:
 * each defect of the list by its name, D-RT and D-NU.
 * Method: the smallest story of each, on a fleet of hosts with CPUs and pages for one guest each.
 * The others are tried elsewhere: sim/scenarios/defects.md lists all of them.
 *
 * Mutants that were caught: cores put without a touch; a claim that keeps pages of the side that is
 * let go; a floating guest let into large pages; a node put
 * into a cell that is full; swap not rounded up for the host.
 */
import { deepEqual, equal, match, ok, rejects, throws } from 'node:assert/strict';
import test from 'node:test';
import { SimStore } from '../../sim/store.ts';
import { plainConfig } from '../agent/config.ts';
import { Tracker } from '../agent/tracker.ts';
import { BrokenInvariant, millis, present } from '../base/units.ts';
import { fleetTables } from '../fleet/rows.ts';
import { checkBooks } from '../ledger/audit.ts';
import { claimAll } from '../ledger/claim.ts';
import { plainInventory, putInventory } from '../ledger/inventory.ts';
import { Ledger } from '../ledger/ledger.ts';
import { createProvider } from '../ledger/provider.ts';
import * as rows from '../ledger/rows.ts';
import { seedStandards, VCPU } from '../ledger/standard.ts';
import { done } from '../ports/reply.ts';
import type { Ask } from '../scheduler/ask.ts';
import { Scheduler } from '../scheduler/decide.ts';
import {
  ask,
  digestOf,
  flavorOf,
  LittleFleet,
  serverOf,
} from '../scheduler/little-fleet.fixture.ts';
import { flavorAmounts } from '../scheduler/request.ts';
import { claimBack, claimMove, claimPlace, holdOf, letGo } from './holds.ts';
import { guestOf } from './server.ts';

const PAGE_KIB = 2048;
const server = { uuid: 'server', project_id: 'p', user_id: 'u' };
const RUN = 'run';

const cores = [0, 2].map((cpu) => ({ cpus: [cpu, cpu + 1], threads: 2 }));
const cell = { vcpus: 4, memory_mib: 1024, cores, pages: { [PAGE_KIB]: 100 } };
const fleetOf = (...names: string[]) =>
  new LittleFleet(names.map((name) => ({ name, cells: [cell] })));

/** Two CPUs of its own and 20 pages. */
const exact = (about: Partial<Ask> = {}): Ask =>
  ask({
    resources: { PCPU: 2, MEMORY_MB: 40 },
    nodes: [
      {
        vcpus: 0,
        memory_mib: 40,
        pages: PAGE_KIB,
        pinned: { vcpus: [0, 1], threads: 'prefer', emulator: false },
      },
    ],
    ...about,
  });

function placed({ draft }: LittleFleet, wanted: Ask, host: string) {
  const decided = new Scheduler().check(draft, wanted, host);
  return present(decided.is === 'done' ? decided.value : null, `a place on ${host}`);
}

const free = ({ draft }: LittleFleet, host: string) => {
  const id = present(draft.books.providerNamed(host), host).id;
  const used = draft.books.pages.of(id).map((pool) => pool.used);
  return [draft.books.pins.roomIn(id, 0)?.room.prefer, ...used];
};

const clock = { now: () => millis(0), wall: () => 0, sleep: () => Promise.resolve() };
const tables = [...rows.ledgerTables, ...fleetTables];

async function ledgerWith(store: SimStore): Promise<Ledger> {
  const ledger = await Ledger.open(tables, store, clock);
  await ledger.submit((draft) => {
    seedStandards(draft);
    createProvider(draft, { uuid: 'h', name: 'h', parent_uuid: null });
    putInventory(draft, 1, plainInventory(VCPU, 8));
    draft.put(rows.cellCpus, { provider_id: 1, cell: 0, cores });
    return done(undefined);
  });
  return ledger;
}

const claimOf = (consumer_uuid: string, cpu: number) => ({
  consumer_uuid,
  project_id: 'p',
  user_id: 'u',
  consumer_type: 'INSTANCE',
  amounts: [{ provider_id: 1, resource_class_id: VCPU, amount: 1 }],
  pins: [{ provider_id: 1, cpu, guest_node: 0, use: 'vcpu' as const, vcpu: 0 }],
});
const holders = (ledger: Ledger) => ledger.read(({ books }) => [...books.consumers.keys()]);

test('D-RT1: a claim that is followed by an exception leaves nothing behind', async () => {
  const ledger = await ledgerWith(new SimStore(tables));
  const failing = ledger.submit((draft) => {
    equal(claimAll(draft, [claimOf('a', 0)]).is, 'done');
    throw new Error('after the claim');
  });
  await rejects(failing, /after the claim/);
  deepEqual(await holders(ledger), []);
  equal((await ledger.submit((draft) => claimAll(draft, [claimOf('b', 0)]))).is, 'done');
});

test('D-RT2: a host that cannot take a guest is told by what is not there', () => {
  const machine = { cells: [], cores: 1, memory_mib: 1, disk_gib: 1 } as never;
  const tracker = new Tracker(plainConfig);
  const nodes = [{ cell: 7, vcpus: 0, memory_mib: 0 }];
  const spec = { ...guestOf(serverOf('s', flavorOf('f', 0)), noPlace), nodes };
  const snapshot = { moment: tracker.beginSnapshot(), machine, guests: [] };
  const said = tracker.claim('k', spec, snapshot);
  deepEqual(said.is === 'no' && said.why, { why: 'no-room', message: 'has no NUMA cell 7' });
});

const noPlace = { cells: [], pins: [], pages: [], guest_devices: [] } as never;

test('D-RT3, D-RT6: either side of a move can be given back, and only that one', () => {
  for (const end of ['back', 'on'] as const) {
    const fleet = fleetOf('a', 'b');
    const { draft } = fleet;
    equal(claimPlace(draft, server, placed(fleet, exact(), 'a')).is, 'done');
    const source = holdOf(draft.books, server.uuid);
    const before = digestOf(draft);
    equal(claimMove(draft, server, RUN, source, placed(fleet, exact(), 'b')).is, 'done');
    deepEqual(
      [free(fleet, 'a'), free(fleet, 'b')],
      [
        [2, 20],
        [2, 20],
      ],
    ); // both, while it moves
    if (end === 'back') {
      equal(claimBack(draft, server, RUN, source).is, 'done');
      deepEqual(
        [free(fleet, 'a'), free(fleet, 'b')],
        [
          [2, 20],
          [4, 0],
        ],
      );
      equal(withoutGenerations(digestOf(draft)), withoutGenerations(before));
    } else {
      letGo(draft, server, [RUN]);
      deepEqual(
        [free(fleet, 'a'), free(fleet, 'b')],
        [
          [4, 0],
          [2, 20],
        ],
      );
    }
    deepEqual(checkBooks(draft), []);
  }
});

const withoutGenerations = (digest: string): string => digest.replace(/"generation":\d+,/g, '');

test('what a host is told of a guest is what was claimed for it', () => {
  const place = placed(fleetOf('a'), exact(), 'a');
  const guest = guestOf(serverOf('s', flavorOf('f', 2)), { ...place, guest_devices: [] });
  const pin = (cpu: number, vcpu: number) => ({ cpu, use: 'vcpu', vcpu });
  deepEqual(guest.nodes, [
    {
      ...{ cell: 0, vcpus: 0, memory_mib: 40, exact: true },
      pins: [pin(0, 0), pin(1, 1)],
      pages: { size_kib: PAGE_KIB, count: 20 },
    },
  ]);
});

test('D-RT5: a decision consumes nothing: it can be asked for twice, and thrown away', () => {
  const fleet = fleetOf('a');
  const before = digestOf(fleet.draft);
  deepEqual(placed(fleet, exact(), 'a'), placed(fleet, exact(), 'a'));
  equal(digestOf(fleet.draft), before);
});

test('D-RT8: on one host both sides of a move are counted, each as what it is', () => {
  const fleet = fleetOf('a');
  const { draft } = fleet;
  equal(claimPlace(draft, server, placed(fleet, exact(), 'a')).is, 'done');
  const source = holdOf(draft.books, server.uuid);
  equal(claimMove(draft, server, RUN, source, placed(fleet, exact(), 'a')).is, 'done');
  deepEqual(free(fleet, 'a'), [0, 40]);
  const pcpu = draft.books.classByName.get('PCPU')?.id ?? -1;
  equal(draft.books.column(pcpu).used[1], 4);
});

test('D-RT11: there is one sum for disk, swap rounded up, in the books and on the host', () => {
  const odd = { ...flavorOf('odd', 1), disk_gib: 5, ephemeral_gib: 2, swap_mib: 1025 };
  equal(flavorAmounts(odd)['DISK_GB'], 9);
  equal(guestOf(serverOf('s', odd), noPlace).disk_gib, 9);
});

test('D-RT12: a commit that comes to nothing leaves the books as they were, whole', async () => {
  let refuse = false;
  const store = new SimStore(tables, { onCommit: () => (refuse ? 'refuse' : null) });
  const ledger = await ledgerWith(store);
  refuse = true;
  equal((await ledger.submit((draft) => claimAll(draft, [claimOf('a', 0)]))).is, 'no');
  refuse = false;
  deepEqual(await holders(ledger), []);
  equal((await ledger.submit((draft) => claimAll(draft, [claimOf('b', 0)]))).is, 'done');
});

test('D-RT13: claims on one host do not queue for one another: many are one commit', async () => {
  const store = new SimStore(tables);
  const ledger = await ledgerWith(store);
  const before = store.disk.sequence;
  const all = [0, 1, 2, 3].map((cpu) =>
    ledger.submit((draft) => claimAll(draft, [claimOf(`c${cpu}`, cpu)])),
  );
  for (const { is } of await Promise.all(all)) equal(is, 'done');
  equal(store.disk.sequence, before + 1);
});

test('D-RT14: what is shared is charged once in a move, as it is outside of one', () => {
  const fleet = fleetOf('a', 'b');
  const { draft } = fleet;
  const pool = createProvider(draft, { uuid: 'pool', name: 'pool', parent_uuid: null });
  const provider_id = present(pool.is === 'done' ? pool.value : null, 'a pool').id;
  const disk = present(draft.books.classByName.get('DISK_GB'), 'a class').id;
  putInventory(draft, provider_id, plainInventory(disk, 10));
  const on = (host: string) => {
    const place = placed(fleet, exact(), host);
    const shared = { provider_id, resource_class_id: disk, amount: 10 };
    return { ...place, amounts: [...place.amounts, shared] };
  };
  equal(claimPlace(draft, server, on('a')).is, 'done');
  const source = holdOf(draft.books, server.uuid);
  equal(claimMove(draft, server, RUN, source, on('b')).is, 'done');
  equal(draft.books.column(disk).used[provider_id], 10);
});

// ── NUMA ─────────────────────────────────────────────────────────────────────────────────────

test('D-NU3: a cell is never over-committed past its ratio, by whatever kind of claim', () => {
  const fleet = fleetOf('a', 'b');
  const { draft } = fleet;
  const shares = (server_uuid: string, vcpus: number) =>
    ask({
      server_uuid,
      resources: { VCPU: vcpus, MEMORY_MB: 64 },
      nodes: [{ vcpus, memory_mib: 64 }],
    });
  equal(fleet.claim('other', placed(fleet, shares('other', 3), 'b')).is, 'done');
  equal(claimPlace(draft, server, placed(fleet, shares('server', 2), 'a')).is, 'done');
  const source = holdOf(draft.books, server.uuid);
  const elsewhere = present(draft.books.providerNamed('b'), 'b').id;
  const there = <T extends { provider_id: number }>(all: readonly T[]) =>
    all.map((one) => ({ ...one, provider_id: elsewhere }));
  const place = { ...source, host: 'b', provider_id: elsewhere, cells: there(source.cells) };
  const amounts = there(source.amounts).filter(
    ({ resource_class_id }) => resource_class_id !== VCPU,
  );
  const moved = claimMove(draft, server, RUN, source, { ...place, amounts } as never);
  deepEqual(moved.is === 'no' && moved.why.why, 'cell-full');
});

test('D-NU4: what was never held is not let go of in silence', () => {
  const fleet = fleetOf('a');
  const { books } = fleet.draft;
  const hold = { consumer_uuid: 's', provider_id: 1, guest_node: 0, cell: 0, size_kib: PAGE_KIB };
  throws(() => books.pages.weigh({ ...hold, pages: 1 }, -1), BrokenInvariant);
  throws(
    () => books.pages.weigh({ ...hold, cell: 9, pages: 1 }, 1),
    /no pages of 2048 KiB in cell 9/,
  );
  throws(() => books.heldCell({ provider_id: 1, cell: 9 }), BrokenInvariant);
});

test('D-NU5: a guest without a topology takes no memory that is cut into large pages', () => {
  const fleet = fleetOf('a');
  const floats = (server_uuid: string, mib: number) =>
    ask({ server_uuid, resources: { VCPU: 1, MEMORY_MB: mib } });
  equal(fleet.claim('one', placed(fleet, floats('one', 1000), 'a')).is, 'done');
  const refused = new Scheduler().check(fleet.draft, floats('two', 100), 'a');
  const why = refused.is === 'no' ? refused.why.hosts[0]?.reason : '';
  match(why ?? '', /has 24 MiB left that are not cut into large pages, not the 100 asked for/);
  const [memory] = placed(fleet, floats('two', 24), 'a').amounts.slice(-1);
  const claim = { ...claimOf('two', 0), amounts: [{ ...present(memory, 'memory'), amount: 100 }] };
  const claimed = claimAll(fleet.draft, [{ ...claim, pins: [] }]);
  equal(claimed.is === 'no' && claimed.why.why, 'full');
});

test('D-NU6: cells, CPUs and pages are claimed with the rest: of two only one gets the last', () => {
  const fleet = fleetOf('a');
  const most = exact({
    resources: { PCPU: 4, MEMORY_MB: 200 },
    nodes: [
      {
        vcpus: 0,
        memory_mib: 200,
        pages: 'large',
        pinned: { vcpus: [0, 1, 2, 3], threads: 'require', emulator: false },
      },
    ],
  });
  const place = placed(fleet, most, 'a');
  equal(fleet.claim('first', place).is, 'done');
  const second = fleet.claim('second', place);
  ok(second.is === 'no' && ['full', 'pinned', 'pages-full'].includes(second.why.why));
});

/** The ranking is made while nothing fits: a stale one would go on saying so. */
test('a change of the cores or the pages alone is heard of by the ranking', () => {
  const fleet = fleetOf('a');
  const { draft } = fleet;
  const row = present(draft.books.pages.of(1)[0], 'a pool').row;
  const heard = (take: () => void, give: () => void) => {
    const scheduler = new Scheduler();
    take();
    equal(scheduler.decide(draft, exact()).is, 'no');
    const { touches } = draft.books;
    give();
    equal(draft.books.touches, touches + 1);
    equal(scheduler.decide(draft, exact()).is, 'done');
  };
  const putCores = (all: typeof cores) =>
    draft.put(rows.cellCpus, { provider_id: 1, cell: 0, cores: all });
  heard(
    () => putCores([]),
    () => putCores(cores),
  );
  heard(
    () => draft.put(rows.cellPages, { ...row, reserved: 99 }),
    () => draft.put(rows.cellPages, row),
  );
});
