/**
 * How libvirt is told of one guest. As command-line.ts for QEMU itself, with libvirt's own ways
 * where it has some:
 *
 *   metadata   an element of ours, with the step that made it: what is not so marked is not ours
 *   machine    a versioned type, so that both ends of a migration mean the same one
 *   disk       its format stated, no backing file followed: nothing is guessed from a guest's bytes
 *   nodes      vCPUs, memory and pins as the ledger claimed them, or it does not start
 *   screen     a plain VGA that nobody looks at but by a screenshot
 *   devices    none but those named: no USB, no balloon
 */
import { join } from 'node:path';
import type { GuestSpec } from '../../core/ports/order.ts';
import type { Accel } from '../qemu/accel.ts';
import { diskFile, driveFile, MACHINE, type Outfit } from '../qemu/command-line.ts';
import { CONSOLE, type GuestRecord } from '../qemu/guest-folder.ts';
import { largeOf } from '../qemu/pages.ts';
import { vcpusOf } from '../qemu/topology.ts';
import { element, mapped, render, type XmlElement } from './xml.ts';

export const NAMESPACE = 'https://plimsoll.dev/libvirt/1';
const EMULATOR = '/usr/bin/qemu-system-x86_64';

export interface DomainAbout {
  readonly record: GuestRecord;
  readonly outfit: Outfit;
  readonly accel: Accel;
  /** Of the guest. */
  readonly folder: string;
}

export function domainXml({ record, outfit, accel, folder }: DomainAbout): string {
  const { spec, rescue } = record;
  const disks = [...(rescue == null ? [] : [rescue]), outfit].filter(({ disk }) => disk !== null);
  return render(
    element(
      'domain',
      { type: accel === 'kvm' ? 'kvm' : 'qemu' },
      element('name', {}, spec.uuid),
      element('uuid', {}, spec.uuid),
      element('title', {}, spec.name.replaceAll('\n', ' ')),
      element('metadata', {}, markOf(record)),
      element('memory', { unit: 'MiB' }, String(spec.memory_mib)),
      ...memoryOf(spec),
      element('vcpu', { placement: 'static' }, String(spec.vcpus)),
      ...pinsOf(spec),
      systemOf(rescue ?? outfit, folder),
      element('features', {}, element('acpi'), element('apic')),
      cpuOf(spec),
      element(
        'devices',
        {},
        element('emulator', {}, EMULATOR),
        ...disks.map((one, at) => diskOf(one, at, folder)),
        ...driveOf(rescue ?? outfit, folder),
        ...consoleOf(folder),
        element('video', {}, element('model', { type: 'vga' })),
        element('controller', { type: 'usb', model: 'none' }),
        element('memballoon', { model: 'none' }),
      ),
    ),
  );
}

const markOf = ({ made_by }: GuestRecord): XmlElement =>
  element('plimsoll:guest', { 'xmlns:plimsoll': NAMESPACE, made_by });

function systemOf({ kernel, initramfs, command_line, folder: at }: Outfit, folder: string) {
  const file = (name: string) => join(folder, at ?? '', name);
  return element(
    'os',
    {},
    element('type', { arch: 'x86_64', machine: MACHINE }, 'hvm'),
    ...(kernel ? [element('kernel', {}, file('kernel'))] : []),
    ...(kernel && initramfs ? [element('initrd', {}, file('initramfs'))] : []),
    ...(kernel ? [element('cmdline', {}, command_line)] : []),
  );
}

/** By its place among the disks, e.g. 1: `vdb`. */
const targetAt = (place: number): string => `vd${'ab'.charAt(place)}`;

/** What the guest's own disk is called, which is behind the one that it was rescued with. */
export const ownTarget = ({ rescue }: GuestRecord): string =>
  targetAt(rescue == null || rescue.disk === null ? 0 : 1);

const diskOf = (outfit: Outfit, place: number, folder: string): XmlElement =>
  element(
    'disk',
    { type: 'file', device: 'disk' },
    element('driver', { name: 'qemu', type: outfit.disk ?? 'raw' }),
    element('source', { file: join(folder, diskFile(outfit)) }),
    element('backingStore'),
    element('target', { dev: targetAt(place), bus: 'virtio' }),
  );

