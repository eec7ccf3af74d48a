/**
 * How QEMU is started for one guest. Paths are names within the guest's directory, where it runs.
 *
 *   machine   a versioned type, so that both ends of a migration mean the same one
 *   memory    of an odd size under emulation (topology.ts)
 *   drive     what it reads of itself: a CD's volume on a disk that it cannot write
 *   disk      its format stated, no backing file followed: nothing is guessed from a guest's bytes
 *   sandbox   QEMU may start nothing, and become nobody
 *   screen    a plain VGA that nobody looks at but by a screenshot
 *   -S        it stands still until it is told to go on: no guest runs that is not written down
 */
import type { GuestSpec } from '../../core/ports/order.ts';
import type { Accel } from './accel.ts';
import { memoryKib, nodeArguments } from './topology.ts';

export type DiskFormat = 'raw' | 'qcow2';

/** What is in the guest's directory to start from. */
export interface Outfit {
  /** In this folder of it; left out: in the directory itself. */
  readonly folder?: string;
  readonly disk: DiskFormat | null;
  readonly kernel: boolean;
  readonly initramfs: boolean;
  readonly command_line: string;
  /** Left out: it has no drive to read its configuration from. */
  readonly drive?: true;
}

/** What an outfit may have in its folder. */
export const OUTFIT_FILES = ['kernel', 'initramfs', 'disk', 'drive'] as const;

export const MACHINE = 'pc-q35-7.2';
export const DISK_NODE = 'disk0';
const RESCUE_NODE = 'rescue0';

export interface StartAbout {
  readonly spec: GuestSpec;
  readonly outfit: Outfit;
  /** Starts from this one, and has the disk of its own second. */
  readonly rescue?: Outfit | null | undefined;
  readonly accel: Accel;
  /** Waits for memory from elsewhere. */
  readonly incoming: boolean;
  /** Where large pages are, by their KiB (pages.ts). */
  readonly page_folders: ReadonlyMap<number, string>;
}

export function commandLine(about: StartAbout): string[] {
  const { spec, outfit, rescue, accel, incoming, page_folders } = about;
  const isEmulated = accel === 'tcg';
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-S'],
    ...['-name', spec.uuid, '-uuid', spec.uuid, '-pidfile', 'pid'],
    ...['-machine', MACHINE, '-accel', accel, '-cpu', 'qemu64'],
    ...['-smp', String(spec.vcpus), '-m', `${memoryKib(spec, isEmulated)}k`],
    ...nodeArguments(spec, isEmulated, page_folders),
    ...(spec.manner?.locked_memory === true ? ['-overcommit', 'mem-lock=on'] : []),
    ...['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
    ...['-action', 'shutdown=pause'],
    ...['-chardev', 'socket,id=qmp,path=qmp,server=on,wait=off'],
    ...['-mon', 'chardev=qmp,mode=control'],
    ...['-chardev', 'file,id=console,path=console.log,append=on', '-serial', 'chardev:console'],
    ...(rescue == null ? [] : diskOf(rescue, RESCUE_NODE)),
    ...diskOf(outfit, DISK_NODE),
    ...driveOf(rescue ?? outfit),
    ...['-device', 'VGA,id=screen'],
    ...kernelOf(rescue ?? outfit),
    ...(incoming ? ['-incoming', 'defer'] : []),
  ];
}

const at = (folder: string | undefined, name: string): string =>
  folder === undefined ? name : `${folder}/${name}`;

/** Where a file of an outfit is, in the guest's directory. */
export const outfitFile = (outfit: Outfit | null, name: string): string => at(outfit?.folder, name);
export const diskFile = (outfit: Outfit | null): string => outfitFile(outfit, 'disk');

function diskOf({ disk, folder }: Outfit, node_name: string): string[] {
  if (disk === null) return [];
  const node = {
    driver: disk,
    'node-name': node_name,
    ...(disk === 'qcow2' && { backing: null }),
    file: { driver: 'file', filename: at(folder, 'disk') },
  };
  const device = `virtio-blk-pci,drive=${node_name},id=virtio-${node_name}`;
  return ['-blockdev', JSON.stringify(node), '-device', device];
}

export const driveFile = (outfit: Outfit): string => outfitFile(outfit, 'drive');

function driveOf(outfit: Outfit): string[] {
  if (outfit.drive !== true) return [];
  const file = { driver: 'file', filename: driveFile(outfit), 'read-only': true };
  const node = { driver: 'raw', 'node-name': 'drive0', 'read-only': true, file };
  return ['-blockdev', JSON.stringify(node), '-device', 'virtio-blk-pci,drive=drive0,id=drive'];
}

function kernelOf({ kernel, initramfs, command_line, folder }: Outfit): string[] {
  if (!kernel) return [];
  const rest = initramfs ? ['-initrd', at(folder, 'initramfs')] : [];
  return ['-kernel', at(folder, 'kernel'), ...rest, '-append', command_line];
}
