/**
 * `npm run sim -- --fleet DIRECTORY`: a recorded fleet (replay/bytedance-trace.ts) in the simulated
 * world, drained host by host while machines go on arriving.
 *
 *   --hosts N    only its first N hosts         --faulty   with lost requests, crashes, dead hosts
 *
 * Ends with 1 when a promise was broken. The whole fleet takes the better part of an hour.
 */
import { readdirSync } from 'node:fs';
import { calm, type Faults } from '../sim/faults.ts';
import { FleetDrain, type FleetMachine, machineFlavor } from '../sim/fleet-drain.ts';
import { type HostShape, plainShape } from '../sim/swarm.ts';
import { type Cluster, PAGE_KIB, readSnapshot } from './replay/bytedance-trace.ts';

export interface FleetOptions {
  readonly directory: string;
  readonly hosts: number;
  readonly faulty: boolean;
  readonly drain: () => Promise<void>;
}

const KIB_IN_MIB = 1024;
const ARRIVAL_EVERY_MS = 60_000;
/** A fleet of hundreds is slow to be looked at. */
const LOOK_EVERY = 100;

const faulty: Faults = {
  wire: {
    ...{ latency_ms_min: 1, latency_ms_max: 20, late_permille: 5, late_ms_max: 20_000 },
    ...{ drop_before_permille: 20, drop_after_permille: 20, repeat_permille: 20 },
  },
  store: { ...calm.store, refuse_permille: 5, forget_permille: 5, drop_permille: 5 },
  hypervisor: { ...calm.hypervisor, refuse_permille: 20, forget_permille: 20 },
  mishaps: {
    ...{ control_plane_crash_every_ms: 120_000, agent_crash_every_ms: 60_000 },
    ...{ host_death_every_ms: 240_000, partition_every_ms: 0, wall_jump_every_ms: 0 },
    lasts_ms_max: 20_000,
  },
};

export async function drainFleet(options: FleetOptions): Promise<number> {
  const clusters = readSnapshot(options.directory, readdirSync(options.directory));
  const shape = clusters === null ? undefined : shapeOf(clusters);
  if (clusters === null || shape === undefined) {
    console.error(`plimsoll: ${options.directory} holds no fleet`);
    return 1;
  }
  const names = clusters.flatMap((one) => one.hosts.map(({ name }) => `${one.name} ${name}`));
  const hosts = names.slice(0, options.hosts);
  const fleet = new FleetDrain({
    ...{ seed: 'fleet', shape, arrival_every_ms: ARRIVAL_EVERY_MS, look_every: LOOK_EVERY },
    hosts: hosts.length,
    machines: machinesOn(clusters, new Map(hosts.map((name, at) => [name, at]))),
    faults: options.faulty ? faulty : calm,
    drain: options.drain,
    progress: (line) => console.error(line),
  });
  const report = await fleet.run();
  console.log(JSON.stringify(report, null, 2));
  return report.violations.length === 0 ? 0 : 1;
}

/** All hosts of a recorded fleet are alike, so the first one tells. */
function shapeOf([cluster]: readonly Cluster[]): HostShape | undefined {
  const cells = cluster?.hosts[0]?.cells ?? [];
  const [first] = cells;
  if (first === undefined) return undefined;
  return {
    cells: cells.length,
    vcpus_per_cell: first.vcpus,
    memory_mib_per_cell: (first.pages * PAGE_KIB) / KIB_IN_MIB,
    ...{ disk_gib: 1000, ...plainShape },
  };
}

const machinesOn = (
  clusters: readonly Cluster[],
  at: ReadonlyMap<string, number>,
): FleetMachine[] =>
  clusters.flatMap(({ name, vms }) =>
    vms.flatMap(({ host, nodes }): FleetMachine[] => {
      const [index, node] = [at.get(`${name} ${host}`), nodes[0]];
      if (index === undefined || node === undefined) return [];
      const memory_mib = (node.pages * PAGE_KIB) / KIB_IN_MIB;
      return [{ host: index, flavor: machineFlavor(nodes.length, node.vcpus, memory_mib) }];
    }),
  );
