/**
 * The PCI devices of a machine that a guest could have: everything but bridges.
 *
 *   devices/0000:3b:00.0/sriov_totalvfs   it can be cut into functions: PF
 *   devices/0000:3b:02.0/physfn ──►       it is a function of that one: VF
 *   devices/…/numa_node                   -1: the machine does not know
 *   devices/…/mdev_supported_types/T/     shares of type T: those that are left, and those there
 *   devices/…/nvme/nvme0/serial           of drives; of others no file tells one
 */
import type { MachineDevice } from '../../core/ports/device.ts';
import type { Tree } from './tree.ts';

const DEVICES = 'sys/bus/pci/devices';
const ADDRESS = /^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/;
/** The first byte of a device's class. */
const BRIDGE = 0x06;

export const pciDevices = (tree: Tree, cells: readonly number[]): readonly MachineDevice[] =>
  tree
    .names(DEVICES)
    .filter((name) => ADDRESS.test(name))
    .flatMap((address) => deviceAt(tree, address, cells) ?? []);

function deviceAt(tree: Tree, address: string, cells: readonly number[]): MachineDevice | null {
  const path = `${DEVICES}/${address}`;
  if (Math.floor((tree.number(`${path}/class`) ?? 0) / 0x10000) === BRIDGE) return null;
  const vendor_id = idIn(tree, `${path}/vendor`);
  const product_id = idIn(tree, `${path}/device`);
  if (vendor_id === null || product_id === null) {
    tree.odd(`device ${address} does not say what it is: left out`);
    return null;
  }
  const parent = tree.link(`${path}/physfn`);
  const mdev_types = sharesOf(tree, path);
  return {
    address,
    kind: kindOf(parent, tree.number(`${path}/sriov_totalvfs`)),
    parent,
    vendor_id,
    product_id,
    cell: cellNear(tree, address, cells),
    serial: serialOf(tree, path),
    ...(Object.keys(mdev_types).length > 0 && { mdev_types }),
  };
}

function kindOf(parent: string | null, functions: number | null): MachineDevice['kind'] {
  if (parent !== null) return 'VF';
  return functions !== null && functions > 0 ? 'PF' : 'PCI';
}

function idIn(tree: Tree, path: string): string | null {
  const id = tree.number(path);
  return id === null || id < 0 || id > 0xffff ? null : id.toString(16).padStart(4, '0');
}

function cellNear(tree: Tree, address: string, cells: readonly number[]): number | null {
  const cell = tree.number(`${DEVICES}/${address}/numa_node`);
  if (cell === null || cell < 0) return null;
  if (cells.includes(cell)) return cell;
  tree.odd(`device ${address} is near NUMA cell ${cell}, which the machine does not have`);
  return null;
}

/** As many as there could be if none were taken. */
const sharesOf = (tree: Tree, path: string): Record<string, number> =>
  Object.fromEntries(
    tree.names(`${path}/mdev_supported_types`).flatMap((type) => {
      const about = `${path}/mdev_supported_types/${type}`;
      const left = tree.number(`${about}/available_instances`);
      return left === null ? [] : [[type, left + tree.names(`${about}/devices`).length]];
    }),
  );

function serialOf(tree: Tree, path: string): string | null {
  const [drive] = tree.names(`${path}/nvme`);
  return (drive === undefined ? null : tree.text(`${path}/nvme/${drive}/serial`)) || null;
}
