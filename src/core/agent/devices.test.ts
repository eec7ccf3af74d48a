/**
 * Goal: what is known to go wrong elsewhere with devices (D-PC1 to D-PC6, D-PP2) cannot here; what
 * a host offers, and what its agent lets nobody have twice (TR4).
 * Method: hosts report real machines into a draft; then each defect's story is played.
 * Mutants that were caught: devices of the claim before kept; a device not found among others'; kin
 * of what a guest holds given; a PF that stays barred after its VF went; news applied while held.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import test from 'node:test';
import { machineOf } from '../../sim/simulated-host.ts';
import { type DeviceAsk, deviceAliases, devicesAsked } from '../devices/alias.ts';
import { chooseDevices } from '../devices/choice.ts';
import { deviceFacts } from '../devices/device.fixture.ts';
import { offerOf } from '../devices/offer.ts';
import { deviceSpecs } from '../devices/spec.ts';
import { deviceViews } from '../fleet/device-view.ts';
import { applyReport } from '../fleet/registry.ts';
import type { UsedDevice } from '../fleet/report.ts';
import { fleetTables } from '../fleet/rows.ts';
import { checkBooks } from '../ledger/audit.ts';
import { type Claim, claimAll } from '../ledger/claim.ts';
import { Draft } from '../ledger/draft.ts';
import { ledgerTables } from '../ledger/rows.ts';
import { seedStandards, VCPU } from '../ledger/standard.ts';
import { State } from '../ledger/state.ts';
import type { MachineDevice } from '../ports/device.ts';
import type { GuestSpec } from '../ports/order.ts';
import { plainConfig } from './config.ts';
import { deviceTaken } from './devices.ts';
import { reportOf } from './report.ts';

const names = { classes: ['VGPU'], traits: ['OWNER_NOVA'] };
const specs = (said: unknown) => {
  const read = deviceSpecs(said, names);
  if (read.is === 'no') throw new Error(read.why.join());
  return read.value;
};

const pf = '0000:3b:00.0';
const none = { vendor_id: '8086', product_id: '1592', cell: 0, serial: null };
const nic: readonly MachineDevice[] = [
  { ...none, address: pf, kind: 'PF', parent: null },
  { ...none, address: '0000:3b:01.0', kind: 'VF', parent: pf, product_id: '1889' },
  { ...none, address: '0000:3b:01.1', kind: 'VF', parent: pf, product_id: '1889' },
];
const gpu = (bus: string, serial: string | null = null): MachineDevice => ({
  ...{ address: `0000:${bus}:00.0`, kind: 'PCI', parent: null, cell: 0, serial },
  ...{ vendor_id: '10de', product_id: '20b5' },
});

const machineWith = (devices: readonly MachineDevice[]) =>
  machineOf({ cores: 8, memory_mib: 1024, disk_gib: 10, devices });

class Fleet {
  readonly draft = new Draft(new State([...ledgerTables, ...fleetTables]), 0);

  constructor() {
    seedStandards(this.draft);
  }

  report(
    host: string,
    devices: readonly MachineDevice[],
    said: unknown = [{}],
    cleaned: readonly UsedDevice[] = [],
  ): readonly UsedDevice[] {
    const about = { host, uuid: `uuid of ${host}`, incarnation: 1 };
    const config = { ...plainConfig, devices: specs(said) };
    const report = reportOf(about, config, machineWith(devices), []);
    const taken = applyReport(this.draft, { ...report, cleaned });
    ok(taken.is === 'done');
    return taken.value.unclean;
  }

  id = (name: string): number => this.draft.books.providerNamed(name)?.id ?? -1;

  claim(consumer_uuid: string, host: string, ids: readonly string[]): Claim {
    const provider_id = this.id(host);
    const amounts = new Map([
      [`${provider_id}`, { provider_id, resource_class_id: VCPU, amount: 1 }],
    ]);
    for (const device of ids) {
      const row = this.draft.books.devices.heldDevice({ provider_id, device });
      const at = `${row.pool_id} ${row.resource_class_id}`;
      const amount = (amounts.get(at)?.amount ?? 0) + 1;
      amounts.set(at, { ...row, provider_id: row.pool_id ?? -1, amount });
    }
    return {
      ...{ consumer_uuid, project_id: 'p', user_id: 'u', consumer_type: 'INSTANCE' },
      amounts: [...amounts.values()].map(({ provider_id: p, resource_class_id, amount }) => ({
        ...{ provider_id: p, resource_class_id, amount },
      })),
      devices: ids.map((device) => ({ provider_id, device, request: 'x' })),
    };
  }

  take(consumer_uuid: string, host: string, ids: readonly string[]): string {
    const mark = this.draft.mark;
    const said = claimAll(this.draft, [this.claim(consumer_uuid, host, ids)]);
    if (said.is === 'no') this.draft.rollback(mark);
    deepEqual(checkBooks(this.draft), []);
    return said.is === 'done' ? 'done' : said.why.why;
  }

  free(consumer_uuid: string): void {
    claimAll(this.draft, [{ ...this.claim(consumer_uuid, '', []), amounts: [] }]);
    deepEqual(checkBooks(this.draft), []);
  }

  states = (host: string): readonly string[] =>
    deviceViews(this.draft, this.id(host)).map(({ id, state }) => `${id} ${state}`);
}

const VF0 = `pci:${pf}/vf/0`;
const VF1 = `pci:${pf}/vf/1`;
const PF = `pci:${pf}`;

test('D-PC1: a second claim replaces the first, and what it held before is free', () => {
  const fleet = new Fleet();
  fleet.report('h', [gpu('17'), gpu('27')]);
  equal(fleet.take('a', 'h', ['pci:0000:17:00.0']), 'done');
  equal(fleet.take('a', 'h', ['pci:0000:27:00.0']), 'done');
  deepEqual(fleet.states('h'), ['pci:0000:17:00.0 free', 'pci:0000:27:00.0 held']);
});

test('D-PC2: of several devices all are taken or none, kin and inventories too', () => {
  const fleet = new Fleet();
  fleet.report('h', [...nic, gpu('17')]);
  equal(fleet.take('a', 'h', ['pci:0000:17:00.0']), 'done');
  const before = JSON.stringify([fleet.states('h'), fleet.draft.books.inventories]);
  equal(fleet.take('b', 'h', [VF0, 'pci:0000:17:00.0']), 'device');
  equal(fleet.take('b', 'h', [VF0, PF]), 'device');
  equal(JSON.stringify([fleet.states('h'), fleet.draft.books.inventories]), before);
});

test('D-PC3: a VF that vanished is let go, and its PF is free in the same request', () => {
  const fleet = new Fleet();
  fleet.report('h', nic);
  equal(fleet.take('a', 'h', [VF1]), 'done');
  deepEqual(fleet.states('h'), [`${PF} barred`, `${VF0} free`, `${VF1} held`]);
  fleet.report('h', nic.slice(0, 2));
  deepEqual(fleet.states('h'), [`${PF} barred`, `${VF0} free`, `${VF1} gone`]);
  fleet.free('a');
  deepEqual(fleet.states('h'), [`${PF} free`, `${VF0} free`]);
  equal(fleet.take('b', 'h', [PF]), 'done');
  deepEqual(fleet.states('h'), [`${PF} held`, `${VF0} barred`]);
});

test('D-PC4: devices are their host’s: the same address on two hosts is two devices', () => {
  const fleet = new Fleet();
  for (const host of ['h', 'i']) fleet.report(host, [gpu('17')]);
  equal(fleet.take('a', 'h', ['pci:0000:17:00.0']), 'done');
  equal(fleet.take('b', 'h', ['pci:0000:17:00.0']), 'device');
  equal(fleet.take('b', 'i', ['pci:0000:17:00.0']), 'done');
});

test('D-PC5: whether it can be moved is heeded for devices of networks as well', () => {
  const alias = deviceAliases([{ name: 'x', vendor_id: '10de', live_migratable: 'yes' }], names);
  const asked = alias.is === 'done' ? devicesAsked('x:1', null, alias.value) : alias;
  const asks: readonly DeviceAsk[] = asked.is === 'done' ? asked.value : [];
  const stays = deviceFacts('a', { physical_network: 'n' });
  const moves = deviceFacts('b', { physical_network: 'n', live_migratable: true });
  equal(chooseDevices(asks, [stays], null), null);
  deepEqual(chooseDevices(asks, [stays, moves], null), [[moves]]);
});

test('D-PC6, D-PP2: an allocation and its device are one commit, whichever asks for the other', () => {
  const fleet = new Fleet();
  fleet.report('h', [gpu('17'), gpu('27')]);
  const mark = fleet.draft.mark;
  const { devices: _, ...claim } = fleet.claim('a', 'h', ['pci:0000:27:00.0']);
  equal(claimAll(fleet.draft, [claim]).is, 'done');
  const tables = fleet.draft.changes.slice(mark).map(({ table }) => table);
  ok(tables.includes('allocation') && tables.includes('device_hold'));
  deepEqual(fleet.states('h'), ['pci:0000:17:00.0 free', 'pci:0000:27:00.0 held']);
  deepEqual(checkBooks(fleet.draft), []);
});

test('what is held stays as it was, whatever the machine or its operator says by now', () => {
  const fleet = new Fleet();
  const [old, now] = [[{ resource_class: 'GOLD' }], [{ resource_class: 'TIN' }]];
  fleet.report('h', [gpu('17', 's1')], old);
  equal(fleet.take('a', 'h', ['serial:s1/0']), 'done');
  fleet.report('h', [gpu('5e', 's1')], now);
  const seen = () =>
    deviceViews(fleet.draft, fleet.id('h')).map(
      (d) => `${d.address} ${d.resource_class} ${d.state}`,
    );
  deepEqual(seen(), ['0000:17:00.0 CUSTOM_GOLD held']);
  fleet.free('a');
  deepEqual(seen(), ['0000:5e:00.0 CUSTOM_TIN free']);
  fleet.report('h', [gpu('5e', 's1')], now);
  equal(fleet.draft.books.providerNamed('h_0000:5e:00.0')?.parent_id, fleet.id('h'));
});

test('cards that swap addresses keep their holders, and swap the names of their pools', () => {
  const fleet = new Fleet();
  fleet.report('h', [gpu('17', 's1'), gpu('27', 's2')]);
  equal(fleet.take('a', 'h', ['serial:s1/0']), 'done');
  const pool = (name: string) => fleet.draft.books.providerNamed(name)?.uuid;
  const before = [pool('h_0000:17:00.0'), pool('h_0000:27:00.0')];
  fleet.report('h', [gpu('27', 's1'), gpu('17', 's2')]);
  deepEqual([pool('h_0000:27:00.0'), pool('h_0000:17:00.0')], before);
  deepEqual(fleet.states('h'), ['serial:s1/0 held', 'serial:s2/0 free']);
});

test('shares of a card: as many as its driver makes, asked for by amount', () => {
  const fleet = new Fleet();
  const card = { ...gpu('17'), mdev_types: { 'grid-4': 4 } };
  fleet.report('h', [card], [{ mdev_type: 'grid-4' }]);
  const pool = fleet.draft.books.providerNamed('h_0000:17:00.0')?.id ?? -1;
  const VGPU = fleet.draft.books.classByName.get('VGPU')?.id ?? -1;
  const claim = fleet.claim('a', 'h', []);
  const amounts = [...claim.amounts, { provider_id: pool, resource_class_id: VGPU, amount: 3 }];
  const { devices: _, ...plain } = claim;
  equal(claimAll(fleet.draft, [{ ...plain, amounts }]).is, 'done');
  deepEqual(fleet.draft.books.consumers.get('a')?.devices.length, 3);
  deepEqual(checkBooks(fleet.draft), []);
});

test('what cannot be told apart is not offered, and why is said', () => {
  const two = [{ address: '0000:3b:01.0', traits: 'A' }, {}];
  const offer = offerOf(machineWith(nic), specs(two));
  deepEqual(offer.pools, []);
  match(offer.problems.join(), /0000:3b:00.0 is not offered: its functions .* other traits/);
  const twins = offerOf(machineWith([gpu('17', 'same'), gpu('27', 'same')]), specs([{}]));
  deepEqual(
    twins.pools.map(({ id }) => id),
    ['pci:0000:17:00.0', 'pci:0000:27:00.0'],
  );
});

test('whatever a host reports, no other host’s provider is touched', () => {
  const fleet = new Fleet();
  fleet.report('h', [gpu('17')]);
  const devices = [deviceFacts('x', { parent: 'y' }), deviceFacts('y', { parent: 'x' })];
  const pools = ['uuid of h', fleet.draft.books.providerNamed('h_0000:17:00.0')?.uuid ?? '', 'new'];
  const about = { host: 'i', uuid: 'uuid of i', incarnation: 1 };
  const plain = reportOf(about, plainConfig, machineWith([]), []);
  const made = pools.map((uuid) => ({ uuid, address: uuid, traits: [], devices }));
  const report = { ...plain, devices: { pools: made, apart: [] } };
  ok(applyReport(fleet.draft, report).is === 'done');
  deepEqual(fleet.states('h'), ['pci:0000:17:00.0 free']);
  equal(fleet.draft.books.provider('uuid of h')?.name, 'h');
  equal(fleet.states('i').length, 2);
  equal(fleet.take('a', 'i', ['x']), 'done');
});

const guest = (uuid: string, ids: readonly string[]): GuestSpec => ({
  ...{ uuid, name: uuid, vcpus: 1, memory_mib: 1, disk_gib: 0, image_id: null, nodes: [] },
  devices: ids.map((id) => ({ id, address: id, mdev_type: null })),
});

test('TR4: on the spot, a device is one guest’s, with its kin; and it is really there', () => {
  const config = { devices: specs([{}]), pmem: [] };
  const said = (ids: readonly string[], held: readonly string[]) =>
    deviceTaken(guest('new', ids), [guest('old', held)], machineWith(nic), config);
  equal(said([VF0], [VF1]), null);
  match(said([VF0], [VF0]) ?? '', /held by guest old/);
  match(said([VF0], [PF]) ?? '', /held by guest old/);
  match(said([PF], [VF1]) ?? '', /held by guest old/);
  match(said(['pci:0000:99:00.0'], []) ?? '', /not offered here/);
});

test('a device that is used once is clean after the use that its host cleaned it after, no other', () => {
  const fleet = new Fleet();
  const once = [{ one_time_use: 'yes' }];
  const card = gpu('17', 'one');
  const say = (cleaned: readonly UsedDevice[] = []) => fleet.report('h', [card], once, cleaned);
  const use = () => {
    fleet.take('a', 'h', ['serial:one/0']);
    fleet.free('a');
  };
  deepEqual(say(), []);
  use();
  const first = say();
  deepEqual(first, [{ device: 'serial:one/0', address: '0000:17:00.0', uses: 1 }]);
  deepEqual(say(), first);
  deepEqual(say(first), []);
  deepEqual(fleet.states('h'), ['serial:one/0 free']);
  use();
  const late = say(first);
  deepEqual(late, [{ ...first[0], uses: 2 }]);
  deepEqual(fleet.states('h'), ['serial:one/0 cleaning']);
  deepEqual(say(late), []);
});
