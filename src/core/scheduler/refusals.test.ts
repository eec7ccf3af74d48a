/**
 * Goal: ten kinds of refusal read as they should, each with its kind and its repairs; a tenant
 * reads no host in them.
 * Method: one small fleet an example; the sentences are written out here.
 *
 * Mutants that were caught: hardware told apart by its amounts alone, and not by its cells, or not
 * by what its aggregates say; a busy host that counts as one that never could.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { present } from '../base/units.ts';
import { flavors } from '../servers/rows.ts';
import type { Ask, Explanation } from './ask.ts';
import { Scheduler } from './decide.ts';
import { forTenant } from './explain.ts';
import { ask, flavorOf, LittleFleet, serverOf } from './little-fleet.fixture.ts';

const GIB = 1024;
const AVX2 = 'HW_CPU_X86_AVX2';
const cell = (vcpus: number) => ({ vcpus, memory_mib: vcpus * GIB });
const fleetOf = (...sizes: readonly number[][]): LittleFleet =>
  new LittleFleet(sizes.map((cells, at) => ({ name: `h${at + 1}`, cells: cells.map(cell) })));

function refused({ draft }: LittleFleet, about: Partial<Ask>): Explanation {
  const decided = new Scheduler().decide(draft, ask(about));
  return present(decided.is === 'no' ? decided.why : null, 'a refusal');
}

function hold(fleet: LittleFleet, uuid: string, about: Partial<Ask>): void {
  const decided = new Scheduler().decide(fleet.draft, ask({ server_uuid: uuid, ...about }));
  equal(
    fleet.claim(uuid, present(decided.is === 'done' ? decided.value : null, 'room')).is,
    'done',
  );
}

const vcpus = (count: number): Partial<Ask> => ({ resources: { VCPU: count } });
const inGroup = { ...vcpus(1), group: { uuid: 'g', domain: '' } };

const refusals: Readonly<Record<string, () => Explanation>> = {
  'too large': () => refused(fleetOf([4]), vcpus(8)),
  full: () => {
    const fleet = fleetOf([4]);
    hold(fleet, 'a', vcpus(1));
    hold(fleet, 'b', vcpus(3));
    return refused(fleet, vcpus(2));
  },
  closed: () => {
    const fleet = fleetOf([4]);
    fleet.say('h1', { status: 'disabled' });
    return refused(fleet, vcpus(2));
  },
  down: () => {
    const fleet = fleetOf([4]);
    fleet.say('h1', { state: 'down' });
    return refused(fleet, vcpus(2));
  },
  zone: () => refused(fleetOf([4]), { ...vcpus(2), availability_zone: 'west' }),
  trait: () => refused(fleetOf([4]), { ...vcpus(2), required_traits: [AVX2] }),
  'named host': () => refused(fleetOf([4], [2]), { ...vcpus(3), only_hosts: ['h2'] }),
  apart: () => {
    const fleet = fleetOf([4]);
    fleet.addGroup('g', 'anti-affinity');
    hold(fleet, 'a', inGroup);
    return refused(fleet, inGroup);
  },
  cells: () => {
    const fleet = fleetOf([4, 4]);
    for (const uuid of ['a', 'b']) hold(fleet, uuid, { ...vcpus(2), nodes: [cell(2)] });
    hold(fleet, 'c', { ...vcpus(3), nodes: [cell(3)] });
    return refused(fleet, { ...vcpus(1), nodes: [cell(1), cell(1)] });
  },
  'asked in vain': () => refused(fleetOf([4]), { ...vcpus(2), tried_hosts: ['h1'] }),
  'no such thing': () => refused(fleetOf([4]), { resources: { VCPU: 1, CUSTOM_GOLD: 1 } }),
};

const said = new Map(Object.entries(refusals).map(([name, refuse]) => [name, refuse()]));

/** Name, kind, what is against the nearest host, repairs. */
const sentences = [
  ['too large', 'impossible', 'has 4 VCPU left, not the 8 asked for'],
  [
    'full',
    'no-room',
    'has 0 VCPU left, not the 2 asked for',
    'free 3 VCPU on h1: move or delete consumer b',
  ],
  [
    'closed',
    'hosts-closed',
    'is closed to new servers',
    'enable h1: it is disabled, and could take it',
  ],
  [
    'down',
    'hosts-closed',
    'is down: its agent was not heard of lately',
    'bring h1 back: its agent was not heard of lately',
  ],
  [
    'zone',
    'impossible',
    'is in zone nova, not in west',
    'ask for availability zone nova, or for none',
  ],
  [
    'trait',
    'impossible',
    'lacks the required trait HW_CPU_X86_AVX2',
    'do not require HW_CPU_X86_AVX2',
    'give h1 the trait HW_CPU_X86_AVX2, if that is true of it',
  ],
  [
    'named host',
    'impossible',
    'has 2 VCPU left, not the 3 asked for',
    'let the scheduler choose the host, instead of naming it',
  ],
  [
    'apart',
    'no-room',
    "already holds 1 of the server's group (anti-affinity)",
    'use a group whose policy is soft-anti-affinity, not anti-affinity',
  ],
  [
    'cells',
    'no-room',
    'has 1 NUMA cells with 1 VCPU and 1024 MiB free, not the 2 asked for',
    'free 2 VCPU on h1: move or delete consumer a',
  ],
  ['asked in vain', 'hosts-failed', 'was asked a moment ago, and refused it or gave no answer'],
  ['no such thing', 'impossible', 'has no CUSTOM_GOLD'],
];

