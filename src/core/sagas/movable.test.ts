/**
 * Goal: D-PC7: a move that is taken back leaves no device of its destination held, in the same
 * request, whatever the destination answers; one that goes through leaves none of its source; and a
 * running server is not moved with a device that does not bear it.
 * Method: two hosts with a card each; claims of a move, back and forth; what every host has then.
 * Mutants that were caught: taken back without the move's hold being let go; the source not held
 * for the move; a device that always counts as movable.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import test from 'node:test';
import type { DeviceAsk } from '../devices/alias.ts';
import { deviceFacts } from '../devices/device.fixture.ts';
import { deviceViews } from '../fleet/device-view.ts';
import { writeDevices } from '../fleet/devices.ts';
import type { HostReport } from '../fleet/report.ts';
import { checkBooks } from '../ledger/audit.ts';
import { Scheduler } from '../scheduler/decide.ts';
import { ask, LittleFleet } from '../scheduler/little-fleet.fixture.ts';
import { claimBack, claimMove, claimPlace, holdOf, letGo } from './holds.ts';
import { immovable } from './movable.ts';

const OWNER = { uuid: 'server', project_id: 'p', user_id: 'u' };
const any = { vendor_id: null, product_id: null, resource_class: null, traits: [] };
const card: DeviceAsk = {
  ...{ alias: 'card', count: 1, kind: 'PCI', numa: 'legacy' },
  any_of: [{ ...any, live_migratable: null }],
};

function world(live_migratable: boolean) {
  const fleet = new LittleFleet();
  for (const host of ['h', 'i']) {
    const id = fleet.addHost({ name: host, cells: [{ vcpus: 4, memory_mib: 4096 }] });
    const devices = [deviceFacts('card', { live_migratable })];
    const pools = [{ uuid: `card of ${host}`, address: 'card', traits: [], devices }];
    const report = { host, uuid: `uuid of ${host}`, devices: { pools, apart: [] } };
    writeDevices(fleet.draft, id, report as unknown as HostReport);
  }
  const { draft } = fleet;
  const place = (host: string) => {
    const wanted = ask({ server_uuid: 'server', devices: [card], only_hosts: [host] });
    const decided = new Scheduler().decide(draft, wanted);
    if (decided.is === 'no') throw new Error(decided.why.summary);
    return decided.value;
  };
  const states = () =>
    ['h', 'i'].map((host) => {
      const id = draft.books.providerNamed(host)?.id ?? -1;
      return deviceViews(draft, id).map(({ state, holder }) => holder ?? state)[0];
    });
  equal(claimPlace(draft, OWNER, place('h')).is, 'done');
  return { draft, place, states };
}

test('a move holds a device on both sides, taken back only the first, gone through the other', () => {
  const { draft, place, states } = world(true);
  const source = holdOf(draft.books, 'server');
  deepEqual(states(), ['server', 'free']);
  equal(claimMove(draft, OWNER, 'run', source, place('i')).is, 'done');
  deepEqual(states(), ['run', 'server']);
  equal(claimBack(draft, OWNER, 'run', source).is, 'done');
  deepEqual(states(), ['server', 'free']);
  equal(claimMove(draft, OWNER, 'run', source, place('i')).is, 'done');
  letGo(draft, OWNER, ['run']);
  deepEqual(states(), ['free', 'server']);
  deepEqual(checkBooks(draft), []);
});

test('a running server stays with a device that cannot be moved', () => {
  match(immovable(world(false).draft, 'server') ?? '', /cannot be moved while in use/);
  equal(immovable(world(true).draft, 'server'), null);
});
