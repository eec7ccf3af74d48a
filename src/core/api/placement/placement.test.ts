/**
 * Goal: what all routes have in common holds for each of them: who may ask, in which version, what
 * an answer carries; and a refused request changes nothing.
 * Method: Placement on a ledger of its own, asked by calls; tables of all routes.
 *
 * Shown mutants, each noticed: a route without its rule; `since` one off; system scope let in; the
 * code of an error in 1.22; Last-Modified in 1.14; an error that leaves its half behind.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import test from 'node:test';
import { caller, PlacementSample } from './sample.ts';

const A = 'aaaaaaaa-0000-4000-8000-000000000001';
const B = 'aaaaaaaa-0000-4000-8000-000000000002';
const C = 'cccccccc-0000-4000-8000-000000000001';

/** Every route with the version that brought it, and what it was before. */
const routes: readonly (readonly [method: string, path: string, since: number, before: number])[] =
  [
    ['GET', '/resource_classes', 2, 404],
    ['POST', '/resource_classes', 2, 404],
    ['GET', '/resource_classes/VCPU', 2, 404],
    ['PUT', '/resource_classes/CUSTOM_X', 2, 404],
    ['DELETE', '/resource_classes/CUSTOM_X', 2, 404],
    ['GET', '/traits', 6, 404],
    ['GET', '/traits/CUSTOM_X', 6, 404],
    ['PUT', '/traits/CUSTOM_X', 6, 404],
    ['DELETE', '/traits/CUSTOM_X', 6, 404],
    ['GET', '/resource_providers', 0, 0],
    ['POST', '/resource_providers', 0, 0],
    ['GET', `/resource_providers/${A}`, 0, 0],
    ['PUT', `/resource_providers/${A}`, 0, 0],
    ['DELETE', `/resource_providers/${A}`, 0, 0],
    ['GET', `/resource_providers/${A}/inventories`, 0, 0],
    ['POST', `/resource_providers/${A}/inventories`, 0, 0],
    ['PUT', `/resource_providers/${A}/inventories`, 0, 0],
    ['DELETE', `/resource_providers/${A}/inventories`, 5, 405],
    ['GET', `/resource_providers/${A}/inventories/VCPU`, 0, 0],
    ['PUT', `/resource_providers/${A}/inventories/VCPU`, 0, 0],
    ['DELETE', `/resource_providers/${A}/inventories/VCPU`, 0, 0],
    ['GET', `/resource_providers/${A}/traits`, 6, 404],
    ['PUT', `/resource_providers/${A}/traits`, 6, 404],
    ['DELETE', `/resource_providers/${A}/traits`, 6, 404],
    ['GET', `/resource_providers/${A}/aggregates`, 1, 404],
    ['PUT', `/resource_providers/${A}/aggregates`, 1, 404],
    ['GET', `/resource_providers/${A}/usages`, 0, 0],
    ['GET', `/resource_providers/${A}/allocations`, 0, 0],
    ['GET', '/usages?project_id=a-project', 9, 404],
    ['GET', `/allocations/${C}`, 0, 0],
    ['PUT', `/allocations/${C}`, 0, 0],
    ['DELETE', `/allocations/${C}`, 0, 0],
    ['POST', '/allocations', 13, 404],
    ['GET', '/allocation_candidates?resources=VCPU:1', 10, 404],
    ['POST', '/reshaper', 30, 404],
  ];
const json = { 'content-type': 'application/json' };

test('the table above names every route', async () => {
  const { service } = await PlacementSample.open();
  equal(service.routes.length, routes.length + 1); // and `/`
});

test('without a token nobody gets in, but to the versions', async () => {
  const placement = await PlacementSample.open();
  for (const [method, path] of routes) {
    equal((await placement.ask(method, path, { by: null, headers: json })).status, 401, path);
  }
  equal((await placement.ask('GET', '/nowhere', { by: null })).status, 401);
  equal((await placement.ask('GET', '/', { by: null })).status, 200);
});

