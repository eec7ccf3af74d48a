/**
 * Names for kinds of devices, by which flavors ask for them.
 *
 *   { name: 'gpu', vendor_id: '10de', product_id: '20b5', numa_policy: 'preferred' }
 *   { name: 'gpu', vendor_id: '1002', product_id: '740f' }       either answers
 *
 *   pci_passthrough:alias = gpu:2,nic:1                           so many of each
 *
 *   numa_policy   required   in a cell of the guest
 *                 legacy     so, or where the machine does not know; when nobody says
 *                 preferred  so if possible
 *                 socket     in a cell of a socket of the guest's
 */
import { type Decision, done, no } from '../ports/reply.ts';
import type { DeviceFacts } from './device.ts';
import { Fields, isObject, type StandardNames } from './fields.ts';

export const NUMA_POLICIES = ['required', 'legacy', 'preferred', 'socket'] as const;
export type NumaPolicy = (typeof NUMA_POLICIES)[number];

/** What a device must be; null and empty: anything. */
export interface DeviceMatch {
  readonly vendor_id: string | null;
  readonly product_id: string | null;
  readonly resource_class: string | null;
  readonly traits: readonly string[];
  readonly live_migratable: boolean | null;
}

export interface Alias {
  readonly name: string;
  readonly kind: 'PCI' | 'PF' | 'VF';
  /** Null: nobody says. */
  readonly numa: NumaPolicy | null;
  readonly any_of: readonly DeviceMatch[];
}

/** So many devices of one alias. */
export interface DeviceAsk {
  readonly alias: string;
  readonly count: number;
  readonly kind: Alias['kind'];
  readonly numa: NumaPolicy;
  readonly any_of: readonly DeviceMatch[];
}

const KINDS = { 'type-PCI': 'PCI', 'type-PF': 'PF', 'type-VF': 'VF' } as const;
const KEYS = [
  'name',
  'vendor_id',
  'product_id',
  'device_type',
  'numa_policy',
  'resource_class',
  'traits',
  'live_migratable',
];

/** All aliases by name, or all that is wrong with them. */
export function deviceAliases(
  said: unknown,
  names: StandardNames,
): Decision<ReadonlyMap<string, Alias>, readonly string[]> {
  if (!Array.isArray(said)) return no(['alias is a list']);
  const problems: string[] = [];
  const found = new Map<string, Alias>();
  for (const [at, one] of said.entries()) {
    const alias = aliasOf(one, `alias ${at + 1}`, names, problems);
    const before = found.get(alias.name);
    if (before !== undefined && (before.kind !== alias.kind || before.numa !== alias.numa)) {
      problems.push(`alias ${at + 1}: ${alias.name} is there with another device_type or policy`);
    }
    found.set(alias.name, { ...alias, any_of: [...(before?.any_of ?? []), ...alias.any_of] });
  }
  return problems.length === 0 ? done(found) : no(problems);
}

function aliasOf(said: unknown, where: string, names: StandardNames, problems: string[]): Alias {
  const fields = new Fields(isObject(said) ? said : {}, where, KEYS);
  const name = fields.text('name');
  if (!isObject(said)) fields.wrong('is an object');
  else if (name === null) fields.wrong('has no name');
  else if (!/^[^\s,:]{1,256}$/.test(name)) fields.wrong('its name has a blank, a comma or a colon');
  const type = fields.oneOf('device_type', Object.keys(KINDS) as (keyof typeof KINDS)[]);
  const match: DeviceMatch = {
    vendor_id: fields.id('vendor_id'),
    product_id: fields.id('product_id'),
    resource_class: fields.resourceClass(names),
    traits: fields.traits(names),
    live_migratable: fields.truth('live_migratable'),
  };
  if (match.vendor_id === null && match.product_id === null && match.resource_class === null) {
    fields.wrong('says neither vendor_id and product_id nor resource_class');
  }
  const numa = fields.oneOf('numa_policy', NUMA_POLICIES);
  problems.push(...fields.problems);
  return { name: name ?? '', kind: KINDS[type ?? 'type-PCI'], numa, any_of: [match] };
}

/** The most devices that one flavor may ask for by one name. */
const COUNT_MAX = 64;

/** What a flavor says, e.g. `gpu:2,nic:1`. `policy` is its own or its image’s, and comes first. */
export function devicesAsked(
  said: string | undefined,
  policy: NumaPolicy | null,
  aliases: ReadonlyMap<string, Alias>,
): Decision<readonly DeviceAsk[], string> {
  const asked: DeviceAsk[] = [];
  for (const part of (said ?? '').split(',').filter((one) => one.trim() !== '')) {
    const [name = '', count = '', ...rest] = part.split(':').map((text) => text.trim());
    if (rest.length > 0 || !/^[1-9]\d?$/.test(count) || Number(count) > COUNT_MAX) {
      return no(`pci_passthrough:alias is name:count, from 1 to ${COUNT_MAX}, not ${part.trim()}`);
    }
    const alias = aliases.get(name);
    if (alias === undefined) return no(`PCI alias ${name} is not defined`);
    const { kind, any_of } = alias;
    const numa = policy ?? alias.numa ?? 'legacy';
    asked.push({ alias: name, count: Number(count), kind, numa, any_of });
  }
  return done(asked);
}

/** Whether the device answers the request, wherever it is. */
export const answers = ({ kind, any_of }: DeviceAsk, device: DeviceFacts): boolean =>
  device.kind === kind && any_of.some((match) => matches(match, device));

const matches = (match: DeviceMatch, device: DeviceFacts): boolean =>
  (match.vendor_id === null || match.vendor_id === device.vendor_id) &&
  (match.product_id === null || match.product_id === device.product_id) &&
  (match.resource_class === null || match.resource_class === device.resource_class) &&
  match.traits.every((trait) => device.traits.includes(trait)) &&
  (match.live_migratable === null || match.live_migratable === device.live_migratable);

/** Whether it may be had by a guest in these cells; null: by one without a topology. */
export function isNear(
  numa: NumaPolicy,
  device: DeviceFacts,
  cells: readonly number[] | null,
): boolean {
  if (cells === null || numa === 'preferred') return true;
  if (numa === 'socket') return device.socket_cells?.some((cell) => cells.includes(cell)) === true;
  if (device.cell === null) return numa === 'legacy';
  return cells.includes(device.cell);
}
