/**
 * Goal: a wrong configuration is told whole, and a right one passes: the table of config-check.ts,
 * and that a host with a wrong one does not start.
 * Method: one machine of two cells; right ones, each kind of wrong one alone, and all at once.
 * Mutants that were caught: each rule left out; a CPU of the machine's number of CPUs let through.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import test from 'node:test';
import { SimFabric } from '../../sim/fabric.ts';
import { machineOf, simulatedHost } from '../../sim/simulated-host.ts';
import { silent } from '../ports/journal.ts';
import { type HostConfig, plainConfig } from './config.ts';
import { checkConfig } from './config-check.ts';

const SIZE = { cores: 8, memory_mib: 8192, disk_gib: 10, cells: 2, pages: { 2048: 512 } };
const machine = machineOf(SIZE);
const check = (about: Partial<HostConfig>) => checkConfig({ ...plainConfig, ...about }, machine);
const kept = (cell: number, size_kib: number, count: number) => ({ cell, size_kib, count });

test('what a host may say of itself passes', () => {
  deepEqual(check({}), []);
  deepEqual(check({ cpu_shared_set: [0, 1], cpu_dedicated_set: [4, 7] }), []);
  deepEqual(check({ reserved_pages: [kept(0, 2048, 512), kept(1, 2048, 0)] }), []);
  deepEqual(check({ reserved_memory_mib: 8192, cpu_ratio: 0.5, memory_ratio: 16 }), []);
});

test('each kind of wrong is named', () => {
  const wrong = (about: Partial<HostConfig>, why: RegExp) => {
    const told = check(about);
    equal(told.length, 1, told.join('; '));
    match(told[0] ?? '', why);
  };
  wrong({ cpu_shared_set: [0, 1, 2], cpu_dedicated_set: [2, 1] }, /both name CPU 1, 2: a CPU is/);
  wrong({ cpu_dedicated_set: [7, 8] }, /cpu_dedicated_set names CPU 8, which is none of .* 8 CPUs/);
  wrong({ cpu_shared_set: [1, 1] }, /cpu_shared_set names CPU 1 twice/);
  wrong({ cpu_shared_set: [] }, /cpu_shared_set is empty/);
  wrong({ reserved_cores: 9 }, /reserved_cores is a whole number from 0 to 8, not 9/);
  wrong({ reserved_disk_gib: 0.5 }, /reserved_disk_gib is a whole number/);
  const pmem = [{ label: '6GB', namespaces: ['ns9'] }];
  wrong({ pmem }, /pmem_namespaces names ns9, which the machine does not have/);
  wrong({ guest_overhead_gib: -1 }, /guest_overhead_gib is .* not -1/);
  wrong({ guest_overhead_mib: 0.5 }, /guest_overhead_mib is a whole number/);
  wrong({ reserved_memory_mib: -1 }, /reserved_memory_mib is .* not -1/);
  wrong({ memory_ratio: 0 }, /memory_ratio is a number above 0, not 0/);
  wrong({ disk_ratio: Number.NaN }, /disk_ratio/);
  wrong({ reserved_pages: [kept(0, 2048, 513)] }, /keeps back 513 pages of 2 MiB .* there are 512/);
  wrong({ reserved_pages: [kept(2, 2048, 1)] }, /of NUMA cell 2, and the machine has none/);
  wrong({ reserved_pages: [kept(0, 1024, 1)] }, /pages of 1 MiB .* the machine has none/);
  wrong({ reserved_pages: [kept(1, 2048, 1), kept(1, 2048, 2)] }, /NUMA cell 1 twice/);
});

test('a driver that does not know its CPUs cannot share them out', () => {
  const cells = machine.cells.map(({ cpus: _, ...cell }) => cell);
  const told = checkConfig({ ...plainConfig, cpu_dedicated_set: [1] }, { ...machine, cells });
  match(told.join(), /cpu_dedicated_set is set, and the driver does not know which CPUs/);
});

test('a host with a wrong configuration does not start, and tells all of it', async () => {
  const clock = { now: () => 0, wall: () => 0, sleep: () => Promise.resolve() } as never;
  const config = { cpu_shared_set: [0, 9], cpu_dedicated_set: [0], cpu_ratio: -1 };
  const about = { ...SIZE, name: 'h', uuid: 'u', fabric: new SimFabric(), clock, journal: silent };
  const made = await simulatedHost({ ...about, config });
  equal(made.is, 'no');
  if (made.is === 'no')
    match(made.why, /names CPU 9.*; .*both name CPU 0.*; cpu_ratio is a number/);
});
