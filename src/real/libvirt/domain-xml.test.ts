/**
 * Goal: libvirt is told of a guest what the ledger says, and nothing that a name or a path holds
 * becomes markup; what comes from another host names files of this one.
 * Method: descriptions of guests, read again with the parser of libvirt's format that wrote them,
 * and names that try to be more than names. Mutants tried by hand: text pasted unescaped, folders
 * compared without the slash behind them, the rescue disk second; each was caught.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import { DOMParser } from '@xmldom/xmldom';
import fc from 'fast-check';
import type { GuestSpec } from '../../core/ports/order.ts';
import type { GuestRecord } from '../qemu/guest-folder.ts';
import { backUpXml, broughtHere, domainXml, ownTarget } from './domain-xml.ts';

const UUID = '00000000-0000-4000-8000-000000000001';
const spec: GuestSpec = {
  ...{ uuid: UUID, name: 'small', vcpus: 2, memory_mib: 96, disk_gib: 0 },
  ...{ image_id: null, nodes: [] },
};
const outfit = { disk: 'raw', kernel: true, initramfs: true, command_line: 'quiet' } as const;
const recordOf = (more: Partial<GuestRecord> = {}): GuestRecord => ({
  ...{ version: 1, spec, made_by: 'r/boot', switched_by: null, stage: 'here', wanted: 'running' },
  ...{ leaving: null, process: null, outfit },
  ...more,
});
const FOLDER = '/state/h/guests/x';
const xmlOf = (record: GuestRecord, folder = FOLDER): string =>
  domainXml({ record, outfit, accel: 'tcg', folder });

/** Every element of that name: its attributes, and its text. */
function all(xml: string, name: string) {
  const document = new DOMParser().parseFromString(xml, 'text/xml');
  return [...document.getElementsByTagName(name)].map((at) => ({
    ...Object.fromEntries([...at.attributes].map((one) => [one.name, one.value])),
    ...(at.textContent && { text: at.textContent }),
  }));
}

test('names and paths stay what they are, whatever they hold', () => {
  let tried = 0;
  const nasty = fc.string({ unit: fc.constantFrom(...`ab<>&"'/ ]-!?é\0`) });
  fc.assert(
    fc.property(nasty, nasty, (name, step) => {
      const xml = xmlOf(recordOf({ spec: { ...spec, name }, made_by: step }));
      const speakable = (text: string) => text.replaceAll('\0', ' ');
      equal(all(xml, 'title')[0]?.text ?? '', speakable(name));
      const [mark] = all(xml, 'plimsoll:guest') as { made_by?: string }[];
      equal(mark?.made_by, speakable(step));
      equal(all(xml, 'domain').length, 1);
      if (/[<&"]/.test(name + step)) tried += 1;
    }),
  );
  ok(tried > 20, `${tried} were nasty`);
});

test('a guest has the disks, the kernel and the console that are in its folder', () => {
  const plain = xmlOf(recordOf());
  deepEqual(all(plain, 'source'), [
    { file: `${FOLDER}/disk` },
    { path: `${FOLDER}/console.log`, append: 'on' },
  ]);
  equal(all(plain, 'kernel')[0]?.text, `${FOLDER}/kernel`);
  const rescue = { ...outfit, folder: 'rescue', disk: 'qcow2', initramfs: false } as const;
  const rescued = recordOf({ rescue });
  const xml = xmlOf(rescued);
  deepEqual(all(xml, 'source').slice(0, 2), [
    { file: `${FOLDER}/rescue/disk` },
    { file: `${FOLDER}/disk` },
  ]);
  equal(all(xml, 'kernel')[0]?.text, `${FOLDER}/rescue/kernel`);
  deepEqual(all(xml, 'initrd'), []);
  deepEqual([ownTarget(recordOf()), ownTarget(rescued)], ['vda', 'vdb']);
  deepEqual(all(backUpXml(rescued, 'raw', '/c'), 'disk'), [
    { name: 'vda', backup: 'no' },
    { name: 'vdb', backup: 'yes', type: 'file' },
  ]);
});

test('nodes and pins are where the ledger claimed them', () => {
  const pins = [
    { cpu: 3, use: 'vcpu', vcpu: 1 },
    { cpu: 0, use: 'emulator', vcpu: null },
    { cpu: 5, use: 'idle', vcpu: null },
  ] as const;
  const nodes = [
    { cell: 1, vcpus: 1, memory_mib: 32 },
    { cell: 0, vcpus: 1, memory_mib: 64, exact: true, pins, pages: { size_kib: 2048, count: 32 } },
  ];
  const manner = { locked_memory: true } as const;
  const xml = xmlOf(recordOf({ spec: { ...spec, nodes, manner } }));
  deepEqual(all(xml, 'cell'), [
    { id: '0', cpus: '0-0', memory: '32', unit: 'MiB' },
    { id: '1', cpus: '1-1', memory: '64', unit: 'MiB' },
  ]);
  deepEqual(all(xml, 'memnode'), [
    { mode: 'strict', cellid: '0', nodeset: '1' },
    { mode: 'strict', cellid: '1', nodeset: '0' },
  ]);
  deepEqual(all(xml, 'vcpupin'), [{ vcpu: '1', cpuset: '3' }]);
  deepEqual(all(xml, 'emulatorpin'), [{ cpuset: '0' }]);
  equal(all(xml, 'allocation').length, 1);
  deepEqual(all(xml, 'page'), [{ size: '2048', unit: 'KiB', nodeset: '1' }]);
  equal(all(xml, 'locked').length, 1);
  equal(all(xmlOf(recordOf()), 'memoryBacking').length, 0);
});

test('what comes from another host names files of this one, and nothing else changes', () => {
  const there = `/there/it's <&> "here"/guests/x`;
  const from = xmlOf(recordOf(), there);
  equal(broughtHere(from, there, FOLDER), xmlOf(recordOf()));
  equal(broughtHere(from, `${there}y`, FOLDER), from);
  equal(broughtHere(from, there.slice(0, -1), FOLDER), from);
});
