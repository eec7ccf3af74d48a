/**
 * Persistent memory: namespaces of a host that guests get to themselves, by the labels of its
 * operator.
 *
 *   pmem_namespaces = 6GB:ns0|ns1,LARGE:ns2    host     CUSTOM_PMEM_NAMESPACE_6GB 2, …_LARGE 1
 *   hw:pmem = 6GB,6GB                          flavor   CUSTOM_PMEM_NAMESPACE_6GB 2
 *
 * A namespace is a device: held by one guest, claimed with everything else, and by both sides of a
 * move. It remembers what was in it, so after each use it waits to be cleaned. All namespaces of a
 * host are one pool, a provider below the host's.
 */

import type { Machine } from '../ports/hypervisor.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import type { DeviceFacts } from './device.ts';

/** Namespaces that are as good as each other, by their names. */
export interface PmemLabel {
  readonly label: string;
  readonly namespaces: readonly string[];
}

const CLASS = 'CUSTOM_PMEM_NAMESPACE_';
const LABEL = /^[A-Za-z0-9_.-]{1,200}$/;
const POOL = 'pmem';

/** Upstream's spelling: large letters, and `_` for all that no class can have. */
const classOf = (label: string): string =>
  `${CLASS}${label.toUpperCase().replaceAll(/[^A-Z0-9_]/g, '_')}`;

/** What an operator says of a host; `no`: all that is wrong. */
export function pmemLabels(text: string): Decision<readonly PmemLabel[], readonly string[]> {
  const labels = text.split(',').map((part): PmemLabel => {
    const [label = '', names = '', ...rest] = part.split(':').map((word) => word.trim());
    const namespaces = rest.length > 0 ? [] : names.split('|').map((name) => name.trim());
    return { label, namespaces };
  });
  const wrong = [
    ...labels.filter(isOdd).map(({ label }) => `${label || text} is not LABEL:NAME|NAME`),
    ...twice(labels.map(({ label }) => classOf(label))).map((name) => `${name} is there twice`),
    ...twice(labels.flatMap(({ namespaces }) => namespaces)).map(
      (name) => `${name} has two labels`,
    ),
  ];
  return wrong.length > 0 ? no(wrong) : done(labels);
}

const isOdd = ({ label, namespaces }: PmemLabel): boolean =>
  !LABEL.test(label) || namespaces.length === 0 || namespaces.includes('');

const twice = (names: readonly string[]): readonly string[] => [
  ...new Set(names.filter((name, at) => name !== '' && names.indexOf(name) !== at)),
];

/** What a flavor's `hw:pmem` asks for, by resource class. */
export function pmemAmounts(said: string | undefined): Readonly<Record<string, number>> {
  const amounts: Record<string, number> = {};
  for (const label of (said ?? '').split(',').filter((one) => one.trim() !== '')) {
    const name = classOf(label.trim());
    amounts[name] = (amounts[name] ?? 0) + 1;
  }
  return amounts;
}

/** Null: none. A namespace that the machine does not have by now is not offered. */
export function pmemPool(machine: Machine, labels: readonly PmemLabel[]) {
  const devices = labels.flatMap(({ label, namespaces }) =>
    namespaces.flatMap((name) => {
      const found = (machine.persistent_memory ?? []).find((one) => one.name === name);
      return found === undefined ? [] : factsOf(classOf(label), found);
    }),
  );
  return devices.length === 0 ? null : { id: POOL, address: POOL, traits: [], devices };
}

/** DV2: by its name, which is its operator's. */
const factsOf = (
  resource_class: string,
  { name, address, cell }: NonNullable<Machine['persistent_memory']>[number],
): DeviceFacts => ({
  id: `pmem:${name}`,
  address,
  kind: 'pmem',
  parent: null,
  vendor_id: '',
  product_id: '',
  cell,
  socket_cells: null,
  resource_class,
  traits: [],
  physical_network: null,
  live_migratable: true,
  one_time_use: true,
  mdev_type: null,
});
