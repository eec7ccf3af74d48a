/**
 * Goal: a host's own provider is there for as long as the host is, and a root (P5): whoever asks
 * Placement or our own API for anything else is refused in words, and the host goes on.
 * Method: an installation in simulated time with three hosts, asked by all three APIs.
 * Mutants that these killed: hosts that stand on nothing; a parent that is let in; a removal that
 * takes the providers away before the host.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import test from 'node:test';
import { admin, boot, type Client, flavor, openCompute, rested } from '../../sim/compute-client.ts';
import { present } from '../base/units.ts';
import { hosts } from '../fleet/rows.ts';
import { computeService } from './compute/service.ts';
import { identityService } from './identity/service.ts';
import { placementService } from './placement/service.ts';
import { plimsollService } from './plimsoll/service.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));
const services = [
  ...[identityService(), computeService(), plimsollService],
  placementService({ prefix: '/placement' }),
] as never;

async function open() {
  const client = await admin(await openCompute(drain, services));
  const host = await client.trial.rooms.ledger.read((view) => view.rows(hosts).get('h1'));
  const { uuid } = present(host, 'h1');
  return { client, uuid, path: `/placement/resource_providers/${uuid}` };
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
const ask = ({ trial, token }: Client, method: Method, path: string, body?: object) =>
  trial.ask(method, path, {
    token,
    headers: { 'openstack-api-version': 'placement 1.39', 'content-type': 'application/json' },
    ...(body && { body }),
  });

const other = 'cccccccc-0000-4000-8000-000000000001';

test('P5: the provider of a host is neither deleted nor put below another', async () => {
  const { client, uuid, path } = await open();
  await ask(client, 'POST', '/placement/resource_providers', { name: 'rack', uuid: other });
  const tree = {
    providers: [
      { uuid: other, name: 'rack', parent_provider_uuid: null },
      { uuid, name: 'h1', parent_provider_uuid: other },
    ],
  };
  const refused = [
    await ask(client, 'DELETE', path),
    await ask(client, 'PUT', path, { name: 'h1', parent_provider_uuid: other }),
    await ask(client, 'PUT', `/plimsoll/v1/providers/${other}/tree`, tree),
  ];
  for (const { status, body } of refused) {
    equal(status, 409, JSON.stringify(body));
    match(JSON.stringify(body), /that of a host of/);
  }
  equal((await ask(client, 'DELETE', `/placement/resource_providers/${other}`)).status, 204);
  equal((await ask(client, 'PUT', path, { name: 'h1', parent_provider_uuid: null })).status, 200);

  await boot(client, await flavor(client));
  const audited = await ask(client, 'POST', '/plimsoll/v1/audit', { host: 'h1' });
  equal(audited.status, 200, JSON.stringify(audited.body));
});

test('it goes with its host', async () => {
  const { client, uuid, path } = await open();
  equal((await client.ask('DELETE', `/os-services/${uuid}`)).status, 204);
  equal((await ask(client, 'GET', path)).status, 404);
  const id = await boot(client, await flavor(client));
  equal((await rested(client, id)).status, 'ACTIVE');
  const { body } = await client.ask('GET', '/os-services');
  deepEqual(
    body.services.map((one: { host: string }) => one.host),
    ['h2', 'h3'],
  );
});