/** Behind every disk that a guest may have: `targetAt` names no more than two. */
const DRIVE_TARGET = 'vdc';

function driveOf(outfit: Outfit, folder: string): readonly XmlElement[] {
  if (outfit.drive !== true) return [];
  return [
    element(
      'disk',
      { type: 'file', device: 'disk' },
      element('driver', { name: 'qemu', type: 'raw' }),
      element('source', { file: join(folder, driveFile(outfit)) }),
      element('target', { dev: DRIVE_TARGET, bus: 'virtio' }),
      element('readonly'),
    ),
  ];
}

const consoleOf = (folder: string): readonly XmlElement[] => [
  element(
    'serial',
    { type: 'file' },
    element('source', { path: join(folder, CONSOLE), append: 'on' }),
    element('target', { port: 0 }),
  ),
];

// ── where the ledger claimed it ──────────────────────────────────────────────────────────────────

function cpuOf({ nodes }: GuestSpec): XmlElement {
  const cells = nodes.map(({ memory_mib }, id) =>
    element('cell', { id, cpus: vcpusOf(nodes, id), memory: memory_mib, unit: 'MiB' }),
  );
  return element(
    'cpu',
    { mode: 'custom', match: 'exact', check: 'none' },
    element('model', { fallback: 'forbid' }, 'qemu64'),
    ...(cells.length === 0 ? [] : [element('numa', {}, ...cells)]),
  );
}

function memoryOf({ nodes, manner }: GuestSpec): readonly XmlElement[] {
  const large = nodes.flatMap((node, at) => {
    const size = largeOf(node);
    return size === null ? [] : [element('page', { size, unit: 'KiB', nodeset: at })];
  });
  const backing = [
    ...(large.length === 0 ? [] : [element('hugepages', {}, ...large)]),
    ...(manner?.locked_memory === true ? [element('locked')] : []),
    ...(nodes.some(({ exact }) => exact === true)
      ? [element('allocation', { mode: 'immediate' })]
      : []),
  ];
  const backed = backing.length === 0 ? [] : [element('memoryBacking', {}, ...backing)];
  if (nodes.length === 0) return backed;
  const bound = { mode: 'strict' };
  const all = [...new Set(nodes.map(({ cell }) => cell))].join(',');
  return [
    ...backed,
    element(
      'numatune',
      {},
      element('memory', { ...bound, nodeset: all }),
      ...nodes.map(({ cell }, cellid) => element('memnode', { ...bound, cellid, nodeset: cell })),
    ),
  ];
}

function pinsOf({ nodes }: GuestSpec): readonly XmlElement[] {
  const pins = nodes.flatMap((node) => node.pins ?? []);
  const emulator = pins.filter(({ use }) => use === 'emulator').map(({ cpu }) => cpu);
  const pinned = pins.flatMap(({ use, vcpu, cpu }) =>
    use === 'vcpu' && vcpu !== null ? [element('vcpupin', { vcpu, cpuset: cpu })] : [],
  );
  if (emulator.length > 0) pinned.push(element('emulatorpin', { cpuset: emulator.join(',') }));
  return pinned.length === 0 ? [] : [element('cputune', {}, ...pinned)];
}

// ── what else libvirt is told in XML ─────────────────────────────────────────────────────────────

/** A description from another host, with the guest's folder as it is here. */
export const broughtHere = (xml: string, from: string, to: string): string =>
  mapped(xml, (text) => (text.startsWith(`${from}/`) ? to + text.slice(from.length) : text));

/** A copy of a guest's own disk, as it is when it is asked for. */
export const backUpXml = (record: GuestRecord, format: string, path: string): string =>
  render(
    element(
      'domainbackup',
      { mode: 'push' },
      element(
        'disks',
        {},
        ...(ownTarget(record) === targetAt(0)
          ? []
          : [element('disk', { name: targetAt(0), backup: 'no' })]),
        element(
          'disk',
          { name: ownTarget(record), backup: 'yes', type: 'file' },
          element('driver', { type: format }),
          element('target', { file: path }),
        ),
      ),
    ),
  );
