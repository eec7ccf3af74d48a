/**
 * The devices that a server asks for by name, and how near they must be.
 *
 *   pci_passthrough:alias = gpu:2,nic:1      so many of each
 *   hw:pci_numa_affinity_policy = socket     for all of them; an image may say it where the flavor
 *                                            does not, or says the same
 */
import {
  type Alias,
  type DeviceAsk,
  devicesAsked,
  NUMA_POLICIES,
  type NumaPolicy,
} from '../devices/alias.ts';
import { type Decision, no } from '../ports/reply.ts';
import type { AskFacts } from './request.ts';

export type Aliases = ReadonlyMap<string, Alias>;

const none: Aliases = new Map();

export function devicesOf(facts: AskFacts): Decision<readonly DeviceAsk[], string> {
  const { server, image_properties, aliases = none } = facts;
  const specs = server.flavor.extra_specs;
  const flavor = specs['hw:pci_numa_affinity_policy'];
  const image = image_properties['hw_pci_numa_affinity_policy'];
  if (flavor !== undefined && image !== undefined && flavor !== image) {
    return no(`the image may not set the PCI NUMA policy ${image}: the flavor says ${flavor}`);
  }
  const policy = flavor ?? image;
  return devicesAsked(specs['pci_passthrough:alias'], known(policy), aliases);
}

/** Other values were refused before (specs/). */
const known = (policy: string | undefined): NumaPolicy | null =>
  NUMA_POLICIES.find((one) => one === policy) ?? null;

/** A host that does not know its sockets cannot keep to a policy by socket. */
export const deviceTraits = (asks: readonly DeviceAsk[]): readonly string[] =>
  asks.some(({ numa }) => numa === 'socket') ? ['COMPUTE_SOCKET_PCI_NUMA_AFFINITY'] : [];

/** Devices that a running guest can be moved with, and no others. */
export const movable = (asks: readonly DeviceAsk[]): readonly DeviceAsk[] =>
  asks.map((ask) => ({
    ...ask,
    any_of: ask.any_of
      .filter(({ live_migratable }) => live_migratable !== false)
      .map((match) => ({ ...match, live_migratable: true })),
  }));
