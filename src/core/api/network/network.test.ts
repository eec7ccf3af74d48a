/**
 * Goal: clients find the networks of the operator's bridges by id and by name, are content with
 * what there is none of, and change nothing.
 * Method: an installation on simulated time with two bridges, an administrator and nobody.
 * Mutants that these killed: a filter that is not looked at; a name taken for an id; a list
 * without a token; the bridge's name shown to all.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import { ApiTrial } from '../../../sim/api-trial.ts';
import { withImplied } from '../../identity/directory.ts';
import type { HttpRequest } from '../http.ts';
import { identityService } from '../identity/service.ts';
import { networkRoutes } from './networks.ts';
import { networkService } from './service.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));
const open = () => ApiTrial.open([identityService(), networkService()], drain, []);
const V2 = '/network/v2.0';

test('networks are listed, filtered, cut into pages and shown by id', async () => {
  const trial = await open();
  const token = await trial.token();
  const names = async (query: string): Promise<string> => {
    const { status, body } = await trial.ask('GET', `${V2}/networks${query}`, { token });
    equal(status, 200, JSON.stringify(body));
    return body.networks.map(({ name }: { name: string }) => name).join();
  };
  equal(await names(''), 'br0,public');
  equal(await names('?name=public'), 'public');
  equal(await names('?name=public&name=br0&shared=True'), 'br0,public');
  equal(await names('?name=br1'), '');
  equal(await names('?router:external=True'), '');
  equal(await names('?limit=1'), 'br0');
  const [first, second] = trial.rooms.networks;
  equal(await names(`?limit=1&marker=${first?.id}`), 'public');
  equal((await trial.ask('GET', `${V2}/networks?marker=no`, { token })).status, 400);
  equal((await trial.ask('GET', `${V2}/networks?limit=x`, { token })).status, 400);
  const shown = await trial.ask('GET', `${V2}/networks/${second?.id}`, { token });
  const { name, status, 'provider:physical_network': bridge } = shown.body.network;
  deepEqual([name, status, bridge], ['public', 'ACTIVE', 'br1']);
  const only = await trial.ask('GET', `${V2}/networks?fields=id&fields=name`, { token });
  deepEqual(Object.keys(only.body.networks[0]), ['id', 'name']);
});

test('a name is no id: clients then ask by name', async () => {
  const trial = await open();
  const token = await trial.token();
  const { status, body } = await trial.ask('GET', `${V2}/networks/public`, { token });
  deepEqual([status, body.NeutronError.type], [404, 'NetworkNotFound']);
});

test('what there is none of is an empty list, and its quota is 0', async () => {
  const trial = await open();
  const token = await trial.token();
  for (const name of ['ports', 'subnets', 'extensions', 'security-groups', 'floatingips']) {
    const { status, body } = await trial.ask('GET', `${V2}/${name}?device_id=x`, { token });
    deepEqual([status, body], [200, { [name.replace('-', '_')]: [] }]);
    equal((await trial.ask('GET', `${V2}/${name}/x`, { token })).status, 404);
  }
  for (const path of ['p', 'p/default']) {
    const { body } = await trial.ask('GET', `${V2}/quotas/${path}`, { token });
    deepEqual([body.quota.network, body.quota.port], [0, 0]);
  }
  const { body } = await trial.ask('GET', `${V2}/quotas/p/details`, { token });
  deepEqual(body.quota.subnet, { limit: 0, used: 0, reserved: 0 });
});

test('nobody makes networks, and nobody looks without a token; versions need none', async () => {
  const trial = await open();
  const token = await trial.token();
  equal((await trial.ask('POST', `${V2}/networks`, { token, body: {} })).status, 405);
  equal((await trial.ask('GET', `${V2}/networks`)).status, 401);
  equal((await trial.ask('GET', `${V2}/nonsense`, { token })).status, 404);
  const { status, body } = await trial.ask('GET', '/network/');
  deepEqual([status, body.versions[0].id, body.versions[0].status], [200, 'v2.0', 'CURRENT']);
  ok(body.versions[0].links[0].href.endsWith('/network/v2.0/'));
});

test('others see the networks, not what they are made of; without a role nothing', async () => {
  const { rooms } = await open();
  const handle = networkRoutes[0]?.handle;
  const asked = (roles: readonly string[]) =>
    handle?.({ query: '', caller: { roles } } as unknown as HttpRequest, rooms);
  const answer = await asked(withImplied(['member']));
  const { networks } = JSON.parse(String(answer?.body));
  deepEqual([networks.length, networks[0]['provider:physical_network']], [2, undefined]);
  equal((await asked([]))?.status, 403);
});
