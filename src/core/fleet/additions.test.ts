/**
 * Goal: AD1 to AD3: what an operator's files say of providers below a host is written to those, and
 * to no other host's; it goes when it is said no more; what others gave, and what is held, stays.
 * Method: reports of a host with a pool of one card and a child that somebody else made, and of a
 * second host with the same files; each test changes what the files say.
 * Mutants that were caught: a provider of another host written; the host's own; an entry of which a
 * half is used; an addition that stays when its entry names another provider; nothing noted of what
 * was added, or of a host that has gone.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import test from 'node:test';
import { present } from '../base/units.ts';
import { deviceFacts } from '../devices/device.fixture.ts';
import { claimAll } from '../ledger/claim.ts';
import { Draft } from '../ledger/draft.ts';
import { createProvider } from '../ledger/provider.ts';
import * as rows from '../ledger/rows.ts';
import { seedStandards } from '../ledger/standard.ts';
import { State } from '../ledger/state.ts';
import { hostAdditions } from './addition-rows.ts';
import { applyReport } from './registry.ts';
import { removeFromFleet } from './removal.ts';
import { plainReport } from './report.fixture.ts';
import type { HostReport, ReportedAddition } from './report.ts';
import { fleetTables, hosts } from './rows.ts';

const POOL = 'cccccccc-0000-4000-8000-000000000001';
const CHILD = 'cccccccc-0000-4000-8000-000000000002';
const uuidOf = (host: string) => `aaaaaaaa-0000-4000-8000-00000000000${host}`;

const reportOf = (host: string, below: readonly ReportedAddition[]): HostReport => ({
  ...{ ...plainReport, host, uuid: uuidOf(host) },
  traits: ['COMPUTE_NODE'],
  below,
});
const card = deviceFacts('card', { resource_class: 'CUSTOM_CARD', traits: ['CUSTOM_NIC'] });
const pool = { uuid: POOL, address: '0000:3b:00.0', traits: ['CUSTOM_NIC'], devices: [card] };

const licences = { resource_class: 'CUSTOM_LICENCE', total: 4, reserved: 1 };
const inventory = { ...licences, allocation_ratio: null, initial_ratio: 1 };
const entry = (about: Partial<ReportedAddition>): ReportedAddition => ({
  ...{ uuid: null, name: null, inventories: [inventory], traits: ['CUSTOM_UPLINK'] },
  where: 'a.yaml:3',
  ...about,
});
const POOL_NAME = '1_0000:3b:00.0';

function fleet() {
  const draft = new Draft(new State([...rows.ledgerTables, ...fleetTables]), 0);
  seedStandards(draft);
  /** What is told of the names and entries that are not used. */
  const say = (host: string, ...below: ReportedAddition[]) => {
    const devices = host === '1' ? { devices: { pools: [pool], apart: [] } } : {};
    const reply = applyReport(draft, { ...reportOf(host, below), ...devices });
    return present(reply.is === 'done' ? reply.value : null, 'a report that is taken').unknown;
  };
  const addChild = () =>
    createProvider(draft, { uuid: CHILD, name: 'theirs', parent_uuid: uuidOf('1') });
  const idOf = (uuid: string) => present(draft.books.provider(uuid), uuid).id;
  const of = (uuid: string) => {
    const id = idOf(uuid);
    return [
      ...[...(draft.books.inventories[id]?.keys() ?? [])].map((c) => draft.books.className(c)),
      ...[...(draft.books.providerTraits[id] ?? [])].map((t) => draft.books.traitName(t)),
    ];
  };
  return { draft, say, addChild, idOf, of };
}
const OWN = ['CUSTOM_CARD', 'CUSTOM_NIC'];
const ALL = ['CUSTOM_CARD', 'CUSTOM_LICENCE', 'CUSTOM_NIC', 'CUSTOM_UPLINK'];

