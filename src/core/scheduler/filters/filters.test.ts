/**
 * Goal: each filter of aggregates, images, capabilities and hints turns down the hosts it should,
 * says why in a sentence, and looks again when what it goes by has changed.
 * Method: three hosts; for each filter one thing is said of a host or a request, and the hosts that
 * pass are worked out by hand. The ranking was made before, so a stale one would be found out.
 *
 * Mutants that were caught: each filter letting everything through; metadata kept from the host
 * looked at before; the largest limit of several instead of the least; projects that are kept to
 * their aggregates, or left out of them, without the option; any namespace of image keys.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import test from 'node:test';
import { present } from '../../base/units.ts';
import type { ServerRow } from '../../servers/rows.ts';
import type { About } from '../ask.ts';
import { Scheduler } from '../decide.ts';
import { type FilterOptions, STANDARD_OPTIONS } from '../filter-options.ts';
import { aboutPlain, ask, flavorOf, LittleFleet, serverOf } from '../little-fleet.fixture.ts';
import { fulfils } from '../specs/operators.ts';

const NAMES = ['a', 'b', 'c'];
const fleetOf = () =>
  new LittleFleet(NAMES.map((name) => ({ name, cells: [{ vcpus: 8, memory_mib: 8192 }] })));

const wanted = (about: Partial<About>, only: string | null = null) =>
  ask({ about: aboutPlain(about), only_hosts: only === null ? null : [only] });

/** The hosts that would take it, one by one; the choice among all must be the first of them. */
function takers({ draft }: LittleFleet, about: Partial<About>, scheduler = new Scheduler()) {
  const taken = NAMES.filter((name) => scheduler.decide(draft, wanted(about, name)).is === 'done');
  const chosen = scheduler.decide(draft, wanted(about));
  equal(chosen.is === 'done' ? chosen.value.host : undefined, taken[0]);
  return taken.join('');
}

function reason({ draft }: LittleFleet, about: Partial<About>, host: string): string {
  const decided = new Scheduler().decide(draft, wanted(about, host));
  const why = present(decided.is === 'no' ? decided.why : null, 'a refusal');
  return why.hosts.find((one) => one.host === host)?.reason ?? '';
}

test('tenants: hosts set apart for projects take no others, as soon as it is said', () => {
  const fleet = fleetOf();
  const scheduler = new Scheduler();
  equal(takers(fleet, {}, scheduler), 'abc');
  fleet.gather(1, ['a', 'b'], { filter_tenant_id: 'q', filter_tenant_id2: 'r, s' });
  equal(takers(fleet, {}, scheduler), 'c');
  equal(takers(fleet, { project_id: 's' }, scheduler), 'abc');
  match(reason(fleet, {}, 'a'), /^is set apart for 3 other projects, not for p$/);
  const mark = fleet.draft.mark;
  fleet.gather(1, ['a'], { filter_tenant_id: 'p' });
  equal(takers(fleet, { project_id: 'q' }, scheduler), 'bc');
  fleet.draft.rollback(mark);
  equal(takers(fleet, {}, scheduler), 'c');
});

test('tenants: with own_aggregates a project that has some goes nowhere else', () => {
  const fleet = fleetOf();
  const takersOf = (project_id: string, own_aggregates: FilterOptions['own_aggregates']) => {
    const scheduler = new Scheduler({ filters: { own_aggregates } });
    const server = { ...serverOf('s', flavorOf('any', 1)), project_id };
    const takes = (name: string) => {
      const about = { ignore_hosts: [], only_hosts: [name] };
      const asked = scheduler.askFor(fleet.draft, server, about);
      return asked.is === 'done' && scheduler.finds(fleet.draft, asked.value);
    };
    return NAMES.filter(takes).join('');
  };
  fleet.gather(1, ['a'], { filter_tenant_id: 'q, r' });
  fleet.gather(2, ['b'], { ssd: 'true' });
  deepEqual([takersOf('q', 'ignored'), takersOf('p', 'ignored')], ['abc', 'bc']);
  deepEqual([takersOf('q', 'kept'), takersOf('p', 'kept')], ['a', 'bc']);
  deepEqual([takersOf('q', 'required'), takersOf('p', 'required')], ['a', '']);
  match(reason(fleet, { own_aggregates_only: true }, 'b'), /^is in no aggregate of the project p$/);
});

