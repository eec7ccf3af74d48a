/**
 * The NUMA nodes of a guest, from its flavor or else its image.
 *
 *   hw:numa_nodes=2                                    vCPUs and memory in equal parts
 *   hw:numa_cpus.0=0,1  hw:numa_mem.0=1024             node 0 has vCPUs 0 and 1, and 1 GiB
 *   hw:numa_cpus.1=2-5  hw:numa_mem.1=3072             node 1 the rest
 *   hw:cpu_policy=dedicated, hw:mem_page_size=large,   one node, where nobody says how many
 *   hw:pmem=6GB
 *
 * Explicit nodes name every vCPU once and all of the memory. An image may only speak where the
 * flavor does not.
 */
import { type Decision, done, no } from '../ports/reply.ts';
import type { FlavorRow } from '../servers/rows.ts';
import { cpuSet } from '../topology/cpu-set.ts';
import type { PageWish } from '../topology/pages.ts';
import type { GuestNode } from './ask.ts';
import { type CpuPolicy, cpuPolicy, withPins } from './cpu-policy.ts';
import { pageWish } from './memory-pages.ts';

/** More nodes than any machine has cells. */
const NODES_MAX = 64;

type Specs = Readonly<Record<string, string>>;
type Nodes = Decision<readonly GuestNode[], string>;

/** What every node of the guest goes by. */
interface Rules {
  readonly cpus: CpuPolicy | null;
  readonly pages: PageWish | null;
}

export function guestNodes(flavor: FlavorRow, image: Specs): Nodes {
  const cpus = cpuPolicy(flavor, image);
  if (cpus.is === 'no') return cpus;
  const pages = pageWish(flavor.extra_specs, image);
  if (pages.is === 'no') return pages;
  const rules = { cpus: cpus.value, pages: pages.value };
  const said = topologyKeys(flavor.extra_specs, image);
  if (said.is === 'no') return said;
  const asked = said.value['numa_nodes'];
  const persistent = flavor.extra_specs['hw:pmem'] !== undefined;
  const none = rules.cpus === null && rules.pages === null && !persistent;
  if (asked === undefined && none) return done([]);
  const count = Number(asked ?? 1);
  if (!/^\d+$/.test(asked ?? '1') || count < 1 || count > NODES_MAX) {
    return no(`numa_nodes is a whole number from 1 to ${NODES_MAX}, not ${asked}`);
  }
  return divided(flavor, count, said.value, rules);
}

/** `numa_nodes`, `numa_cpus.N`, `numa_mem.N`, each from whoever says it. */
function topologyKeys(flavor: Specs, image: Specs): Decision<Specs, string> {
  const own = underPrefix(flavor, 'hw:');
  const others = underPrefix(image, 'hw_');
  const kinds = new Set(Object.keys(own).map(kindOf));
  const twice = Object.keys(others).find((key) => kinds.has(kindOf(key)));
  if (twice !== undefined) return no(`the image may not set hw_${twice}: the flavor does`);
  return done({ ...others, ...own });
}

const kindOf = (key: string): string => key.replace(/\.\d+$/, '');
const underPrefix = (specs: Specs, prefix: string): Specs =>
  Object.fromEntries(
    Object.entries(specs)
      .filter(([key]) => /^(numa_nodes|numa_(cpus|mem)\.\d+)$/.test(key.slice(prefix.length)))
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value]),
  );

function divided(flavor: FlavorRow, count: number, said: Specs, rules: Rules): Nodes {
  const named = Object.keys(said).filter((key) => key !== 'numa_nodes');
  if (named.length === 0) return evenly(flavor, count, rules);
  const beyond = named.find((key) => Number(key.split('.')[1]) >= count);
  if (beyond !== undefined) return no(`${beyond} names no node: there are ${count}`);
  if (named.length < 2 * count) return no('numa_cpus and numa_mem are given for all nodes or none');
  const given = Array.from({ length: count }, (_, node) => ({
    cpus: said[`numa_cpus.${node}`] ?? '',
    mem: said[`numa_mem.${node}`] ?? '',
  }));
  return explicitly(flavor, given, rules);
}

function evenly({ vcpus, memory_mib }: FlavorRow, count: number, rules: Rules): Nodes {
  if (vcpus % count !== 0 || memory_mib % count !== 0) {
    return no(`${vcpus} vCPUs and ${memory_mib} MiB do not divide evenly over ${count} NUMA nodes`);
  }
  const each = vcpus / count;
  const sets = Array.from({ length: count }, (_, at) =>
    Array.from({ length: each }, (_, vcpu) => at * each + vcpu),
  );
  return done(sets.map((set, at) => nodeOf(memory_mib / count, set, rules, at === 0)));
}

function nodeOf(memory_mib: number, vcpus: readonly number[], rules: Rules, first: boolean) {
  const node = { memory_mib, ...(rules.pages !== null && { pages: rules.pages }) };
  return withPins(node, vcpus, rules.cpus, first);
}

interface GivenNode {
  readonly cpus: string;
  readonly mem: string;
}

function explicitly(flavor: FlavorRow, given: readonly GivenNode[], rules: Rules): Nodes {
  const nodes: GuestNode[] = [];
  const seen = new Set<number>();
  for (const { cpus, mem } of given) {
    const set = cpuSet(cpus, flavor.vcpus);
    if (set === null) return no(`numa_cpus names no set of the guest's vCPUs: ${cpus}`);
    if (set.some((cpu) => seen.has(cpu))) return no(`numa_cpus names a vCPU twice: ${cpus}`);
    if (!/^[1-9]\d{0,9}$/.test(mem)) return no(`numa_mem is a number of MiB, not ${mem}`);
    for (const cpu of set) seen.add(cpu);
    nodes.push(nodeOf(Number(mem), set, rules, nodes.length === 0));
  }
  const memory_mib = nodes.reduce((sum, node) => sum + node.memory_mib, 0);
  if (seen.size < flavor.vcpus) return no('numa_cpus leaves vCPUs without a node');
  if (memory_mib === flavor.memory_mib) return done(nodes);
  return no(`numa_mem adds up to ${memory_mib} MiB, the flavor has ${flavor.memory_mib}`);
}
