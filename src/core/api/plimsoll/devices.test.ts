/**
 * Goal: an operator sees each device of a host with its state and who holds it, and says that one
 * is clean; what does not wait for that is not to be said so.
 * Method: a host with a card that is used once: taken, let go, said clean, by the routes.
 * Mutants that were caught: any device said clean; the holder not told; unclean ones told as free.
 */
import { deepEqual, equal } from 'node:assert/strict';
import test from 'node:test';
import { Value } from 'typebox/value';
import { deviceFacts } from '../../devices/device.fixture.ts';
import { writeDevices } from '../../fleet/devices.ts';
import type { HostReport } from '../../fleet/report.ts';
import { claimAll } from '../../ledger/claim.ts';
import type { Draft } from '../../ledger/draft.ts';
import { VCPU } from '../../ledger/standard.ts';
import { LittleFleet } from '../../scheduler/little-fleet.fixture.ts';
import { postCleaned } from './devices.ts';
import { showHost } from './hosts.ts';
import type { PlimsollRooms } from './rooms.ts';

function world() {
  const { draft } = new LittleFleet([{ name: 'h', cells: [{ vcpus: 4, memory_mib: 1024 }] }]);
  const id = draft.books.providerNamed('h')?.id ?? -1;
  const devices = [deviceFacts('once', { one_time_use: true })];
  const pools = [{ uuid: 'pool', address: 'once', traits: [], devices }];
  const report = { host: 'h', uuid: 'uuid of h', devices: { pools, apart: [] } };
  writeDevices(draft, id, report as unknown as HostReport);
  const claim = (vcpus: number) => {
    const held = [{ provider_id: id, device: 'once', request: 'x' }];
    const pool = draft.books.devices.heldDevice({ provider_id: id, device: 'once' });
    const amounts = [
      { provider_id: id, resource_class_id: VCPU, amount: vcpus },
      { ...pool, provider_id: pool.pool_id ?? -1, amount: 1 },
    ];
    const owner = { project_id: 'p', user_id: 'u', consumer_type: 'INSTANCE' };
    const all = vcpus === 0 ? { amounts: [] } : { amounts, devices: held };
    equal(claimAll(draft, [{ consumer_uuid: 'server', ...owner, ...all }]).is, 'done');
  };
  const ledger = {
    read: (look: (view: Draft) => unknown) => look(draft),
    submit: (decide: (view: Draft) => unknown) => Promise.resolve(decide(draft)),
  };
  const rooms = { ledger } as unknown as PlimsollRooms;
  const asked = { params: { name: 'h' }, query: {}, raw_query: '', body: {}, headers: {} };
  const state = async () => {
    const answer = await showHost.handle(asked as never, rooms);
    const body = answer.is === 'found' ? answer.body : null;
    deepEqual([...Value.Errors(showHost.reply, body)], []);
    const { host } = body as { host: { devices: { state: string; holder: string | null }[] } };
    return host.devices.map(({ state: is, holder }) => `${is} ${holder}`).join();
  };
  const clean = async (device: string, name = 'h') => {
    const answer = await postCleaned.handle(
      { ...asked, params: { name }, body: { device } } as never,
      rooms,
    );
    return answer.is === 'refused' ? answer.code : answer.is;
  };
  return { claim, state, clean };
}

test('a device that is used once: free, held, waiting, free', async () => {
  const { claim, state, clean } = world();
  equal(await state(), 'free null');
  equal(await clean('once'), 'not-cleaning');
  claim(1);
  equal(await state(), 'held server');
  equal(await clean('once'), 'not-cleaning');
  claim(0);
  equal(await state(), 'cleaning null');
  equal(await clean('once', 'elsewhere'), 'missing');
  equal(await clean('another'), 'missing');
  equal(await clean('once'), 'found');
  equal(await state(), 'free null');
});
