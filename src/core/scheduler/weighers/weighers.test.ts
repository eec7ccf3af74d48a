/**
 * Goal: each weigher prefers the host that its file says, by its own weight alone; a weight below
 * zero prefers the other; and an aggregate's multiplier holds for its hosts, the least of several.
 * Method: two hosts that are alike but for one thing, all other weights at zero.
 *
 * Mutants that were caught: each merit turned round; the most of several multipliers; a multiplier
 * that is no number taken for 0; headroom that counts closed hosts; the weight of every policy
 * before that of one.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import { noteBuildFailed } from '../../fleet/health.ts';
import { plainInventory, putInventory } from '../../ledger/inventory.ts';
import { DISK_GB, MEMORY_MB, VCPU } from '../../ledger/standard.ts';
import { LIFETIME_KEY } from '../../servers/lifetime.ts';
import { Scheduler } from '../decide.ts';
import { ask, flavorOf, LittleFleet, serverOf } from '../little-fleet.fixture.ts';
import type { WeigherName, Weights, WishName } from '../plugin.ts';
import { policies, type WeightsGiven, weightsWith } from '../policies.ts';
import { multiplierOf } from '../weights.ts';

const names = Object.keys(policies.spread) as (WeigherName | WishName)[];
const nothing = Object.fromEntries(names.map((name) => [name, 0])) as Weights;
const only = (name: WeigherName, weight: number): WeightsGiven => ({
  all: { ...nothing, [name]: weight },
});

const cells = [{ vcpus: 8, memory_mib: 16_384 }];
const twoHosts = () => new LittleFleet(['a', 'b'].map((name) => ({ name, cells })));

function chosen({ draft }: LittleFleet, weights: WeightsGiven, about = ask()): string {
  const decided = new Scheduler({ weights }).decide(draft, about);
  return decided.is === 'done' ? decided.value.host : 'none';
}

const providerOf = ({ draft }: LittleFleet, name: string): number =>
  draft.books.providerNamed(name)?.id ?? -1;

/** Has a server on the host, as the whole of the program would have it. */
function settle(fleet: LittleFleet, host: string, server_uuid: string): void {
  const wanted = ask({ server_uuid, only_hosts: [host] });
  const decided = new Scheduler().decide(fleet.draft, wanted);
  ok(decided.is === 'done');
  equal(fleet.claim(server_uuid, decided.value).is, 'done');
}

function put(fleet: LittleFleet, host: string, class_id: number, total: number): void {
  putInventory(fleet.draft, providerOf(fleet, host), plainInventory(class_id, total));
}

/** By weigher: what makes `b` the better of two hosts that are alike. */
const better: Partial<Record<WeigherName, (fleet: LittleFleet) => void>> = {
  ram: (fleet) => put(fleet, 'b', MEMORY_MB, 32_768),
  cpu: (fleet) => put(fleet, 'b', VCPU, 16),
  disk: (fleet) => put(fleet, 'b', DISK_GB, 200),
  'io-ops': (fleet) => {
    fleet.addServer({ ...serverOf('s', flavorOf('any', 1)), host: 'b', task_state: 'spawning' });
    fleet.addServer({ ...serverOf('t', flavorOf('any', 1)), host: 'a', task_state: null });
  },
  'num-instances': (fleet) => settle(fleet, 'b', 's'),
  'hypervisor-version': (fleet) => fleet.say('b', { hypervisor_version: 9_000_000 }),
  'build-failure': (fleet) => noteBuildFailed(fleet.draft, 'a', 'image'),
  opened: (fleet) => settle(fleet, 'b', 's'),
  packing: (fleet) => settle(fleet, 'b', 's'),
  room: (fleet) => settle(fleet, 'a', 's'),
};

for (const [name, improve] of Object.entries(better) as [
  WeigherName,
  (fleet: LittleFleet) => void,
][]) {
  test(`${name} prefers what it says, and a weight below zero the other`, () => {
    const fleet = twoHosts();
    equal(chosen(fleet, only(name, 1)), 'a', 'alike: the lower id');
    improve(fleet);
    equal(chosen(fleet, only(name, 1)), 'b');
    equal(chosen(fleet, only(name, -1)), 'a');
    equal(chosen(fleet, only(name, 0)), 'a');
  });
}