test('services may do everything, admins all but reshape, others look at their usages', async () => {
  const placement = await PlacementSample.open();
  for (const [method, path] of routes) {
    const status = async (roles: readonly string[], more = {}) =>
      (await placement.ask(method, path, { by: caller(roles, more), headers: json })).status;
    const mine = path.startsWith('/usages');
    ok((await status(['service'])) !== 403, path);
    equal((await status(['admin'])) === 403, path === '/reshaper', path);
    equal((await status(['reader'])) === 403, !mine, path);
    equal(await status(['member']), 403, path);
    equal(await status(['admin'], { system_scope: true, project_id: null }), 403, path);
  }
  const other = await placement.ask('GET', '/usages?project_id=b', { by: caller(['reader']) });
  equal(other.status, 403);
});

test('a rule of the policy file takes the place of the default', async () => {
  const rules = { 'placement:resource_providers:list': 'role:auditor' };
  const placement = await PlacementSample.open({ policy: { enforce_new_defaults: true, rules } });
  const list = async (role: string) =>
    (await placement.ask('GET', '/resource_providers', { by: caller([role]) })).status;
  deepEqual([await list('auditor'), await list('admin')], [200, 403]);
});

test('while the older defaults hold too, an admin may reshape', async () => {
  const placement = await PlacementSample.open({
    policy: { enforce_new_defaults: false, rules: {} },
  });
  const by = caller(['admin']);
  equal((await placement.ask('POST', '/reshaper', { by, body: {} })).status, 400);
});

test('a route is there from its version on', async () => {
  const placement = await PlacementSample.open();
  for (const [method, path, since, before] of routes) {
    if (since === 0) continue;
    const older = await placement.ask(method, path, { minor: since - 1, headers: json });
    equal(older.status, before, `${method} ${path}`);
    const newer = await placement.ask(method, path, { minor: since, headers: json });
    const masked = newer.body?.errors?.[0]?.detail?.includes('is there from microversion') === true;
    equal(masked, false, `${method} ${path}`);
  }
});

test('answers tell their version, errors their code from 1.23, reads their date from 1.15', async () => {
  const placement = await PlacementSample.open();
  const error = async (minor: number) =>
    (await placement.ask('GET', '/resource_providers/none', { minor })).body.errors[0];
  equal('code' in (await error(22)), false);
  equal((await error(23)).code, 'placement.undefined_code');
  const read = async (minor: number) =>
    (await placement.ask('GET', '/resource_providers', { minor })).headers;
  deepEqual((await read(14))['last-modified'], undefined);
  equal((await read(15))['last-modified'], 'Thu, 01 Jan 2026 00:00:00 GMT');
  equal((await read(15))['cache-control'], 'no-cache');
  equal((await read(15))['openstack-api-version'], 'placement 1.15');
  match((await read(15))['vary'] ?? '', /openstack-api-version/);
  equal((await read(15))['x-openstack-request-id'], 'req-1');
});

test('versions that are none, and bodies and forms that nobody reads', async () => {
  const placement = await PlacementSample.open();
  const status = async (headers: Record<string, string>, method = 'GET') =>
    (await placement.ask(method, '/resource_providers', { headers })).status;
  equal(await status({ 'openstack-api-version': 'placement 1.40' }), 406);
  equal(await status({ 'openstack-api-version': 'placement 2.1' }), 406);
  equal(await status({ 'openstack-api-version': 'placement one' }), 400);
  equal(await status({ 'openstack-api-version': 'compute 2.90' }), 200);
  equal(await status({ 'openstack-api-version': 'compute 2.90, placement latest' }), 200);
  equal(await status({ accept: 'text/html' }), 406);
  equal(await status({ accept: 'text/html, */*;q=0.1' }), 200);
  equal(await status({ accept: 'application/json;q=0' }), 406);
  equal(await status({ 'content-type': 'text/plain' }, 'POST'), 415);
  equal(await status({}, 'PATCH'), 405);
});