test('aggregate-specs: an aggregate of the host fulfils what the flavor wishes', () => {
  const fleet = fleetOf();
  fleet.gather(1, ['a', 'b'], { ssd: 'true', rank: '4' });
  fleet.gather(2, ['b'], { ssd: 'false', rank: '7' });
  const specs = (wish: string, key = 'ssd') => ({
    specs: { [`aggregate_instance_extra_specs:${key}`]: wish },
  });
  equal(takers(fleet, specs('true')), 'ab');
  equal(takers(fleet, specs('false')), 'b');
  equal(takers(fleet, specs('= 5', 'rank')), 'b');
  equal(takers(fleet, specs('<or> 4 <or> 5', 'rank')), 'ab');
  match(reason(fleet, specs('false'), 'a'), /wanted with ssd false, and its aggregates say true/);
  match(reason(fleet, specs('false'), 'c'), /say nothing of it/);
});

test('aggregate-flavors and aggregate-images: only those that the aggregate speaks of', () => {
  const fleet = fleetOf();
  fleet.gather(1, ['a'], { instance_type: 'small, large' });
  fleet.gather(2, ['b'], { os_distro: 'windows', colour: 'red' });
  equal(takers(fleet, { flavor_name: 'large' }), 'abc');
  equal(takers(fleet, { flavor_name: 'huge' }), 'bc');
  match(reason(fleet, { flavor_name: 'huge' }, 'a'), /only the flavors small, large, not huge/);
  const linux = { flavor_name: 'small', image: { os_distro: 'debian', colour: 'blue' } };
  equal(takers(fleet, linux), 'ac');
  const hw = { ...STANDARD_OPTIONS, aggregate_image_keys: 'hw_' };
  equal(takers(fleet, { ...linux, options: hw }), 'abc', 'os_distro is not of that namespace');
  match(reason(fleet, linux, 'b'), /images with os_distro windows, and this one has debian/);
});

test('aggregate-traits: kept for those who require the trait', () => {
  const fleet = fleetOf();
  fleet.gather(1, ['a'], { 'trait:CUSTOM_LICENSED': 'required' });
  equal(takers(fleet, {}), 'bc');
  match(reason(fleet, {}, 'a'), /kept for those who require CUSTOM_LICENSED/);
  equal(takers(fleet, { options: { ...STANDARD_OPTIONS, isolate_aggregates: false } }), 'abc');
});

test('capabilities and query: facts of the host', () => {
  const fleet = fleetOf();
  fleet.say('a', { hypervisor_version: 6_002_000, cpu_info: { arch: 'x86_64', topology: {} } });
  const of = (path: string, wish: string) => ({ specs: { [`capabilities:${path}`]: wish } });
  equal(takers(fleet, of('hypervisor_version', '>= 6000000')), 'a');
  equal(takers(fleet, of('cpu_info:arch', 's== x86_64')), 'a');
  equal(takers(fleet, of('nothing', 'x')), '');
  match(reason(fleet, of('nothing', 'x'), 'a'), /^knows no nothing, and x is wanted$/);
  match(reason(fleet, of('host', 'b'), 'a'), /^has host a, and b is wanted$/);
  const query = (...expression: unknown[]) => ({ hints: { query: JSON.stringify(expression) } });
  equal(takers(fleet, query('or', ['=', '$host', 'a'], ['in', '$host', 'x', 'c'])), 'ac');
  equal(takers(fleet, query('not', ['=', '$host', 'a'])), 'bc');
  equal(takers(fleet, query('>=', '$free_ram_mb', 8192)), 'abc');
  equal(takers(fleet, query('<', '$free_ram_mb', 8192)), '');
  equal(takers(fleet, { hints: { query: '["=",' } }), '');
});

