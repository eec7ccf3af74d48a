/**
 * Goal: who gets no device is told which, how many there are and were asked for, and when it is a
 * matter of where; who asks for none is kept off hosts with free devices.
 * Method: two cells, two cards in cell 0, one in cell 1, and a card of functions; one refusal each.
 * Mutants that were caught: held devices counted as free; `impossible` said of devices that are
 * only held, or wait to be cleaned; the weigher turned round.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import test from 'node:test';
import type { DeviceAsk } from '../../devices/alias.ts';
import { deviceFacts } from '../../devices/device.fixture.ts';
import type { DeviceFacts } from '../../devices/device.ts';
import { writeDevices } from '../../fleet/devices.ts';
import type { HostReport } from '../../fleet/report.ts';
import type { Ask } from '../ask.ts';
import { Scheduler } from '../decide.ts';
import { ask, LittleFleet } from '../little-fleet.fixture.ts';

const any = { vendor_id: null, product_id: null, resource_class: null, traits: [] };
const asked = (alias: string, count: number, about: Partial<DeviceAsk> = {}): DeviceAsk => ({
  ...{ alias, count, kind: 'PCI', numa: 'required' },
  any_of: [{ ...any, live_migratable: null }],
  ...about,
});

function fleetWith(devices: readonly DeviceFacts[], names = ['h']): LittleFleet {
  const cell = { vcpus: 4, memory_mib: 8192 };
  const fleet = new LittleFleet(names.map((name) => ({ name, cells: [cell, cell] })));
  const id = fleet.draft.books.providerNamed('h')?.id ?? -1;
  const tops = devices.filter(({ parent }) => parent === null);
  const pools = tops.map((top) => ({
    ...{ uuid: `pool ${top.id}`, address: top.id, traits: [] },
    devices: devices.filter((one) => one === top || one.parent === top.id),
  }));
  const report = { host: 'h', uuid: 'uuid of h', devices: { pools, apart: [] } };
  writeDevices(fleet.draft, id, report as unknown as HostReport);
  return fleet;
}

const cards = [0, 0, 1].map((cell, at) => deviceFacts(`card-${at}`, { cell }));
const nic = [
  deviceFacts('pf', { kind: 'PF', resource_class: 'CUSTOM_PF' }),
  deviceFacts('vf', { kind: 'VF', parent: 'pf', resource_class: 'CUSTOM_VF' }),
];

function refused(fleet: LittleFleet, about: Partial<Ask>) {
  const decided = new Scheduler().decide(fleet.draft, ask(about));
  if (decided.is === 'done') return { refusal: 'none', reason: '', summary: '' };
  const { refusal, hosts, summary } = decided.why;
  return { refusal, reason: hosts[0]?.reason ?? '', summary };
}

const node = { vcpus: 1, memory_mib: 1 };

test('which device, how many of how many, and where', () => {
  const fleet = fleetWith([...cards, ...nic]);
  const none = refused(fleet, {
    devices: [
      asked('fpga', 1, { any_of: [{ ...any, product_id: 'ffff', live_migratable: null }] }),
    ],
  });
  equal(none.reason, 'has no device for fpga');
  equal(none.refusal, 'impossible');
  match(none.summary, /1 fpga/);
  match(
    refused(fleet, { devices: [asked('card', 4)] }).reason,
    /has 3 of 3 devices for card free, not the 4/,
  );
  match(
    refused(fleet, { nodes: [node], devices: [asked('card', 3)] }).reason,
    /not in reach of the NUMA cells that the guest fits in \(card: required\)/,
  );
  const both = [asked('whole', 1, { kind: 'PF' }), asked('part', 1, { kind: 'VF' })];
  match(refused(fleet, { devices: both }).reason, /not 1 for whole, 1 for part at once/);
});

test('held and unclean ones may come free: no-room, not impossible', () => {
  const fleet = fleetWith([deviceFacts('once', { one_time_use: true })]);
  const wanted = ask({ server_uuid: 'first', devices: [asked('once', 1)] });
  const place = new Scheduler().decide(fleet.draft, wanted);
  const devices = place.is === 'done' ? place.value.devices : [];
  deepEqual(
    devices.map(({ device }) => device),
    ['once'],
  );
  if (place.is === 'done') equal(fleet.claim('first', place.value).is, 'done');
  const held = refused(fleet, { devices: [asked('once', 1)] });
  deepEqual(
    [held.refusal, held.reason],
    ['no-room', 'has 0 of 1 devices for once free, not the 1 asked for'],
  );
  fleet.letGo('first');
  equal(refused(fleet, { devices: [asked('once', 1)] }).refusal, 'no-room');
});

test('hosts with free devices are kept for those who ask for some', () => {
  const fleet = fleetWith(cards, ['h', 'i']);
  for (const policy of ['spread', 'pack', 'balanced'] as const) {
    const place = new Scheduler().decide(fleet.draft, ask({ policy }));
    equal(place.is === 'done' && place.value.host, 'i');
  }
});
