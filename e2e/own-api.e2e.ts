/**
 * Goal: every answer of our own API is what its schema says; a tenant sees its own project and no
 * hosts; events arrive.
 * Method: the real program, with one server that runs, one that was moved and one that fits
 * nowhere; each route of the list is asked and its answer checked against its declared schema.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { Value } from 'typebox/value';
import { Problem } from '../src/core/api/plimsoll/schemas.ts';
import { ownRoutes } from '../src/core/api/plimsoll/service.ts';
import { type Api, apiOf, logIn, type Product, startProduct, until } from './product.ts';

const OWN = '/plimsoll/v1';
let product: Product;
let api: Api;
const made = { running: '', giant: '', operation: '', explanation: '' };

async function create(name: string, flavorRef: string): Promise<string> {
  const { images } = (await api('GET', '/image/v2/images')).body;
  const server = { name, flavorRef, imageRef: images[0].id, networks: 'none' };
  const { status, body } = await api('POST', '/compute/v2.1/servers', { server });
  equal(status, 202, JSON.stringify(body));
  return body.server.id;
}

const shown = async (uuid: string) => (await api('GET', `${OWN}/servers/${uuid}`)).body.server;

before(async () => {
  product = await startProduct();
  api = await apiOf(product);
  const flavor = { name: 'giant', vcpus: 999, ram: 9_000_000, disk: 1 };
  const giant = await api('POST', '/compute/v2.1/flavors', { flavor });
  made.running = await create('running', '1');
  made.giant = await create('giant', giant.body.flavor.id);
  await until(
    () => shown(made.running),
    (server) => server.vm_state === 'active',
  );
  const moved = { 'os-migrateLive': { host: null, block_migration: 'auto' } };
  await api('POST', `/compute/v2.1/servers/${made.running}/action`, moved);
  await api('POST', `${OWN}/hosts/host-1/drain`, {});
  await until(
    async () => (await api('GET', `${OWN}/hosts/host-1/drain`)).body.drain.state,
    (state) => state !== 'running',
  );
  const server = await until(
    () => shown(made.giant),
    ({ vm_state }) => vm_state === 'error',
  );
  made.explanation = server.explanation_id;
  const { operations } = (await api('GET', `${OWN}/operations?server=${made.running}`)).body;
  made.operation = operations[0].id;
});
after(async () => {
  await product.stop();
  await product.clear();
});

const queries = (): Readonly<Record<string, string>> => ({
  '/explanations': `?server=${made.giant}`,
  '/allocation_candidates/explain': '?resources=VCPU:1000',
  '/changes': '?since=0',
  '/usages': '?project_id=shop',
});
const RACK = '0aaaaaaa-0000-4000-8000-000000000001';
const bodies: Readonly<Record<string, object>> = {
  'PUT /providers/:uuid/tree': {
    providers: [{ uuid: RACK, name: 'rack', parent_provider_uuid: null }],
  },
  'POST /usages': { project_ids: ['shop'] },
  'POST /audit': {},
  'POST /hosts/:name/drain': {},
  'POST /servers/:uuid/migrate': {},
  'POST /operations/:id/reset': { how: 'undo' },
  'POST /hosts/:name/devices/cleaned': { device: 'none' },
};
/** What there may be nothing to do for here; its own tests have it done. */
const refused: Readonly<Record<string, readonly number[]>> = {
  'POST /hosts/:name/drain/cancel': [200, 409], // an empty host is drained in no time
  'POST /hosts/:name/devices/cleaned': [404],
  'POST /audit/findings/:id/undo': [404],
  'POST /operations/:id/reset': [409],
  'POST /servers/:uuid/migrate': [200, 409], // a drain may have it on its way already
};

/** The address of a route with real names in it. */
function addressOf(method: string, path: string): string {
  const query = method === 'GET' ? (queries()[path] ?? '') : '';
  const id = path.startsWith('/operations') ? made.operation : made.explanation;
  const uuid = path.startsWith('/providers') ? RACK : made.running;
  const named = path.replace(':name', 'host-1').replace(':flavor', '1');
  const filled = named.replace(':uuid', uuid).replace(':id', id);
  return OWN + filled + query;
}

