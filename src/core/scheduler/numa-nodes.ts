/**
 * The NUMA nodes of a guest, from its flavor or else its image.
 *
 *   hw:numa_nodes=2                                    vCPUs and memory in equal parts
 *   hw:numa_cpus.0=0,1  hw:numa_mem.0=1024             node 0 has vCPUs 0 and 1, and 1 GiB
 *   hw:numa_cpus.1=2-5  hw:numa_mem.1=3072             node 1 the rest
 *   hw:cpu_policy=dedicated                            one node, where nobody says how many
 *
 * Explicit nodes name every vCPU once and all of the memory. An image may only speak where the
 * flavor does not.
 */
import { type Decision, done, no } from '../ports/reply.ts';
import type { FlavorRow } from '../servers/rows.ts';
import type { GuestNode } from './ask.ts';
import { type CpuPolicy, cpuPolicy, withPins } from './cpu-policy.ts';
import { cpuSet } from './cpu-set.ts';

/** More nodes than any machine has cells. */
const NODES_MAX = 64;

type Nodes = Decision<readonly GuestNode[], string>;

export function guestNodes(flavor: FlavorRow, image: Readonly<Record<string, string>>): Nodes {
  const specs = flavor.extra_specs;
  if (specs['hw:numa_nodes'] !== undefined && image['hw_numa_nodes'] !== undefined) {
    return no('the image may not set hw_numa_nodes: the flavor does');
  }
  const prefix = specs['hw:numa_nodes'] === undefined ? 'hw_' : 'hw:';
  const source = prefix === 'hw:' ? specs : image;
  const asked = source[`${prefix}numa_nodes`];
  const policy = cpuPolicy(flavor, image);
  if (policy.is === 'no') return policy;
  if (asked === undefined)
    return policy.value === null ? done([]) : evenly(flavor, 1, policy.value);
  const count = Number(asked);
  if (!/^\d+$/.test(asked) || count < 1 || count > NODES_MAX) {
    return no(`numa_nodes is a whole number from 1 to ${NODES_MAX}, not ${asked}`);
  }
  const given = Array.from({ length: count }, (_, node) => ({
    cpus: source[`${prefix}numa_cpus.${node}`],
    mem: source[`${prefix}numa_mem.${node}`],
  }));
  const named = given.flatMap(({ cpus, mem }) => [cpus, mem]).filter((one) => one !== undefined);
  if (named.length === 0) return evenly(flavor, count, policy.value);
  if (named.length < 2 * count) return no('numa_cpus and numa_mem are given for all nodes or none');
  return explicitly(flavor, given as readonly GivenNode[], policy.value);
}

function evenly({ vcpus, memory_mib }: FlavorRow, count: number, policy: CpuPolicy | null): Nodes {
  if (vcpus % count !== 0 || memory_mib % count !== 0) {
    return no(`${vcpus} vCPUs and ${memory_mib} MiB do not divide evenly over ${count} NUMA nodes`);
  }
  const each = vcpus / count;
  const sets = Array.from({ length: count }, (_, at) =>
    Array.from({ length: each }, (_, vcpu) => at * each + vcpu),
  );
  const node = { memory_mib: memory_mib / count };
  return done(sets.map((set, at) => withPins(node, set, policy, at === 0)));
}

interface GivenNode {
  readonly cpus: string;
  readonly mem: string;
}

function explicitly(
  flavor: FlavorRow,
  given: readonly GivenNode[],
  policy: CpuPolicy | null,
): Nodes {
  const nodes: GuestNode[] = [];
  const seen = new Set<number>();
  for (const { cpus, mem } of given) {
    const set = cpuSet(cpus, flavor.vcpus);
    if (set === null) return no(`numa_cpus names no set of the guest's vCPUs: ${cpus}`);
    if (set.some((cpu) => seen.has(cpu))) return no(`numa_cpus names a vCPU twice: ${cpus}`);
    if (!/^[1-9]\d{0,9}$/.test(mem)) return no(`numa_mem is a number of MiB, not ${mem}`);
    for (const cpu of set) seen.add(cpu);
    nodes.push(withPins({ memory_mib: Number(mem) }, set, policy, nodes.length === 0));
  }
  const memory_mib = nodes.reduce((sum, node) => sum + node.memory_mib, 0);
  if (seen.size < flavor.vcpus) return no('numa_cpus leaves vCPUs without a node');
  if (memory_mib === flavor.memory_mib) return done(nodes);
  return no(`numa_mem adds up to ${memory_mib} MiB, the flavor has ${flavor.memory_mib}`);
}
