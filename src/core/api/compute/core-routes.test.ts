/**
 * Goal: every route and action of the Compute API that must be served is, at the versions that have
 * it and at no others.
 * Method: an installation in simulated time with one thing of each kind; each line of the table is
 * asked at the ends of its range and one beyond them. A route that is not served answers 405, or
 * 404 with its own path; an action that is not, 400.
 * Mutants that these killed: topology from 2.79; statistics until 2.88; an action left out.
 */
import { deepEqual, ok } from 'node:assert/strict';
import test from 'node:test';
import {
  admin,
  boot,
  type Client,
  flavor,
  IMAGE,
  openCompute,
  rested,
} from '../../../sim/compute-client.ts';
import { type CoreRoute, coreActions, coreRoutes } from './core-routes.fixture.ts';

const NEWEST = 96;
const drain = () => new Promise<void>((resolve) => setImmediate(resolve));
const at = async ({ trial }: Client, version: number) => admin(trial, version);
type Names = Readonly<Record<string, string>>;

/** One thing of each kind. */
async function furnished(): Promise<{ readonly client: Client; readonly names: Names }> {
  const client = await admin(await openCompute(drain));
  const [small, hidden] = [await flavor(client), await flavor(client, HIDDEN)];
  const server = await boot(client, small, { metadata: { colour: 'red' }, tags: ['red'] });
  await rested(client, server);
  const ask = async (method: 'GET' | 'POST', path: string, body?: unknown) =>
    (await client.ask(method, path, body)).body;
  const aggregate = (await ask('POST', '/os-aggregates', { aggregate: { name: 'a' } })).aggregate;
  const server_group = { name: 'g', policy: 'affinity' };
  const group = (await ask('POST', '/os-server-groups', { server_group })).server_group;
  const old = await at(client, 1);
  await old.ask('POST', '/os-keypairs', { keypair: { name: 'key' } });
  const { instanceActions } = await ask('GET', `/servers/${server}/os-instance-actions`);
  const { tenant_id } = (await ask('GET', `/servers/${server}`)).server;
  const names = {
    ...{ server, flavor: small, private: hidden, key: 'key', project: tenant_id, image: IMAGE },
    ...{ aggregate: String(aggregate.id), group: group.id, request: instanceActions[0].request_id },
  };
  return { client, names };
}
const HIDDEN = { 'os-flavor-access:is_public': false, ram: 1024 };

/** Hosts are known by number until 2.52. */
async function filled(text: string, names: Names, client: Client): Promise<string> {
  const host = (await client.ask('GET', '/os-hypervisors')).body.hypervisors[0].id;
  const service = (await client.ask('GET', '/os-services')).body.services[0].id;
  const all: Names = { ...names, hypervisor: String(host), service: String(service) };
  return text.replaceAll(/\{(\w+)\}/g, (_, name: string) => all[name] ?? name);
}

async function isServed(client: Client, { method, path }: CoreRoute, names: Names) {
  const { status, body } = await client.ask(method, await filled(path, names, client), {});
  const nothing = /could not be found: \//.test(JSON.stringify(body ?? {}));
  return !(status === 405 || status === 501 || (status === 404 && nothing));
}

test('every route that must be served is, at its versions', async () => {
  const { client, names } = await furnished();
  const amiss: string[] = [];
  let asked = 0;
  for (const route of coreRoutes) {
    const { from = 1, to = NEWEST } = route;
    const expected = new Map([
      [from, true],
      [to, true],
    ]);
    if (from > 1) expected.set(from - 1, false);
    if (to < NEWEST) expected.set(to + 1, false);
    for (const [version, wanted] of expected) {
      asked += 1;
      const served = await isServed(await at(client, version), route, names);
      if (served !== wanted) amiss.push(`${route.method} ${route.path} at 2.${version}: ${served}`);
    }
  }
  deepEqual(amiss, []);
  ok(asked > 150, `only ${asked} requests`);
});

test('every action that must be served is, at its versions', async () => {
  const { client, names } = await furnished();
  const amiss: string[] = [];
  for (const { body, from = 1, to = NEWEST } of coreActions) {
    for (const version of new Set([from, to])) {
      const someone = await at(client, version);
      const text = await filled(JSON.stringify(body), names, someone);
      const path = `/servers/${names['server']}/action`;
      const told = await someone.ask('POST', path, JSON.parse(text));
      await rested(client, names['server'] ?? '');
      const words = JSON.stringify(told.body ?? '');
      const known = told.status < 400 || told.status === 409 || /still in use/.test(words);
      if (!known) amiss.push(`${text} at 2.${version}: ${told.status} ${words}`);
    }
  }
  deepEqual(amiss, []);
});
