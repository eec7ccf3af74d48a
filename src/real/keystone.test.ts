/**
 * Goal: whose a token is gets told although Keystone closes connections as it likes (K4), and
 * each thing that can be heard is one answer of ours (K1 to K3).
 * Method: a server of a few lines in Keystone's place, which breaks off a connection on its second
 * question, as one does that closes it at that moment; a clock that is moved by hand.
 * Mutants that these killed: no `connection: close`; 500 taken for "nobody's"; no second log-in.
 */
import { deepEqual, equal } from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { afterEach, beforeEach } from 'node:test';
import type { Clock } from '../core/ports/clock.ts';
import { FRESH_MS, Keystone } from './keystone.ts';

const DOMAIN = { name: 'Default' };
const user = { id: 'u1', name: 'kim' };
const project = { id: 'p1', name: 'blue' };
const asked = { login: 0, token: 0 };
let about: number;
let server: Server;
let now_ms = 0;
let keystone: Keystone;

function answer(request: IncomingMessage, response: ServerResponse): void {
  if (request.method === 'POST') {
    asked.login += 1;
    response.setHeader('x-subject-token', `ours-${asked.login}`).writeHead(201).end('{}');
    return;
  }
  asked.token += 1;
  const old = asked.login === 1 && request.headers['x-subject-token'] === 'after-ours-is-over';
  response.writeHead(old ? 401 : about);
  response.end(JSON.stringify({ token: { user, project, roles: [{ name: 'member' }] } }));
}

beforeEach(async () => {
  Object.assign(asked, { login: 0, token: 0 });
  about = 200;
  const used = new WeakSet<object>();
  server = createServer((request, response) => {
    if (used.has(request.socket)) return void request.socket.destroy();
    used.add(request.socket);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const named = { user: { name: 'us', domain: DOMAIN }, project: { name: 'us', domain: DOMAIN } };
  const clock = { now: () => now_ms } as Clock;
  keystone = new Keystone({ url: `http://127.0.0.1:${port}/v3`, ...named, password: 'pw' }, clock);
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

test('one token after the other is told, however connections end', async () => {
  for (let at = 0; at < 20; at++) equal(await keystone.hear(`token-${at}`), true, `token ${at}`);
  const session = keystone.sessionOf('token-19');
  deepEqual([session?.user_name, session?.project_id], ['kim', 'p1']);
  deepEqual(asked, { login: 1, token: 20 });
});

test('one token is asked about once in a while, however many ask', async () => {
  await Promise.all(Array.from({ length: 5 }, () => keystone.hear('one')));
  await keystone.hear('one');
  deepEqual(asked, { login: 1, token: 1 });
  now_ms += FRESH_MS;
  about = 404;
  equal(await keystone.hear('one'), true);
  equal(keystone.sessionOf('one'), null, 'revoked');
});

test('our own login is made again when it is over', async () => {
  equal(await keystone.hear('after-ours-is-over'), true);
  equal(keystone.sessionOf('after-ours-is-over')?.user_id, 'u1');
  equal(asked.login, 2);
});

test('nobody is told that a token is bad while that is not known', async () => {
  about = 500;
  equal(await keystone.hear('one'), false);
  about = 404;
  equal(await keystone.hear('one'), true);
  equal(keystone.sessionOf('one'), null);
  server.closeAllConnections();
  server.close();
  equal(await keystone.hear('two'), false);
});