test('each kind of refusal reads as it should', () => {
  const printed = [...said].map(([name, { refusal, nearest_miss, repairs }]) => [
    name,
    refusal,
    nearest_miss?.sentence.replace(/^.* comes nearest: it /, ''),
    ...repairs.map(({ sentence }) => sentence),
  ]);
  deepEqual(printed, sentences);
});

/** As refusals.md shows it. */
function section(name: string, why: Explanation): string {
  const steps = why.funnel.filter((step) => step.in > step.out);
  const lines = [
    ...steps.map((step) => `${step.filter}: ${step.in} in, ${step.out} left`),
    ...(why.nearest_miss === null ? [] : [`nearest: ${why.nearest_miss.sentence}`]),
    ...why.repairs.map(({ sentence }) => `try: ${sentence}`),
  ];
  return `## ${name}: ${why.refusal}\n\n${why.summary}\n\n${lines.map((one) => `    ${one}`).join('\n')}\n`;
}

test('an operator reads who holds the capacity, and what each cell has left', () => {
  const full = said.get('full')?.nearest_miss;
  deepEqual(
    full?.held_by?.map(({ consumer_uuid, amounts }) => [consumer_uuid, amounts]),
    [
      ['b', { VCPU: 3 }],
      ['a', { VCPU: 1 }],
    ],
  );
  deepEqual(full?.cells, []);
  const cells = said.get('cells')?.nearest_miss?.cells;
  deepEqual(
    cells?.map((one) => [one.cell, one.vcpus_free, one.guest_nodes]),
    [
      [0, 0, []],
      [1, 1, [0, 1]],
    ],
  );
});

test('refusals.md prints all of them, as they are now', () => {
  // The page is beside the source, also for tests that run from what was built.
  const here = import.meta.url.replace('/dist/', '/src/');
  const page = readFileSync(new URL('refusals.md', here), 'utf8');
  const sections = [...said].map(([name, why]) => section(name, why));
  equal(page.slice(page.indexOf('## ')), sections.join('\n'));
});

test('what aggregates say of one host is not said of all that are built like it', () => {
  const fleet = fleetOf([4], [4]);
  fleet.gather(1, ['h1'], { max_instances_per_host: '0' });
  hold(fleet, 'a', { ...vcpus(4), only_hosts: ['h2'] });
  equal(refused(fleet, vcpus(2)).refusal, 'no-room');
  fleet.gather(1, ['h1', 'h2'], { max_instances_per_host: '0' });
  equal(refused(fleet, vcpus(2)).refusal, 'impossible');
});

test('a host that is busy now is no host that never could', () => {
  const fleet = fleetOf([4]);
  fleet.gather(1, ['h1'], { max_io_ops_per_host: '1' });
  fleet.addServer({ ...serverOf('b', flavorOf('one', 1)), host: 'h1', task_state: 'rebooting' });
  equal(refused(fleet, vcpus(2)).refusal, 'no-room');
});

test('hosts that were asked in vain are a kind of their own, until another could make room', () => {
  const tried: Partial<Ask> = { ...vcpus(3), tried_hosts: ['h1'] };
  const fleet = fleetOf([4], [4], [2]);
  fleet.say('h2', { state: 'down' });
  const why = refused(fleet, tried);
  equal(why.refusal, 'hosts-failed');
  match(why.summary, /was asked, and refused it or gave no answer\.$/);
  equal(refused(fleet, { ...tried, ignore_hosts: ['h1'] }).refusal, 'hosts-closed');
  fleet.say('h2', { state: 'up' });
  hold(fleet, 'a', { ...vcpus(2), only_hosts: ['h2'] });
  equal(refused(fleet, tried).refusal, 'no-room');
  equal(refused(fleet, { ...tried, ...vcpus(5) }).refusal, 'impossible');
});

test('a smaller flavor is tried with the options of this deployment', () => {
  const fleet = fleetOf([4]);
  hold(fleet, 'a', vcpus(1));
  fleet.draft.put(flavors, flavorOf('one', 1));
  fleet.addServer(serverOf('server', flavorOf('six', 6)));
  const kinds = (scheduler: Scheduler) => {
    const asked = scheduler.askFor(fleet.draft, serverOf('server', flavorOf('six', 6)), anywhere);
    const decided = scheduler.decide(
      fleet.draft,
      present(asked.is === 'done' ? asked.value : null, 'an ask'),
    );
    return decided.is === 'no' ? decided.why.repairs.map(({ kind }) => kind) : [];
  };
  deepEqual(kinds(new Scheduler()), ['smaller-flavor']);
  deepEqual(kinds(new Scheduler({ filters: { max_servers: 1 } })), []);
});
const anywhere = { ignore_hosts: [], only_hosts: null };

test('a host that could hold it is not taken for one with as much in other cells', () => {
  const fleet = fleetOf([1, 3], [2, 2]);
  const wide = { ...vcpus(4), nodes: [cell(2), cell(2)] };
  hold(fleet, 'a', { ...vcpus(4), only_hosts: ['h1'] });
  hold(fleet, 'b', wide);
  equal(refused(fleet, wide).refusal, 'no-room');
});

test('no refusal names a host to a tenant', () => {
  for (const why of said.values()) {
    const text = JSON.stringify(forTenant(why));
    equal(/\bh[12]\b/.test(text), false, text);
  }
  const shown = [...said.values()].flatMap((why) => forTenant(why).repairs.map(({ kind }) => kind));
  deepEqual([...new Set(shown)].sort(), ['any-host', 'drop-traits', 'other-zone', 'relax-group']);
});
