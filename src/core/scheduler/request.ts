/**
 * What a server asks for: its flavor, the flavor's extra specs, its image's properties, its hints.
 *
 *   resources:CUSTOM_X=2   that much of it; 0 leaves a resource out
 *   trait:NAME=required    or forbidden; an image may only require
 *   hw:numa_nodes=2        and hw:numa_cpus.N, hw:numa_mem.N, all or none (numa-nodes.ts)
 *   plimsoll:policy=pack   how to choose among the hosts that fit
 *
 * Other keys pass: they mean something to somebody else. What cannot be meant is refused with a
 * sentence, never guessed.
 */
import { type Decision, done, no } from '../ports/reply.ts';
import type { FlavorRow, ServerRow } from '../servers/rows.ts';
import type { Ask, PolicyName } from './ask.ts';
import { guestNodes } from './numa-nodes.ts';

export interface AskFacts {
  readonly server: Pick<
    ServerRow,
    'uuid' | 'flavor' | 'availability_zone' | 'group_uuid' | 'hints'
  >;
  readonly image_properties: Readonly<Record<string, string>>;
  /** Where the flavor names none. */
  readonly policy: PolicyName;
}

export function askFor({ server, image_properties, policy }: AskFacts): Decision<Ask, string> {
  const { flavor } = server;
  const resources = resourcesOf(flavor);
  if (resources.is === 'no') return resources;
  const nodes = guestNodes(flavor, image_properties);
  if (nodes.is === 'no') return nodes;
  const group = groupOf(server);
  if (group.is === 'no') return group;
  const chosen = policyOf(flavor, policy);
  if (chosen.is === 'no') return chosen;
  return done({
    server_uuid: server.uuid,
    resources: resources.value,
    required_traits: traitsOf([flavor.extra_specs, image_properties], 'required'),
    forbidden_traits: traitsOf([flavor.extra_specs], 'forbidden'),
    nodes: nodes.value,
    availability_zone: server.availability_zone,
    group: group.value,
    ignore_hosts: [],
    only_hosts: null,
    policy: chosen.value,
  });
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

function resourcesOf(flavor: FlavorRow): Decision<Readonly<Record<string, number>>, string> {
  const amounts = new Map(Object.entries(flavorAmounts(flavor)));
  for (const [key, text] of Object.entries(flavor.extra_specs)) {
    if (!key.startsWith('resources')) continue;
    const name = /^resources:([A-Z0-9_]+)$/.exec(key)?.[1];
    if (name === undefined) return no(`flavor extra spec ${key} names no resource class`);
    if (!/^\d{1,10}$/.test(text)) return no(`flavor extra spec ${key} is no whole number: ${text}`);
    amounts.set(name, Number(text));
  }
  return done(Object.fromEntries([...amounts].filter(([, amount]) => amount > 0)));
}

function traitsOf(
  sources: readonly Readonly<Record<string, string>>[],
  wish: 'required' | 'forbidden',
): readonly string[] {
  const names = sources.flatMap((source) =>
    Object.entries(source)
      .filter(([key, value]) => key.startsWith('trait:') && value === wish)
      .map(([key]) => key.slice('trait:'.length)),
  );
  return [...new Set(names)];
}

function groupOf(server: AskFacts['server']): Decision<Ask['group'], string> {
  const { group_uuid: uuid, hints } = server;
  if (uuid === null) return done(null);
  const domain = hints['fault_domain'] ?? '';
  if (typeof domain === 'string') return done({ uuid, domain });
  if (typeof domain === 'number') return done({ uuid, domain: String(domain) });
  return no('the hint fault_domain is a text or a number');
}

function policyOf(flavor: FlavorRow, otherwise: PolicyName): Decision<PolicyName, string> {
  const named = flavor.extra_specs['plimsoll:policy'] ?? otherwise;
  if (named === 'spread' || named === 'pack' || named === 'balanced') return done(named);
  return no(`plimsoll:policy is spread, pack or balanced, not ${named}`);
}