for (const { method, path, reply } of ownRoutes.filter((route) => route.path !== '/events')) {
  test(`${method} ${path} answers as its schema says`, async () => {
    const asked = bodies[`${method} ${path}`];
    const { status, body } = await api(method, addressOf(method, path), asked);
    const expected = refused[`${method} ${path}`] ?? [200];
    ok(expected.includes(status), `${status} ${JSON.stringify(body)}`);
    deepEqual([...Value.Errors(status === 200 ? reply : Problem, body)], []);
    ok(!Value.Check(reply, {}), 'the schema refuses nothing');
  });
}

test('what is wrong is answered with a code and a sentence', async () => {
  const wrong: readonly [string, number, RegExp][] = [
    ['/hosts/nowhere', 404, /no host nowhere/],
    ['/operations?limit=many', 400, /limit is many/],
    ['/operations?colour=red', 400, /unknown query colour; known: server, state, limit/],
    ['/explanations', 400, /say server=/],
    ['/nothing', 404, /openapi\.json/],
  ];
  for (const [path, status, message] of wrong) {
    const answer = await api('GET', OWN + path);
    equal(answer.status, status, path);
    match(answer.body.message, message);
  }
  equal((await api('DELETE', `${OWN}/hosts`)).status, 405);
  equal((await fetch(`${product.url}${OWN}/hosts`)).status, 401);
});

test('the OpenAPI document names every route', async () => {
  const { body } = await api('GET', `${OWN}/openapi.json`);
  equal(body.openapi, '3.1.0');
  for (const { method, path, body: asked } of ownRoutes) {
    const route = body.paths[`${OWN}${path.replaceAll(/:(\w+)/g, '{$1}')}`][method.toLowerCase()];
    equal(route.requestBody !== undefined, asked !== undefined, `${method} ${path}`);
  }
});

test('a tenant sees its own project, counts, and no hosts', async () => {
  const { project } = (
    await api('POST', '/identity/v3/projects', { project: { name: 'shop', domain_id: 'default' } })
  ).body;
  const { user } = (
    await api('POST', '/identity/v3/users', { user: { name: 'ann', password: 'a long secret' } })
  ).body;
  const { roles } = (await api('GET', '/identity/v3/roles?name=member')).body;
  const grant = `/identity/v3/projects/${project.id}/users/${user.id}/roles/${roles[0].id}`;
  equal((await api('PUT', grant)).status, 204);
  const token = await logIn(product, { user: 'ann', password: 'a long secret', project: 'shop' });
  const ask = async (path: string) => {
    const headers = { 'x-auth-token': token };
    const answer = await fetch(`${product.url}${OWN}${path}`, { headers });
    return { status: answer.status, body: await answer.json() };
  };
  equal((await ask('/hosts')).status, 403);
  deepEqual((await ask('/servers')).body, { servers: [] });
  equal((await ask(`/servers/${made.running}`)).status, 404);
  equal((await ask(`/explanations/${made.explanation}`)).status, 404);
  equal((await ask(`/servers/${made.running}/why-not/host-1`)).status, 403);
  deepEqual((await ask('/operations')).body, { operations: [] });
});

test('a change is told as an event, with the row as the lists have it', async () => {
  const stop = new AbortController();
  const stream = await fetch(`${product.url}${OWN}/events`, {
    headers: { 'x-auth-token': await logIn(product) },
    signal: stop.signal,
  });
  equal(stream.headers.get('content-type'), 'text/event-stream');
  let uuid: string | null = null;
  let heard = '';
  for await (const piece of stream.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    heard += piece;
    uuid ??= await create('told', '1');
    if (heard.includes(uuid) && /"vm_state":"active"/.test(heard)) break;
  }
  stop.abort();
  match(heard, /event: server\n/);
  match(heard, /event: operation\n/);
  match(heard, /event: host\n/);
});
