/**
 * Goal: F1 to F5: a report writes what it says, the same one again writes nothing, and it never
 * takes away what others added or what is held.
 * Method: reports on a fresh draft, looked at through the host's view; then a property that plays
 * random reports of one host among claims and other authors' changes.
 * Mutants tried: last report ignored (others' traits go), `inUse` not asked, the held cell dropped,
 * the ratio of the provider ignored, a generation for every report, the mirror trait left behind.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { millis } from '../base/units.ts';
import { claimAll } from '../ledger/claim.ts';
import { Draft } from '../ledger/draft.ts';
import { putInventory, setTraits } from '../ledger/inventory.ts';
import * as ledger from '../ledger/rows.ts';
import { MEMORY_MB, seedStandards, VCPU } from '../ledger/standard.ts';
import { State } from '../ledger/state.ts';
import { addHost, createAggregate, removeHost } from './aggregates.ts';
import { HEARD_WRITTEN_EVERY_MS, Heartbeats, markHeard, markSilent } from './heartbeat.ts';
import { applyReport } from './registry.ts';
import type { HostReport } from './report.ts';
import { fleetTables, hosts } from './rows.ts';
import { disableHost, enableHost, forceDown, isUp } from './status.ts';
import { hostView, hostViews } from './view.ts';

const uuid = 'aaaaaaaa-0000-4000-8000-000000000001';
const report: HostReport = {
  host: 'h1',
  uuid,
  incarnation: 1,
  host_ip: '127.0.0.1',
  availability_zone: 'nova',
  hypervisor_type: 'simulated',
  hypervisor_version: 1_000_000,
  cpu_info: { arch: 'x86_64' },
  inventories: [
    plain('VCPU', 8, { reserved: 1, initial_ratio: 4 }),
    plain('MEMORY_MB', 16_384, { reserved: 512 }),
    plain('DISK_GB', 100),
  ],
  cells: [
    { cell: 0, cores: 4, memory_mib: 8192 },
    { cell: 1, cores: 4, memory_mib: 8192 },
  ],
  traits: ['COMPUTE_NODE', 'HW_CPU_X86_AVX2'],
  aggregates: ['bbbbbbbb-0000-4000-8000-000000000001'],
  guests: [],
};

function plain(resource_class: string, total: number, more: object = {}) {
  const rest = { reserved: 0, allocation_ratio: null, initial_ratio: 1 };
  return { resource_class, total, ...rest, ...more };
}

function fresh() {
  const state = new State([...ledger.ledgerTables, ...fleetTables]);
  seedStandards(new Draft(state, 0));
  let now_ms = 1_000_000;
  const draft = () => new Draft(state, now_ms);
  const apply = (said: HostReport) => {
    const into = draft();
    return { reply: applyReport(into, said), changes: into.changes };
  };
  const view = () => {
    const found = hostView(state, 'h1');
    ok(found !== undefined);
    return found;
  };
  const later = (ms: number) => {
    now_ms += ms;
  };
  return { state, draft, apply, view, later };
}

function claim(draft: Draft, consumer_uuid: string, amounts: [number, number][], cell?: number) {
  const provider_id = draft.books.provider(uuid)?.id as number;
  const project = { project_id: 'p', user_id: 'u', consumer_type: 'INSTANCE' };
  const reply = claimAll(draft, [
    {
      consumer_uuid,
      ...project,
      amounts: amounts.map(([resource_class_id, amount]) => ({
        provider_id,
        resource_class_id,
        amount,
      })),
      cells:
        cell === undefined
          ? []
          : [{ provider_id, guest_node: 0, cell, vcpus: 1, memory_mib: 512, exact: false }],
    },
  ]);
  equal(reply.is, 'done');
}

test('a first report makes the host with all that hangs on it', () => {
  const { apply, view } = fresh();
  const { reply } = apply(report);
  ok(reply.is === 'done');
  deepEqual(reply.value.ratios, { VCPU: 4, MEMORY_MB: 1, DISK_GB: 1 });
  const { host, resources, cells, traits, aggregates, servers } = view();
  equal(host.state, 'up');
  equal(host.status, 'enabled');
  equal(resources['VCPU']?.limit, 28);
  equal(resources['MEMORY_MB']?.limit, 15_872);
  equal(cells[1]?.vcpus, 16);
  deepEqual(traits, ['COMPUTE_NODE', 'HW_CPU_X86_AVX2']);
  deepEqual(aggregates, report.aggregates);
  equal(servers, 0);
});

test('a report does not overrule the zone that an aggregate says (AG2)', () => {
  const { apply, draft, view } = fresh();
  apply(report);
  const into = draft();
  createAggregate(into, { uuid, name: 'east', zone: 'east' });
  equal(addHost(into, '1', 'h1').is, 'done');
  equal(view().host.availability_zone, 'east');
  apply({ ...report, availability_zone: 'north' });
  equal(view().host.availability_zone, 'east');
  equal(removeHost(draft(), '1', 'h1').is, 'done');
  equal(view().host.availability_zone, 'north');
});

test('the same report again writes nothing, and after a while only that it was heard (F1)', () => {
  const { apply, later } = fresh();
  apply(report);
  later(5_000);
  deepEqual(apply(report).changes, []);
  later(60_000);
  deepEqual(
    apply(report).changes.map(({ table }) => table),
    ['host'],
  );
});

test('a changed report changes what differs, under one new generation', () => {
  const { apply, state } = fresh();
  apply(report);
  const before = state.books.provider(uuid)?.generation as number;
  const traits = ['COMPUTE_NODE', 'CUSTOM_GOLD'];
  const { changes } = apply({ ...report, traits, incarnation: 2 });
  const tables = changes.map(({ table, gone }) => `${gone ? '-' : '+'}${table}`);
  deepEqual(tables.sort(), [
    '+host',
    '+host_report',
    '+resource_provider',
    '+resource_provider',
    '+resource_provider_trait',
    '+trait',
    '-resource_provider_trait',
  ]);
  equal(state.books.provider(uuid)?.generation, before + 1);
});

test('what others added stays, what this host no longer reports goes (F2)', () => {
  const { apply, view, draft, state } = fresh();
  apply(report);
  const id = state.books.provider(uuid)?.id as number;
  const theirs = ['COMPUTE_NODE', 'HW_CPU_X86_AVX2', 'HW_CPU_X86_SSE'];
  setTraits(
    draft(),
    id,
    theirs.map((name) => state.books.traitByName.get(name)?.id as number),
  );
  const [trait] = [state.books.classByName.get('VGPU')?.id as number];
  putInventory(draft(), id, { ...inventory(trait), total: 4 });
  apply({ ...report, traits: ['COMPUTE_NODE'], aggregates: [] });
  deepEqual(view().traits, ['COMPUTE_NODE', 'HW_CPU_X86_SSE']);
  deepEqual(view().aggregates, []);
  equal(view().resources['VGPU']?.total, 4);
});

const inventory = (resource_class_id: number) => ({
  resource_class_id,
  total: 1,
  reserved: 0,
  min_unit: 1,
  max_unit: 8,
  step_size: 1,
  allocation_ratio: 1,
});

test('what is held is not taken away, and may be lowered below its use (F3)', () => {
  const { apply, view, draft } = fresh();
  apply(report);
  claim(
    draft(),
    'c1',
    [
      [VCPU, 2],
      [MEMORY_MB, 4096],
    ],
    1,
  );
  const cells = report.cells.slice(0, 1);
  const inventories = [plain('MEMORY_MB', 2048)];
  apply({ ...report, inventories, cells });
  equal(view().resources['VCPU']?.total, 8);
  equal(view().resources['DISK_GB'], undefined);
  equal(view().resources['MEMORY_MB']?.limit, 2048);
  equal(view().resources['MEMORY_MB']?.used, 4096);
  deepEqual(
    view().cells.map(({ cell }) => cell),
    [0, 1],
  );
  equal(view().servers, 1);
});

test('a ratio is the configured one, else the one there, else the initial one', () => {
  const { apply, view, draft, state } = fresh();
  apply(report);
  const id = state.books.provider(uuid)?.id as number;
  const row = state.books.inventory(id, VCPU) as ledger.InventoryRow;
  putInventory(draft(), id, { ...row, allocation_ratio: 2 });
  apply(report);
  equal(view().resources['VCPU']?.allocation_ratio, 2);
  equal(view().cells[0]?.vcpus, 8);
  const configured = { reserved: 1, allocation_ratio: 1.5 };
  apply({ ...report, inventories: [plain('VCPU', 8, configured), ...report.inventories.slice(1)] });
  equal(view().resources['VCPU']?.limit, 10);
});

test('an earlier life, another machine of the name and a taken name are refused (F4)', () => {
  const { apply, draft } = fresh();
  apply({ ...report, incarnation: 3 });
  const stale = apply({ ...report, incarnation: 2 }).reply;
  deepEqual(stale, { is: 'no', why: { why: 'stale', incarnation: 3 } });
  const other = apply({ ...report, uuid: 'cccccccc-0000-4000-8000-000000000001' }).reply;
  deepEqual(other, { is: 'no', why: { why: 'another-machine', uuid } });
  equal(markHeard(draft(), { host: 'h1', incarnation: 2 }).is, 'no');
  const adopted = fresh();
  adopted.apply(report);
  const namesake = { ...report, host: 'h1', uuid: 'dddddddd-0000-4000-8000-000000000001' };
  adopted.draft().remove(hosts, adopted.view().host);
  const taken = adopted.apply(namesake).reply;
  deepEqual(taken, { is: 'no', why: { why: 'name-taken', name: 'h1' } });
});

test('a name that is neither standard nor CUSTOM_ is told, and the rest is taken', () => {
  const { apply, view } = fresh();
  const { reply } = apply({ ...report, traits: ['COMPUTE_NODE', 'GOLDEN'] });
  ok(reply.is === 'done');
  deepEqual(reply.value.unknown, ['GOLDEN']);
  deepEqual(view().traits, ['COMPUTE_NODE']);
});

test('disabled is mirrored by its trait, which no report takes away (F5)', () => {
  const { apply, view, draft } = fresh();
  apply(report);
  equal(disableHost(draft(), 'h1', 'new memory').is, 'done');
  apply({ ...report, incarnation: 2 });
  equal(view().host.disabled_reason, 'new memory');
  ok(view().traits.includes('COMPUTE_STATUS_DISABLED'));
  enableHost(draft(), 'h1');
  ok(!view().traits.includes('COMPUTE_STATUS_DISABLED'));
  equal(view().host.disabled_reason, null);
  equal(enableHost(draft(), 'nobody').is, 'no');
});

test('down and up again touch the provider, so that no cache believes the old', () => {
  const { apply, view, draft, state, later } = fresh();
  apply(report);
  const touched = (act: () => unknown) => {
    const before = state.books.touches;
    act();
    return state.books.touches > before;
  };
  ok(touched(() => markSilent(draft(), view().host)));
  ok(!touched(() => markSilent(draft(), view().host)));
  equal(isUp(view().host), false);
  ok(touched(() => markHeard(draft(), { host: 'h1', incarnation: 1 })));
  later(1_000);
  ok(!touched(() => markHeard(draft(), { host: 'h1', incarnation: 1 })));
  ok(touched(() => forceDown(draft(), 'h1', true)));
  equal(isUp(view().host), false);
  markSilent(draft(), view().host);
  ok(touched(() => apply(report)));
  equal(view().host.state, 'up');
  equal(view().host.forced_down, true);
});

test('silence counts from the last beat; who was never heard is given time first', () => {
  const beats = new Heartbeats(100);
  const [a, b] = [{ name: 'a' }, { name: 'b' }];
  deepEqual(beats.silent([a, b], millis(0)), []);
  beats.hear('a', millis(90));
  deepEqual(beats.silent([a, b], millis(100)), []);
  deepEqual(beats.silent([a, b], millis(101)), [b]);
  deepEqual(beats.silent([a, b], millis(191)), [a, b]);
});

test('a row that another process writes is as good as a beat (HB1)', () => {
  const beats = new Heartbeats(100);
  const written = (heard_at_ms: number) => ({ name: 'a', heard_at_ms });
  beats.notice(written(7), millis(0));
  beats.notice(written(7), millis(60));
  deepEqual(beats.silent([written(7)], millis(101)), [written(7)]);
  beats.notice(written(3), millis(120)); // whatever the wall clock said
  deepEqual(beats.silent([written(3)], millis(220)), []);
});

test('nobody marks down whom another process has heard since it looked (HB2)', () => {
  const { apply, view, draft, later } = fresh();
  apply(report);
  const judged = view().host;
  later(HEARD_WRITTEN_EVERY_MS);
  equal(markHeard(draft(), { host: 'h1', incarnation: 1 }).is, 'done');
  deepEqual(markSilent(draft(), judged), { is: 'no', why: { why: 'heard' } });
  equal(view().host.state, 'up');
  equal(markSilent(draft(), view().host).is, 'done');
  equal(view().host.state, 'down');
});

test('hosts are listed by name', () => {
  const { apply, state } = fresh();
  for (const host of ['h9', 'h1', 'h10']) {
    apply({ ...report, host, uuid: `${uuid.slice(0, -2)}${host.length}${host.at(-1)}` });
  }
  deepEqual(
    hostViews(state).map(({ host }) => host.name),
    ['h1', 'h10', 'h9'],
  );
});

test('whatever is reported, holds and others’ traits survive, and twice is once', () => {
  const seen = { shrunk_below_use: 0, cell_kept: 0, trait_gone: 0, trait_kept: 0 };
  const reports = fc.array(
    fc.record({
      classes: fc.subarray(['VCPU', 'MEMORY_MB', 'DISK_GB']),
      total: fc.integer({ min: 1, max: 64 }),
      cells: fc.subarray([0, 1, 2]),
      traits: fc.subarray(['COMPUTE_NODE', 'HW_CPU_X86_AVX2', 'CUSTOM_A', 'CUSTOM_B']),
    }),
    { minLength: 1, maxLength: 6 },
  );
  const property = fc.property(reports, (said) => {
    const { apply, view, draft, state } = fresh();
    apply({ ...report, traits: ['CUSTOM_A'] });
    const id = state.books.provider(uuid)?.id as number;
    const theirs = state.books.traitByName.get('HW_CPU_X86_SSE')?.id as number;
    setTraits(draft(), id, [...(state.books.providerTraits[id] ?? []), theirs]);
    claim(draft(), 'c1', [[VCPU, 8]], 1);
    claim(draft(), 'c2', [[VCPU, 8]]);
    for (const { classes, total, cells, traits } of said) {
      const next: HostReport = {
        ...report,
        inventories: classes.map((name) => plain(name, total)),
        cells: cells.map((cell) => ({ cell, cores: 4, memory_mib: total })),
        traits: [...traits],
      };
      const before = view().traits;
      apply(next);
      deepEqual(apply(next).changes, []);
      const after = view();
      equal(after.resources['VCPU']?.used, 16);
      ok(after.traits.includes('HW_CPU_X86_SSE'));
      ok(after.cells.some(({ cell }) => cell === 1));
      ok(traits.every((name) => after.traits.includes(name)));
      deepEqual(
        after.traits.filter((name) => name !== 'HW_CPU_X86_SSE'),
        [...traits].sort(),
      );
      if ((after.resources['VCPU']?.limit ?? 16) < 16) seen.shrunk_below_use++;
      if (!cells.includes(1)) seen.cell_kept++;
      if (before.some((name) => !after.traits.includes(name))) seen.trait_gone++;
      if (before.some((name) => after.traits.includes(name))) seen.trait_kept++;
    }
  });
  fc.assert(property);
  for (const [outcome, times] of Object.entries(seen)) ok(times > 0, `never tried: ${outcome}`);
});