test('a provider below the host has what is said of it, by name or by UUID', () => {
  for (const who of [{ uuid: POOL }, { name: POOL_NAME }]) {
    const { draft, say, of, idOf } = fleet();
    deepEqual(say('1', entry(who)), []);
    deepEqual(of(POOL), ALL);
    const id = present(draft.books.classByName.get('CUSTOM_LICENCE'), 'it').id;
    const { total, reserved } = present(draft.books.inventory(idOf(POOL), id), 'it');
    deepEqual([total, reserved], [4, 1]);
    const { mark } = draft;
    say('1', entry(who));
    equal(draft.mark, mark); // F1
  }
});

test('AD1: nobody writes to another host’s providers, nor so to its own root', () => {
  const { say, of } = fleet();
  say('1');
  deepEqual(say('2', entry({ uuid: POOL })), []);
  deepEqual(of(POOL), OWN);
  say('1', entry({ uuid: uuidOf('1') }));
  deepEqual(of(uuidOf('1')), ['COMPUTE_NODE']);
});

test('AD2: what is said no more goes, what others gave stays', () => {
  const { draft, say, addChild, idOf, of } = fleet();
  say('1', entry({ uuid: POOL }));
  const trait_id = present(draft.books.traitByName.get('HW_CPU_X86_AVX2'), 'a trait').id;
  draft.put(rows.providerTraits, { provider_id: idOf(POOL), trait_id });
  say('1', entry({ uuid: POOL, traits: [] }));
  deepEqual(of(POOL), ['CUSTOM_CARD', 'CUSTOM_LICENCE', 'CUSTOM_NIC', 'HW_CPU_X86_AVX2']);
  addChild();
  say('1', entry({ uuid: CHILD }));
  deepEqual(of(CHILD), ['CUSTOM_LICENCE', 'CUSTOM_UPLINK']);
  deepEqual(of(POOL), ['CUSTOM_CARD', 'CUSTOM_NIC', 'HW_CPU_X86_AVX2']);
  say('1');
  deepEqual(of(CHILD), []);
});

test('an entry waits for its provider; what is held of an addition stays', () => {
  const { draft, say, addChild, idOf, of } = fleet();
  const theirs = entry({ name: 'theirs' });
  deepEqual(say('1', theirs), []);
  addChild();
  say('1', theirs);
  deepEqual(of(CHILD), ['CUSTOM_LICENCE', 'CUSTOM_UPLINK']);
  const resource_class_id = present(draft.books.classByName.get('CUSTOM_LICENCE'), 'it').id;
  const amounts = [{ provider_id: idOf(CHILD), resource_class_id, amount: 2 }];
  const owner = { project_id: 'p', user_id: 'u', consumer_type: null };
  equal(claimAll(draft, [{ consumer_uuid: 'c', ...owner, amounts }]).is, 'done');
  say('1');
  deepEqual(of(CHILD), ['CUSTOM_LICENCE']);
});

test('AD3: an entry that says what is not its to say is not used at all, and is told', () => {
  const { say, of } = fleet();
  const told = (...all: ReportedAddition[]) => {
    const [first = ''] = say('1', ...all);
    deepEqual(of(POOL), OWN);
    return first;
  };
  match(told(entry({ uuid: POOL, traits: ['CUSTOM_NIC'] })), /^a.yaml:3: 1_0000.* has CUSTOM_NIC/);
  const cards = { ...inventory, resource_class: 'CUSTOM_CARD' };
  match(told(entry({ uuid: POOL, inventories: [cards] })), /has CUSTOM_CARD by itself/);
  const twice = told(entry({ uuid: POOL }), entry({ name: POOL_NAME, where: 'b.yaml:9' }));
  match(twice, /^a.yaml:3: .* is what b.yaml:9 says too, by uuid and by name/);
  equal(say('1', entry({ uuid: POOL })).length, 0);
  deepEqual(of(POOL), ALL);
});

test('a host that leaves takes along what was noted of it', () => {
  const { draft, say } = fleet();
  say('1', entry({ uuid: POOL }));
  equal(draft.rows(hostAdditions).size, 1);
  const host = present(draft.rows(hosts).get('1'), 'the host');
  equal(removeFromFleet(draft, host).is, 'done');
  equal(draft.rows(hostAdditions).size, 0);
});
