/**
 * Goal: a fleet is drained host by host while machines arrive: each leaves, or its reason is told,
 * and no promise is broken, whatever fails meanwhile.
 * Method: six hosts with machines of one and of two NUMA nodes. `npm run sim -- --fleet DIRECTORY`
 * plays a recorded fleet in the same way.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import { calm, type Faults } from './faults.ts';
import { FleetDrain, type FleetMachine, machineFlavor } from './fleet-drain.ts';
import { plainShape } from './swarm.ts';

/** One macrotask: by then every promise has run dry. */
const drain = () => new Promise<void>((resolve) => setImmediate(resolve));

const HOSTS = 6;
const shape = {
  ...{ cells: 2, vcpus_per_cell: 16, memory_mib_per_cell: 16_384, disk_gib: 1000 },
  ...plainShape,
};
const [small, wide] = [machineFlavor(1, 2, 2048), machineFlavor(2, 4, 2048)];
const machines: FleetMachine[] = Array.from({ length: HOSTS * 3 }, (_, at) => ({
  host: at % HOSTS,
  flavor: at % 3 === 0 ? wide : small,
}));

const fleet = (faults: Faults) =>
  new FleetDrain({
    ...{ seed: 'little fleet', hosts: HOSTS, shape, machines, faults, drain },
    ...{ arrival_every_ms: 10_000, look_every: 1 },
  });

test('without faults every drain is done, and every machine has left', async () => {
  const report = await fleet(calm).run();
  deepEqual(report.violations, []);
  deepEqual([report.drains, report.stayed], [{ done: HOSTS }, {}]);
  equal(report.machines, machines.length);
  ok(report.moved >= machines.length, `only ${report.moved} moved`);
  ok(report.arrived > 0, 'nobody arrived');
});

test('with faults nothing is broken, and what stayed has its reason', async () => {
  const report = await fleet({
    ...calm,
    wire: { ...calm.wire, drop_before_permille: 30, drop_after_permille: 30 },
    hypervisor: { ...calm.hypervisor, refuse_permille: 30, forget_permille: 30 },
    mishaps: {
      ...calm.mishaps,
      ...{ control_plane_crash_every_ms: 30_000, host_death_every_ms: 60_000 },
      lasts_ms_max: 10_000,
    },
  }).run();
  deepEqual(report.violations, []);
  const faults = Object.values(report.faults).reduce((sum, count) => sum + count, 0);
  ok(faults > 20, `only ${faults} faults`);
  ok(report.moved > 0, 'nobody moved');
  const ends = Object.entries(report.drains).reduce((sum, [, count]) => sum + count, 0);
  equal(ends, HOSTS);
  if ((report.drains['incomplete'] ?? 0) > 0) ok(Object.keys(report.stayed).length > 0);
});