test('image: architecture and hypervisor must be the host’s', () => {
  const fleet = fleetOf();
  const b = present(fleet.draft.books.providerNamed('b'), 'a host').id;
  fleet.giveTrait(b, 'COMPUTE_ARCH_AARCH64', true);
  fleet.say('c', { hypervisor_type: 'QEMU', hypervisor_version: 6_002_000 });
  equal(takers(fleet, { image: { hw_architecture: 'arm64' } }), 'b');
  equal(takers(fleet, { image: { img_hv_type: 'qemu' } }), 'c');
  equal(takers(fleet, { image: { img_hv_requested_version: '>=6.2,<7' } }), 'c');
  const options = { ...STANDARD_OPTIONS, default_architecture: 'aarch64' };
  equal(takers(fleet, { options }), 'b', 'an image that does not say is for this');
  equal(takers(fleet, { options, image: { hw_architecture: 'aarch64' } }), 'b');
  match(
    reason(fleet, { image: { img_hv_type: 'qemu' } }, 'a'),
    /hypervisor simulated, .* for qemu/,
  );
});

test('near: in the same network as the address named', () => {
  const fleet = fleetOf();
  fleet.say('a', { host_ip: '10.0.1.7' });
  fleet.say('b', { host_ip: '10.0.2.7' });
  const near = (cidr?: string) => ({ hints: { build_near_host_ip: '10.0.1.9', cidr } });
  equal(takers(fleet, near()), 'a');
  equal(takers(fleet, near('/16')), 'ab');
  match(reason(fleet, near('/30'), 'a'), /address 10\.0\.1\.7, outside 10\.0\.1\.9\/30/);
});

test('how-many: the option, or the least of what the aggregates say', () => {
  const fleet = fleetOf();
  const scheduler = new Scheduler();
  const first = scheduler.decide(fleet.draft, ask({ only_hosts: ['a'] }));
  fleet.claim('first', present(first.is === 'done' ? first.value : null, 'room'));
  fleet.gather(1, ['a', 'b'], { max_instances_per_host: '1' });
  fleet.gather(2, ['a', 'b'], { max_instances_per_host: '9' });
  equal(takers(fleet, {}, scheduler), 'bc');
  match(reason(fleet, {}, 'a'), /^holds 1 of at most 1 servers$/);
  fleet.letGo('first');
  equal(takers(fleet, {}, scheduler), 'abc');
  equal(takers(fleet, { options: { ...STANDARD_OPTIONS, max_servers: 0 } }), 'ab');
});

test('how-busy: servers that are being worked on', () => {
  const fleet = fleetOf();
  const at = (uuid: string, host: string, task_state: ServerRow['task_state']) =>
    fleet.addServer({ ...serverOf(uuid, flavorOf('any', 1)), host, task_state });
  at('s', 'b', 'spawning');
  at('t', 'c', null);
  const options = { ...STANDARD_OPTIONS, max_busy: 1 };
  equal(takers(fleet, { options }), 'ac');
  match(reason(fleet, { options }, 'b'), /^works on 1 of at most 1 servers at a time$/);
});

test('isolated: images and hosts set apart for each other', () => {
  const fleet = fleetOf();
  const options = { ...STANDARD_OPTIONS, isolated_images: ['i'], isolated_hosts: ['b'] };
  equal(takers(fleet, { options, image_id: 'i' }), 'b');
  equal(takers(fleet, { options, image_id: 'j' }), 'ac');
  const open = { ...options, isolated_hosts_only_for_images: false };
  equal(takers(fleet, { options: open, image_id: 'j' }), 'abc');
  match(reason(fleet, { options, image_id: 'i' }, 'a'), /is no isolated host/);
});

test('operators compare as they are written', () => {
  const yes = ['4 = 3', '4 == 4.0', '4 != 5', '4 >= 4', 'b s> a', 'abc <in> bc', 'ab <all-in> a b'];
  const no = ['4 = 5', '4 == 5', '4 >= 5', 'a s> b', 'abc <in> bd', 'ab <all-in> a c', 'x = 1'];
  const verdict = (line: string) => {
    const [have = '', ...wish] = line.split(' ');
    return fulfils(have, wish.join(' '));
  };
  deepEqual(
    yes.filter((line) => !verdict(line)),
    [],
  );
  deepEqual(no.filter(verdict), []);
});
