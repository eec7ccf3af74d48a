/**
 * Goal: nothing that is secret, nothing that a user sent and no device's owner is in the log of the
 * running program, whatever is asked of it and however badly.
 * Method: the same word is put wherever such a thing can stand, in requests that succeed, that are
 * refused and that are no requests at all; then the log is read, with the secrets that the program
 * itself made.
 * Mutants that were caught: a log of each request's body, of its headers, of its token, and of the
 * token of whoever dials in.
 */
import { equal, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import WebSocket from 'ws';
import { type Api, apiOf, logIn, type Product, startProduct, until } from './product.ts';

const SECRET = 'hunter2hunter2';
const encoded = Buffer.from(SECRET).toString('base64');

let product: Product;
let api: Api;
before(async () => {
  product = await startProduct({ args: ['--hosts', '1'] });
  api = await apiOf(product);
});
after(async () => {
  await product.stop();
  await product.clear();
});

const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  fetch(`${product.url}${path}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });

async function createServer(): Promise<string> {
  const { images } = (await api('GET', '/image/v2/images')).body;
  const about = { name: 'first', flavorRef: '1', imageRef: images[0].id, networks: 'none' };
  const sent = { user_data: encoded, metadata: { note: SECRET }, config_drive: true };
  const { status, body } = await api('POST', '/compute/v2.1/servers', {
    server: { ...about, ...sent },
  });
  equal(status, 202, JSON.stringify(body));
  const url = `/compute/v2.1/servers/${body.server.id}`;
  await until(
    () => api('GET', url),
    (answer) => answer.body.server.status === 'ACTIVE',
  );
  return url;
}

async function badRequests(token: string): Promise<void> {
  const paths = ['/identity/v3/auth/tokens', '/compute/v2.1/servers', '/image/v2/images'];
  for (const path of [...paths, '/placement/resource_providers', '/plimsoll/v1/audits', '/no']) {
    await post(path, `{"password": "${SECRET}`, { 'x-auth-token': token });
    await post(path, SECRET, { 'x-auth-token': SECRET, authorization: SECRET, cookie: SECRET });
    await post(`${path}/%zz?token=${SECRET}`, `{"auth": "${SECRET}"}`, { authorization: SECRET });
  }
  const user = { name: 'admin', password: SECRET, domain: { name: 'Default' } };
  const identity = { methods: ['password'], password: { user } };
  equal((await post(paths[0] ?? '', JSON.stringify({ auth: { identity } }))).status, 401);
}

/** Bytes that are no request. */
const garbage = (): Promise<void> =>
  new Promise((resolve) => {
    const socket = connect(Number(new URL(product.url).port), '127.0.0.1');
    socket.on('close', () => resolve()).resume();
    socket.end(`${SECRET} ${SECRET}\r\nx-auth-token: ${SECRET}\r\n\r\n`);
  });

/** An agent that says it is another than its token says; or one with a token that is none. */
const strangeAgent = (token: string): Promise<void> =>
  new Promise((resolve) => {
    const url = `${product.url.replace('http', 'ws')}/plimsoll/agent`;
    const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` } });
    socket.on('error', () => resolve()).on('close', () => resolve());
    socket.on('open', () => {
      socket.send(JSON.stringify({ is: 'hello', host: 'rack1-b', incarnation: 'i' }));
    });
  });

test('what is secret, or was sent, is not in the log', async () => {
  const token = await logIn(product);
  const server = await createServer();
  const { body } = await api('POST', '/plimsoll/v1/hosts/rack1-a/token', {});
  equal(typeof body.token, 'string');
  await api('POST', `${server}/action`, { rebuild: { imageRef: SECRET, adminPass: SECRET } });
  await badRequests(token);
  await garbage();
  await strangeAgent(SECRET);
  await strangeAgent(body.token);
  await api('DELETE', server);
  await product.stop();
  const log = readFileSync(join(product.data, 'plimsoll.log'), 'utf8');
  for (const event of ['process begins', 'run ended', 'agent.refused']) {
    ok(log.includes(`"event":"${event}"`), log);
  }
  for (const secret of [SECRET, encoded, token, product.password, body.token]) {
    ok(secret.length > 10);
    equal(
      log.split('\n').find((line) => line.includes(secret)),
      undefined,
    );
  }
});
