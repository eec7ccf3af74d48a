/**
 * What a server asks for: its flavor, the flavor's extra specs, its image's properties, its hints.
 *
 *   resources:CUSTOM_X=2   that much of it; 0 leaves a resource out
 *   trait:NAME=required    or forbidden; an image may only require
 *   resources1:VGPU=1      a group: one provider has all of it; group_policy=isolate keeps groups
 *   trait1:NAME=required     on providers of their own
 *   hw:numa_nodes=2        and hw:numa_cpus.N, hw:numa_mem.N, all or none (numa-nodes.ts)
 *   hw:cpu_policy=…        dedicated, mixed: CPUs of the host to themselves (cpu-policy.ts)
 *   pci_passthrough:alias=…  devices of hosts to itself (device-asks.ts)
 *   hw:pmem=6GB,6GB        namespaces of persistent memory (devices/pmem.ts)
 *   hw:locked_memory=true  and hw:cpu_realtime: how it is run (manner.ts)
 *   plimsoll:policy=pack   how to choose among the hosts that fit
 *   plimsoll:lifetime=12h  how long it stays, also as a hint: for hosts that shall become empty
 *
 * Every other key that means something has its row in specs/; keys of nobody's namespace pass.
 * What cannot be meant or kept to is refused with a sentence, never guessed.
 */
import { pmemAmounts } from '../devices/pmem.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import { lifetimeOf } from '../servers/lifetime.ts';
import type { FlavorRow, ServerRow } from '../servers/rows.ts';
import type { About, Ask, PolicyName } from './ask.ts';
import { pinnedAmounts, threadTraits } from './cpu-policy.ts';
import { type Aliases, devicesOf, deviceTraits } from './device-asks.ts';
import { type FilterOptions, STANDARD_OPTIONS } from './filter-options.ts';
import { mannerOf, mannerTraits } from './manner.ts';
import { guestNodes } from './numa-nodes.ts';
import type { Specs } from './specs/check.ts';
import { amountsIn, groupsOf, namedIn } from './specs/groups.ts';
import { needsOf } from './specs/needs.ts';

export interface AskFacts {
  readonly server: Pick<
    ServerRow,
    'uuid' | 'flavor' | 'availability_zone' | 'group_uuid' | 'hints' | 'project_id' | 'image_id'
  >;
  readonly image_properties: Readonly<Record<string, string>>;
  /** As Glance names it, e.g. `qcow2`; null or left out: there is none. */
  readonly image_format?: string | null;
  /** Where the flavor names none. */
  readonly policy: PolicyName;
  readonly options?: FilterOptions;
  /** Left out: none. */
  readonly aliases?: Aliases;
}

export function askFor(facts: AskFacts): Decision<Ask, string> {
  const { server, image_properties, policy, options = STANDARD_OPTIONS } = facts;
  const { flavor } = server;
  const needs = needsOf(flavor.extra_specs, image_properties);
  if (needs.is === 'no') return needs;
  const nodes = guestNodes(flavor, image_properties);
  if (nodes.is === 'no') return nodes;
  const threads = threadTraits(nodes.value);
  const manner = mannerOf(flavor, image_properties);
  if (manner.is === 'no') return manner;
  const lifetime = lifetimeOf(server);
  if (lifetime.is === 'no') return lifetime;
  const group = groupOf(server);
  if (group.is === 'no') return group;
  const devices = devicesOf(facts);
  if (devices.is === 'no') return devices;
  return done({
    server_uuid: server.uuid,
    resources: resourcesOf(flavor, pinnedAmounts(nodes.value)),
    ...traitsOf(
      flavor.extra_specs,
      [
        ...namedIn(image_properties, ''),
        ...formatTrait(facts, options),
        ...needs.value.traits,
        ...threads.required,
        ...mannerTraits(manner.value),
        ...deviceTraits(devices.value),
      ],
      threads.forbidden,
    ),
    groups: [...groupsOf(flavor.extra_specs), ...needs.value.groups],
    group_policy: flavor.extra_specs['group_policy'] === 'isolate' ? 'isolate' : 'none',
    ...(devices.value.length > 0 && { devices: devices.value }),
    nodes: nodes.value,
    ...(manner.value && { manner: manner.value }),
    availability_zone: server.availability_zone ?? options.default_zone,
    group: group.value,
    ignore_hosts: [],
    only_hosts: null,
    policy: (flavor.extra_specs['plimsoll:policy'] as PolicyName | undefined) ?? policy,
    ...(lifetime.value !== null && { lifetime: lifetime.value }),
    about: aboutOf(server, image_properties, options),
  });
}

const formatTrait = ({ image_format }: AskFacts, options: FilterOptions): readonly string[] =>
  options.image_type_support && image_format
    ? [`COMPUTE_IMAGE_TYPE_${image_format.toUpperCase()}`]
    : [];

/** Only what filters read: an ask is kept with its explanation. */
function aboutOf(server: AskFacts['server'], image: Specs, options: FilterOptions): About {
  const { flavor, hints, project_id, image_id } = server;
  const wishes = Object.entries(flavor.extra_specs).filter(([key]) =>
    /^(capabilities|aggregate_instance_extra_specs):/.test(key),
  );
  const known = ['query', 'build_near_host_ip', 'cidr'].filter((key) => hints[key] !== undefined);
  return {
    project_id,
    flavor_name: flavor.name,
    specs: Object.fromEntries(wishes),
    image_id,
    image,
    hints: Object.fromEntries(known.map((key) => [key, hints[key]])),
    options,
  };
}

const SWAP_MIB_A_GIB = 1024;

/**
 * What a flavor takes of a host, in the ledger's units: the only place where this is reckoned.
 *
 * e.g. 20 GiB root, 10 GiB ephemeral, 1025 MiB swap: DISK_GB = 20 + 10 + ⌈1025 / 1024⌉ = 32.
 */
export const flavorAmounts = (flavor: FlavorRow): Readonly<Record<string, number>> => ({
  VCPU: flavor.vcpus,
  MEMORY_MB: flavor.memory_mib,
  DISK_GB: flavor.disk_gib + flavor.ephemeral_gib + Math.ceil(flavor.swap_mib / SWAP_MIB_A_GIB),
});

function resourcesOf(flavor: FlavorRow, pinned: Ask['resources']): Ask['resources'] {
  const { extra_specs: specs } = flavor;
  const persistent = pmemAmounts(specs['hw:pmem']);
  const amounts = { ...flavorAmounts(flavor), ...pinned, ...persistent, ...amountsIn(specs, '') };
  return Object.fromEntries(Object.entries(amounts).filter(([, amount]) => amount > 0));
}

function traitsOf(specs: Specs, more: readonly string[], never: readonly string[]) {
  return {
    required_traits: [...new Set([...namedIn(specs, ''), ...more])],
    forbidden_traits: [...new Set([...namedIn(specs, '', 'forbidden'), ...never])],
  };
}

function groupOf(server: AskFacts['server']): Decision<Ask['group'], string> {
  const { group_uuid: uuid, hints } = server;
  if (uuid === null) return done(null);
  const domain = hints['fault_domain'] ?? '';
  if (typeof domain === 'string') return done({ uuid, domain });
  if (typeof domain === 'number') return done({ uuid, domain: String(domain) });
  return no('the hint fault_domain is a text or a number');
}
