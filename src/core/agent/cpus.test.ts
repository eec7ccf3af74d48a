/**
 * Goal: the table of cpus.ts, TR3, TR4, and what a host reports of its CPUs and pages.
 * Method: one machine of two cells with two threads a core, under each configuration; then a
 * tracker that is asked for CPUs and pages it does not have, that another guest has, and that are
 * free.
 * Mutants that were caught: a CPU of both sets shared; shared where only dedicated ones are named;
 * guests that are being made not asked for their CPUs; dedicated vCPUs counted as shared ones;
 * reserved pages given; pages of others not counted; pages counted as ordinary memory; exact memory
 * over-committed; memory of a cell without its ratio.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import test from 'node:test';
import { machineOf } from '../../sim/simulated-host.ts';
import type { GuestPin, GuestSpec } from '../ports/order.ts';
import { plainConfig } from './config.ts';
import { cellsOf } from './cpus.ts';
import { reportOf } from './report.ts';
import { Tracker } from './tracker.ts';

/** Cell 0 has CPUs 0 to 3, cell 1 has 4 to 7; 0 and 1 are one core. */
const SIZE = { cores: 8, memory_mib: 8192, disk_gib: 10, cells: 2 };
const machine = machineOf({ ...SIZE, threads: 2 });
const own = { ...plainConfig, cpu_dedicated_set: [1, 2, 3, 4, 5, 6, 7], cpu_shared_set: [0, 1] };

const told = (shared: number[] | null, dedicated: number[] | null) =>
  cellsOf(machine, { ...plainConfig, cpu_shared_set: shared, cpu_dedicated_set: dedicated }).map(
    (cell) => [
      cell.cores,
      cell.dedicated.map(({ cpus, threads }) => `${cpus.join()} of ${threads}`).join(' '),
    ],
  );

test('which CPUs are shared, and which can be had alone', () => {
  deepEqual(told(null, null), [
    [4, ''],
    [4, ''],
  ]);
  deepEqual(told([0, 1], null), [
    [2, ''],
    [0, ''],
  ]);
  deepEqual(told(null, [4, 5, 6]), [
    [0, ''],
    [0, '4,5 of 2 6 of 2'],
  ]);
  deepEqual(told([0, 1], [1, 2]), [
    [1, '1 of 2 2 of 2'],
    [0, ''],
  ]);
});

test('a report counts them apart, and says that cores have threads', () => {
  const about = { host: 'h', uuid: 'u', incarnation: 1 };
  const { inventories, traits } = reportOf(about, own, machine, []);
  const total = (name: string) => inventories.find((i) => i.resource_class === name)?.total;
  deepEqual([total('VCPU'), total('PCPU')], [1, 7]);
  equal(traits.includes('HW_CPU_HYPERTHREADING'), true);
});

const guest = (uuid: string, cell: number, cpus: readonly number[]): GuestSpec => {
  const pins = cpus.map((cpu, vcpu): GuestPin => ({ cpu, use: 'vcpu', vcpu }));
  const size = { vcpus: cpus.length, memory_mib: 1024 };
  const nodes = [{ cell, vcpus: 0, memory_mib: 1024, pins }];
  return { uuid, name: uuid, ...size, disk_gib: 0, image_id: null, nodes };
};

test('TR3: a dedicated CPU is one guest’s, and only one that is offered', () => {
  const tracker = new Tracker(own);
  const claim = (uuid: string, cell: number, cpus: readonly number[]) => {
    const snapshot = { moment: tracker.beginSnapshot(), machine, guests: [] };
    const said = tracker.claim(`${uuid}/boot`, guest(uuid, cell, cpus), snapshot);
    return said.is === 'no' && said.why.why === 'no-room' ? said.why.message : said.is;
  };
  match(claim('a', 0, [0, 2]), /CPU 0 is not a dedicated CPU of NUMA cell 0/);
  match(claim('a', 0, [4]), /CPU 4 is not a dedicated CPU of NUMA cell 0/);
  equal(claim('a', 1, [4, 5]), 'done');
  match(claim('b', 1, [5, 6]), /CPU 5 is held by guest a/);
  equal(claim('b', 1, [6, 7]), 'done');
  match(claim('c', 0, [1, 2, 3, 3]), /asks 4 dedicated CPUs, has 3/);
});

const paged = machineOf({ ...SIZE, threads: 2, pages: { 2048: 256, 1048576: 1 } });
const config = {
  ...plainConfig,
  memory_ratio: 2,
  reserved_pages: [{ cell: 0, size_kib: 2048, count: 6 }],
};

test('a report tells of pages, and what is kept back of them', () => {
  const about = { host: 'h', uuid: 'u', incarnation: 1 };
  deepEqual(
    reportOf(about, config, paged, []).cells.map(({ pages }) => pages),
    [6, 0].map((reserved) => [
      { size_kib: 2048, total: 256, reserved },
      { size_kib: 1_048_576, total: 1, reserved: 0 },
    ]),
  );
});

/** Each cell has 4096 MiB: 512 in small pages, 1024 in a large one, the rest is ordinary. */
test('TR4: pages are one guest’s, and ordinary memory is what is left over', () => {
  const tracker = new Tracker(config);
  const claim = (uuid: string, node: Partial<GuestSpec['nodes'][number]>) => {
    const snapshot = { moment: tracker.beginSnapshot(), machine: paged, guests: [] };
    const nodes = [{ cell: 0, vcpus: 0, memory_mib: 0, ...node }];
    const spec = { ...guest(uuid, 0, []), memory_mib: 0, nodes };
    const said = tracker.claim(`${uuid}/boot`, spec, snapshot);
    return said.is === 'no' && said.why.why === 'no-room' ? said.why.message : said.is;
  };
  const pages = (count: number, size_kib = 2048) => ({
    memory_mib: (count * size_kib) / 1024,
    pages: { size_kib, count },
  });
  match(claim('a', pages(251)), /asks 251 pages of 2 MiB of NUMA cell 0, which has 250 free/);
  equal(claim('a', pages(200)), 'done');
  match(claim('b', pages(51)), /which has 50 free/);
  equal(claim('b', pages(50)), 'done');
  match(claim('c', pages(2, 1_048_576)), /asks 2 pages of 1 GiB .* has 1 free/);
  match(claim('c', pages(1, 4096)), /pages of 4 MiB .* has 0 free/);
  match(claim('d', { memory_mib: 2561, exact: true }), /asks 2561 MiB .* which has 2560 MiB free/);
  equal(claim('d', { memory_mib: 2000, exact: true }), 'done');
  match(claim('e', { memory_mib: 600, exact: true }), /which has 560 MiB free/);
  equal(claim('e', { memory_mib: 2500 }), 'done', 'twice as much may be shared');
  match(claim('f', { memory_mib: 700 }), /which has 620 MiB free/);
});