test('a guest whose end is near goes where it keeps no host from becoming empty', () => {
  const fleet = new LittleFleet(['a', 'b', 'c', 'd'].map((name) => ({ name, cells })));
  const there = (host: string, stays?: string) => {
    const flavor = { ...flavorOf('any', 1), extra_specs: stays ? { [LIFETIME_KEY]: stays } : {} };
    fleet.addServer({ ...serverOf(`on ${host}`, flavor), host });
  };
  const hostFor = (stays: string) => {
    const flavor = { ...flavorOf('any', 1), extra_specs: { [LIFETIME_KEY]: stays } };
    const server = serverOf('new', flavor);
    const bounds = { ignore_hosts: [], only_hosts: null };
    const asked = new Scheduler().askFor(fleet.draft, server, bounds);
    ok(asked.is === 'done');
    return chosen(fleet, only('lifetime', 1), asked.value);
  };
  const before = hostFor('1h'); // so that a ranking is there, which must hear of what follows
  equal(before, 'a');
  there('b', '30m');
  equal(hostFor('1h'), 'b', 'a host that goes a little earlier, before an empty one');
  there('c');
  equal(hostFor('1h'), 'c', 'one that stays for good, before one that it would hold up');
  there('d', '90m');
  equal(hostFor('1h'), 'd', 'one that stays as long');
  equal(hostFor('3h'), 'c');
});

test('of two zones the one that could lose a host is preferred, while the other could not', () => {
  const names = ['a1', 'a2', 'b1', 'b2'];
  const fleet = new LittleFleet(names.map((name) => ({ name, cells, zone: name.slice(0, 1) })));
  const zoneOf = () => chosen(fleet, only('headroom', 1)).slice(0, 1);
  const otherOf = () => chosen(fleet, only('headroom', -1)).slice(0, 1);
  const close = (host: string, status: 'enabled' | 'disabled') => fleet.say(host, { status });
  equal(zoneOf(), 'a', 'either could: the lower id');
  for (let at = 0; at < 8; at++) settle(fleet, at % 2 === 0 ? 'a1' : 'a2', `s${at}`);
  equal(zoneOf(), 'a', '8 of 16 are free: as much as a host has');
  settle(fleet, 'a1', 'one more');
  deepEqual([zoneOf(), otherOf()], ['b', 'a']);
  close('b1', 'disabled');
  equal(zoneOf(), 'b', 'b2 is alone, and empty: nothing would be lost with it');
  settle(fleet, 'b2', 'not empty');
  equal(zoneOf(), 'a', 'now both are short');
  fleet.letGo('one more');
  deepEqual([zoneOf(), otherOf()], ['a', 'b']);
  close('b1', 'enabled');
  deepEqual([zoneOf(), otherOf()], ['a', 'a'], 'both could lose one again');
});

test('of the empty hosts the largest is opened first', () => {
  const fleet = twoHosts();
  put(fleet, 'b', MEMORY_MB, 32_768);
  equal(chosen(fleet, only('opened', 1), ask({ resources: { MEMORY_MB: 1024 } })), 'b');
});

test("an aggregate's multiplier holds for its hosts: the least of several, if it is a number", () => {
  const fleet = twoHosts();
  const weights = only('ram', 1);
  const says = (id: number, host: string, multiplier: string) =>
    fleet.gather(id, [host], { [multiplierOf('ram')]: multiplier });
  says(1, 'b', '2');
  equal(chosen(fleet, weights), 'b');
  says(2, 'b', '0.5');
  equal(chosen(fleet, weights), 'a', 'the least: half as heavy as on a');
  says(2, 'b', 'heavy');
  equal(chosen(fleet, weights), 'b', 'what is no number is not said');
  says(1, 'b', '-1');
  equal(chosen(fleet, weights), 'a');
});

test('what is set for one policy comes before what is set for all', () => {
  const { pack, spread } = weightsWith({ all: { ram: 3, cpu: 4 }, pack: { ram: 5 } });
  deepEqual([pack.ram, pack.cpu, spread.ram, spread.cpu], [5, 4, 3, 4]);
  equal(pack.packing, policies.pack.packing);
});

test('options are named as upstream names them', () => {
  const upstream =
    'ram cpu disk io_ops num_instances hypervisor_version pci build_failure soft_affinity';
  const known = new Set(names.map(multiplierOf));
  for (const name of upstream.split(' ')) ok(known.has(`${name}_weight_multiplier`), name);
});
