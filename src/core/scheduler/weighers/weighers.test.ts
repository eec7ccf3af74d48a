/**
 * Goal: each weigher prefers the host that its file says, by its own weight alone; a weight below
 * zero prefers the other; and an aggregate's multiplier holds for its hosts, the least of several.
 * Method: two hosts that are alike but for one thing, all other weights at zero.
 *
 * Mutants that were caught: each merit turned round; the most of several multipliers; a multiplier
 * that is no number taken for 0; headroom that counts closed hosts; the weight of every policy
 * before that of one; a host without figures for one whose are 0; classes that hear of no change
 * of images, nor of a server's; a lopsided host whose copies are counted by its sums.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import { noteBuildFailed } from '../../fleet/health.ts';
import { hostMetrics, type Metrics } from '../../fleet/metric-rows.ts';
import { plainInventory, putInventory } from '../../ledger/inventory.ts';
import { type SlotPolicy, slotGroups } from '../../ledger/rows.ts';
import { DISK_GB, MEMORY_MB, VCPU } from '../../ledger/standard.ts';
import { LIFETIME_KEY } from '../../servers/lifetime.ts';
import { type ImageRow, images } from '../../servers/rows.ts';
import type { Ask } from '../ask.ts';
import { Scheduler } from '../decide.ts';
import { type ImageProps, type MetricsOptions, STANDARD_OPTIONS } from '../filter-options.ts';
import { aboutPlain, ask, flavorOf, LittleFleet, serverOf } from '../little-fleet.fixture.ts';
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

const chosen = (fleet: LittleFleet, weights: WeightsGiven, about = ask()): string =>
  chosenBy(new Scheduler({ weights }), fleet, about);

function chosenBy(scheduler: Scheduler, { draft }: LittleFleet, about: Ask): string {
  const decided = scheduler.decide(draft, about);
  return decided.is === 'done' ? decided.value.host : 'none';
}

/** Of which rankings are kept from question to question. */
function two(name: WeigherName): (fleet: LittleFleet, about: Ask, weight: number) => string {
  const [for_it, against] = [1, -1].map((weight) => new Scheduler({ weights: only(name, weight) }));
  return (fleet, about, weight) =>
    chosenBy((weight > 0 ? for_it : against) as Scheduler, fleet, about);
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

const tells = (fleet: LittleFleet, host: string, figures: Metrics): void => {
  fleet.draft.put(hostMetrics, { host, provider_id: providerOf(fleet, host), figures });
};

/** As operators set it: the weights of figures come with the options of filters. */
const weighing = (metrics: Partial<MetricsOptions>, image_props: ImageProps | null = null) =>
  ask({
    about: aboutPlain({
      image: { os_distro: 'alma', os_version: '9' },
      options: {
        ...STANDARD_OPTIONS,
        metrics: { weights: { 'cpu.percent': -1 }, required: false, unavailable: -10, ...metrics },
        image_props,
      },
    }),
  });

test('metrics: the less busy host, and who does not tell is worth what operators say', () => {
  const fleet = twoHosts();
  const kept = two('metrics');
  const hostFor = (options: Partial<MetricsOptions>, weight = 1) =>
    kept(fleet, weighing(options), weight);
  equal(hostFor({ required: true }), 'none', 'nobody tells anything');
  equal(hostFor({}), 'a', 'alike: the lower id');
  tells(fleet, 'b', { 'cpu.percent': 0.9 });
  equal(hostFor({}), 'b', 'a busy one, before one that is worth −10');
  equal(hostFor({ unavailable: 0 }), 'a');
  equal(hostFor({ required: true, unavailable: 0 }), 'b', 'who does not tell takes nothing');
  tells(fleet, 'a', { 'cpu.percent': 0.2 });
  deepEqual([hostFor({}), hostFor({}, -1)], ['a', 'b']);
  tells(fleet, 'b', { 'cpu.percent': 0.1, 'cpu.idle.percent': 0.9 });
  deepEqual([hostFor({}), hostFor({}, -1)], ['b', 'a']);
  const both = { 'cpu.percent': -1, 'cpu.idle.percent': 0.01 };
  equal(hostFor({ weights: both, required: true }), 'b', 'a tells only one of the two');
});

test('image-props: beside servers of like images, by the properties that count', () => {
  const fleet = twoHosts();
  const kept = two('image-props');
  const hostFor = (props: ImageProps, weight = 1) => kept(fleet, weighing({}, props), weight);
  const image = (id: string, properties: ImageRow['properties']) =>
    fleet.draft.put(images, { id, properties } as ImageRow);
  image('like', { os_distro: 'alma', os_version: '8' });
  image('other', { os_distro: 'sles', os_version: '9' });
  equal(hostFor({}), 'a', 'no servers: the lower id');
  fleet.addServer({ ...serverOf('s', flavorOf('any', 1)), host: 'b', image_id: 'like' });
  deepEqual([hostFor({}), hostFor({}, -1)], ['b', 'a']);
  equal(hostFor({ os_version: 1 }), 'a', 'only this one counts');
  fleet.addServer({ ...serverOf('t', flavorOf('any', 1)), host: 'a', image_id: 'other' });
  equal(hostFor({ os_distro: 2, os_version: 1 }), 'b');
  equal(hostFor({ os_distro: 1, os_version: 2 }), 'a');
  const moved = { ...serverOf('t', flavorOf('any', 1)), image_id: 'other' };
  fleet.addServer({ ...moved, host: 'b' });
  fleet.addServer({ ...moved, host: 'a', image_id: 'like' }); // rebuilt, and back
  equal(hostFor({ os_distro: 2, os_version: 1 }), 'a', 'alike by now: the lower id');
  fleet.addServer({ ...moved, host: 'a' });
  equal(hostFor({ os_distro: 2, os_version: 1 }), 'b', 'rebuilt: another image where it is');
  equal(hostFor({ os_distro: 1, os_version: 2 }), 'a');
  image('like', { os_distro: 'alma', os_version: '9' });
  equal(hostFor({ os_distro: 1, os_version: 2 }), 'b', 'images may change under their servers');
});

/** A member of a group, on the host. */
function member(fleet: LittleFleet, host: string, policy: SlotPolicy, group_uuid: string): void {
  fleet.draft.put(slotGroups, { uuid: group_uuid, policy, max_per_host: 1 });
  const group = { uuid: group_uuid, domain: '' };
  const wanted = ask({ server_uuid: `${host}'s`, only_hosts: [host], group });
  const decided = new Scheduler().decide(fleet.draft, wanted);
  ok(decided.is === 'done');
  equal(fleet.claim(wanted.server_uuid, decided.value).is, 'done');
}

test('quiet: away from hosts where a group gathers, and from no others', () => {
  const fleet = twoHosts();
  member(fleet, 'b', 'soft-anti-affinity', 'apart');
  deepEqual([chosen(fleet, only('quiet', 1)), chosen(fleet, only('quiet', -1))], ['a', 'a']);
  member(fleet, 'a', 'soft-affinity', 'together');
  deepEqual([chosen(fleet, only('quiet', 1)), chosen(fleet, only('quiet', -1))], ['b', 'a']);
});

test('siblings: for members of a group that gathers, where most of them would fit', () => {
  const fleet = twoHosts();
  settle(fleet, 'a', 's');
  fleet.draft.put(slotGroups, { uuid: 'g', policy: 'soft-affinity', max_per_host: 1 });
  const first = ask({ group: { uuid: 'g', domain: '' } });
  const hostFor = (about: typeof first, weight: number) =>
    chosen(fleet, only('siblings', weight), about);
  deepEqual([hostFor(first, 1), hostFor(first, -1)], ['b', 'a']);
  deepEqual([hostFor(ask(), 1), hostFor(ask(), -1)], ['a', 'a'], 'others care for none');
  const pair = { ...first, nodes: [1, 2].map(() => ({ vcpus: 3, memory_mib: 1024 })) };
  const two = {
    cells: [
      { vcpus: 8, memory_mib: 16_384 },
      { vcpus: 8, memory_mib: 16_384 },
    ],
  };
  const uneven = {
    cells: [
      { vcpus: 12, memory_mib: 16_384 },
      { vcpus: 4, memory_mib: 16_384 },
    ],
  };
  const wide = new LittleFleet([
    { name: 'a', ...uneven },
    { name: 'b', ...two },
  ]);
  wide.draft.put(slotGroups, { uuid: 'g', policy: 'soft-affinity', max_per_host: 1 });
  const many = { ...pair, resources: { VCPU: 6, MEMORY_MB: 2048 } };
  equal(chosen(wide, only('siblings', 1), many), 'b', 'twice in 8 + 8, once in 12 + 4');
});

test('whole-cells: on the host that two-node guests could not use anyway', () => {
  const whole = { cells: [32, 32].map((vcpus) => ({ vcpus, memory_mib: 131_072 })) };
  const lopsided = { cells: [32, 8].map((vcpus) => ({ vcpus, memory_mib: 131_072 })) };
  const fleet = new LittleFleet([
    { name: 'a', ...whole },
    { name: 'b', ...lopsided },
  ]);
  const little = ask({
    resources: { VCPU: 8, MEMORY_MB: 8192 },
    nodes: [{ vcpus: 8, memory_mib: 8192 }],
  });
  const hostFor = (weight: number, about = little) =>
    chosen(fleet, only('whole-cells', weight), about);
  deepEqual([hostFor(1), hostFor(-1)], ['b', 'a']);
  deepEqual([hostFor(1, ask()), hostFor(-1, ask())], ['a', 'a'], 'who has no nodes hurts no cell');
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