async function furnished(): Promise<PlacementSample> {
  const placement = await PlacementSample.open();
  for (const [uuid, name] of [
    [A, 'a'],
    [B, 'b'],
  ]) {
    await placement.ask('POST', '/resource_providers', { body: { uuid, name } });
  }
  const body = { resource_provider_generation: 0, inventories: { VCPU: { total: 4 } } };
  await placement.ask('PUT', `/resource_providers/${A}/inventories`, { body });
  return placement;
}

const holding = (provider: string, amount: number, generation: number | null) => ({
  allocations: { [provider]: { resources: { VCPU: amount } } },
  project_id: 'p',
  user_id: 'u',
  consumer_generation: generation,
  consumer_type: 'INSTANCE',
});

test('L2: whatever is refused leaves everything as it was', async () => {
  const placement = await furnished();
  const ask = (method: string, path: string, body: unknown) =>
    placement.ask(method, path, { body });
  equal((await ask('PUT', `/allocations/${C}`, holding(A, 2, null))).status, 204);
  const state = async () =>
    JSON.stringify([
      (await placement.ask('GET', '/resource_providers')).body,
      (await placement.ask('GET', `/resource_providers/${A}/inventories`)).body,
      (await placement.ask('GET', `/allocations/${C}`)).body,
      (await placement.ask('GET', '/traits?associated=true')).body,
    ]);
  const before = await state();
  const two = { VCPU: { total: 8 }, DISK_GB: { total: 1, reserved: 2 } };
  const wrong: readonly (readonly [string, string, unknown, number])[] = [
    ['PUT', `/allocations/${C}`, holding(A, 5, 1), 409],
    ['PUT', `/allocations/${C}`, holding(B, 1, 1), 409],
    ['PUT', `/allocations/${C}`, holding(A, 1, 9), 409],
    ['POST', '/allocations', { [C]: holding(A, 1, 1), [B]: holding(A, 4, null) }, 409],
    [
      'PUT',
      `/resource_providers/${A}/inventories`,
      { resource_provider_generation: 2, inventories: {} },
      409,
    ],
    [
      'PUT',
      `/resource_providers/${A}/inventories`,
      { resource_provider_generation: 2, inventories: two },
      400,
    ],
    ['PUT', `/resource_providers/${A}`, { name: 'b', parent_provider_uuid: B }, 409],
    ['PUT', `/resource_providers/${A}`, { name: 'c', parent_provider_uuid: A }, 400],
    [
      'PUT',
      `/resource_providers/${A}/traits`,
      { resource_provider_generation: 2, traits: ['HW_CPU_X86_AVX', 'NO'] },
      400,
    ],
    ['DELETE', `/resource_providers/${A}`, undefined, 409],
    ['POST', '/reshaper', reshaping(), 409],
  ];
  for (const [method, path, body, status] of wrong) {
    equal((await ask(method, path, body)).status, status, `${method} ${path}`);
    equal(await state(), before, `${method} ${path}`);
  }
});

/** Moves the inventory to B, but leaves what is held of it on A. */
const reshaping = () => ({
  inventories: {
    [A]: { resource_provider_generation: 2, inventories: {} },
    [B]: { resource_provider_generation: 0, inventories: { VCPU: { total: 4 } } },
  },
  allocations: {},
});

test('a reshape moves inventory and allocations at once', async () => {
  const placement = await furnished();
  await placement.ask('PUT', `/allocations/${C}`, { body: holding(A, 2, null) });
  const body = { ...reshaping(), allocations: { [C]: holding(B, 2, 1) } };
  equal((await placement.ask('POST', '/reshaper', { body })).status, 204);
  const usages = async (uuid: string) =>
    (await placement.ask('GET', `/resource_providers/${uuid}/usages`)).body.usages;
  deepEqual([await usages(A), await usages(B)], [{}, { VCPU: 2 }]);
});

test('no capacity below nothing, by whatever ratio', async () => {
  const placement = await furnished();
  for (const [reserved, allocation_ratio] of [
    [0, -1],
    [0, -1e-9],
    [4, -1],
  ]) {
    const body = { resource_class: 'DISK_GB', total: 4, reserved, allocation_ratio };
    const path = `/resource_providers/${A}/inventories`;
    equal((await placement.ask('POST', path, { body })).status, 400);
  }
});
