/**
 * Goal: with --no-auth a lab needs no users: clients with `auth_type: none` work as the
 * administrator, and no tokens are handed out; beyond loopback it is refused.
 * Method: the real program; requests without a token, and the stock client without a login.
 */
import { equal, match, ok, rejects } from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { clientMissing, Shell } from './clients/shell.ts';
import { type Product, startProduct, until } from './product.ts';

let product: Product;
before(async () => {
  product = await startProduct({ args: ['--no-auth'] });
});
after(async () => {
  await product.stop();
  await product.clear();
});

async function ask(method: string, path: string, body?: unknown) {
  const response = await fetch(`${product.url}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : null };
}

test('whoever reaches the port is the administrator, without a token', async () => {
  match(product.said(), /nobody has to.*administrator/);
  const [image] = (await ask('GET', '/image/v2/images')).body.images;
  const server = { name: 'lab', flavorRef: '1', imageRef: image.id };
  const made = await ask('POST', '/compute/v2.1/servers', { server });
  equal(made.status, 202, JSON.stringify(made.body));
  const shown = async () =>
    (await ask('GET', `/compute/v2.1/servers/${made.body.server.id}`)).body.server;
  const up = await until(shown, ({ status }) => status === 'ACTIVE');
  ok(up['OS-EXT-SRV-ATTR:host'] !== undefined, 'administrators see the host');
  equal((await ask('GET', '/placement/resource_providers')).status, 200);
  equal((await ask('GET', '/compute/v2.1/os-hypervisors')).body.hypervisors.length, 3);
  equal((await ask('GET', '/identity/v3')).status, 404);
});

test('the stock client works with auth_type none', { skip: clientMissing }, async () => {
  const none = { OS_AUTH_TYPE: 'none', HOME: product.data };
  for (const [service, words, wanted] of [
    ['compute/v2.1', ['server', 'list', '--no-name-lookup'], /lab.*ACTIVE/],
    ['compute/v2.1', ['hypervisor', 'list'], /host-3/],
    ['placement', ['resource', 'provider', 'list'], /host-3/],
  ] as const) {
    const shell = new Shell({ ...none, OS_ENDPOINT: `${product.url}/${service}` });
    const ended = await shell.run(words);
    await shell.end();
    equal(ended.exit, 0, ended.err);
    match(ended.out, wanted);
  }
});

test('it is refused where others could reach the port', async () => {
  const args = ['--no-auth', '--host', '0.0.0.0'];
  await rejects(startProduct({ args }), /only loopback addresses/);
});
