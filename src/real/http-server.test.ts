/**
 * Goal: H1–H6, and that a service's plain values arrive as they were meant.
 * Method: a small service behind a real socket on a free port, asked with fetch and by raw bytes.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { connect } from 'node:net';
import test, { after, before } from 'node:test';
import { type HttpResponse, json, type Service } from '../core/api/http.ts';
import type { Journal } from '../core/ports/journal.ts';
import { BODY_BYTES_MAX, mount, type Started, startHttpServer } from './http-server.ts';

const told: string[] = [];
const journal: Journal = {
  info() {},
  warn() {},
  error: (event) => told.push(event),
};
const answer = (status: number): HttpResponse => json(status, { status });

const echo: Service<{ readonly greeting: string }> = {
  name: 'echo',
  prefix: '/echo',
  routes: [
    { method: 'GET', path: '', handle: () => answer(200) },
    { method: 'GET', path: '/at-once', at_once: true, handle: () => answer(200) },
    {
      method: 'POST',
      path: '/things/:name',
      handle: ({ params, query, body, path }, { greeting }) =>
        json(201, { greeting, params, query, path, body: body && Buffer.from(body).toString() }),
    },
    {
      method: 'POST',
      path: '/little',
      body_bytes_max: 8,
      handle: () => answer(201),
    },
    {
      method: 'GET',
      path: '/broken',
      handle: () => {
        throw new Error('on purpose');
      },
    },
    {
      method: 'GET',
      path: '/pieces',
      handle: () => ({ status: 200, body: pieces() }),
    },
    {
      method: 'PUT',
      path: '/stream',
      streams: true,
      handle: async ({ stream }) => {
        let size = 0;
        for await (const piece of stream ?? []) size += piece.length;
        return json(200, { size });
      },
    },
  ],
  notFound: () => answer(404),
  wrongMethod: (_request, allow) => json(405, { allow }),
  failed: () => answer(500),
  guard: ({ headers }) => (headers['x-stop'] === undefined ? null : answer(403)),
  finish: (_request, response) => ({
    ...response,
    headers: { ...response.headers, 'x-echo': 'yes' },
  }),
};

async function* pieces() {
  yield 'one ';
  yield Buffer.from('two');
}

let started: Extract<Started, { is: 'listening' }>;
let url: string;
const options = {
  services: [mount(echo, { greeting: 'hello' })],
  authenticate: () => null,
  host: '127.0.0.1',
  port: 0,
  journal,
  malformed: (head: string) => json(400, { malformed: head.includes('hi mom') }),
};

before(async () => {
  const outcome = await startHttpServer(options);
  if (outcome.is !== 'listening') throw new Error(outcome.is);
  started = outcome;
  url = `http://127.0.0.1:${outcome.port}`;
});
after(() => started.stop());

test('a route gets its parameters, query, body and rooms', async () => {
  const response = await fetch(`${url}/echo/things/a%20b?x=1`, { method: 'POST', body: 'hi' });
  equal(response.status, 201);
  equal(response.headers.get('x-echo'), 'yes');
  deepEqual(await response.json(), {
    greeting: 'hello',
    params: { name: 'a b' },
    query: 'x=1',
    path: '/things/a b',
    body: 'hi',
  });
});

test('what no route has is answered by the service, and by its finish', async () => {
  const missing = await fetch(`${url}/echo/nowhere`);
  equal(missing.status, 404);
  equal(missing.headers.get('x-echo'), 'yes');
  const wrong = await fetch(`${url}/echo/things/x`, { method: 'DELETE' });
  deepEqual([wrong.status, await wrong.json()], [405, { allow: ['POST'] }]);
  equal((await fetch(`${url}/elsewhere`)).status, 404);
  equal((await fetch(`${url}/echo`, { headers: { 'x-stop': '1' } })).status, 403);
});

test('a path that cannot be decoded is answered by the service, and the server lives on', async () => {
  const bad = await fetch(`${url}/echo/things/%zz`);
  equal(bad.status, 404);
  equal((await fetch(`${url}/echo/nowhere`)).status, 404);
});

test('a content type that is none is for the service to judge', async () => {
  const headers = { 'content-type': ';;' };
  const response = await fetch(`${url}/echo/things/x`, { method: 'POST', body: 'hi', headers });
  equal(response.status, 201);
});

test('a handler that throws is answered 500 and told to the journal', async () => {
  equal((await fetch(`${url}/echo/broken`)).status, 500);
  deepEqual(told, ['http.bug']);
});

test('bodies are bounded, but for a route that streams', async () => {
  const large = Buffer.alloc(BODY_BYTES_MAX + 1);
  const refused = await fetch(`${url}/echo/things/x`, { method: 'POST', body: large }).catch(
    () => null, // the connection may be gone before all of it was sent
  );
  equal(refused?.status ?? 413, 413);
  const streamed = await fetch(`${url}/echo/stream`, { method: 'PUT', body: large });
  deepEqual(await streamed.json(), { size: large.length });
  equal(await (await fetch(`${url}/echo/pieces`)).text(), 'one two');
});

test('a route may take less than the server bears', async () => {
  const posted = (body: string) => fetch(`${url}/echo/little`, { method: 'POST', body });
  equal((await posted('12345678')).status, 201);
  equal((await posted('123456789')).status, 413);
});

test('a body that does not arrive is not waited for', async () => {
  const outcome = await startHttpServer({ ...options, body_ms_max: 20 });
  if (outcome.is !== 'listening') throw new Error(outcome.is);
  const socket = connect(outcome.port, '127.0.0.1');
  socket.write('POST /echo/things/x HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhi');
  let said = '';
  for await (const piece of socket) said += String(piece);
  match(said, /^HTTP\/1.1 408 /);
  await outcome.stop();
});

test('H5: one route asked too often says when to come back, another goes on', async () => {
  const outcome = await startHttpServer({ ...options, requests_per_s: 1 });
  if (outcome.is !== 'listening') throw new Error(outcome.is);
  const ask = (path: string) => fetch(`http://127.0.0.1:${outcome.port}/echo${path}`);
  const told = await Promise.all(Array.from({ length: 20 }, () => ask('')));
  const refused = told.filter(({ status }) => status === 429);
  ok(refused.length > 10, `${refused.length} refused`);
  equal(refused[0]?.headers.get('retry-after'), '1');
  match((await refused[0]?.text()) ?? '', /too many requests/);
  equal((await ask('/pieces')).status, 200);
  const health = await Promise.all(Array.from({ length: 20 }, () => ask('/at-once')));
  ok(
    health.every(({ status }) => status === 200),
    'balancers ask as often as they like',
  );
  await outcome.stop();
});

test('bytes that are no HTTP get the answer that was given for them', async () => {
  const text = await new Promise<string>((resolve) => {
    let heard = '';
    const socket = connect(started.port, '127.0.0.1', () => {
      socket.write('POST /echo/things/x HTTP/1.1\r\nhost: x\r\ncontent-length: hi mom\r\n\r\n');
    });
    socket.on('data', (piece) => (heard += piece)).on('close', () => resolve(heard));
  });
  match(text, /^HTTP\/1\.1 400 /);
  match(text, /\{"malformed":true\}$/);
});

test('a port in use is an outcome, not an exception', async () => {
  const second = await startHttpServer({ ...options, port: started.port });
  deepEqual(second, { is: 'port-in-use', port: started.port });
});

test('H4: what others wrote is brought in before anybody is known or answered', async () => {
  const order: string[] = [];
  let there = true;
  const started = await startHttpServer({
    services: [mount(echo, { greeting: 'hello' })],
    authenticate: () => {
      order.push('authenticate');
      return null;
    },
    current: async () => {
      await Promise.resolve();
      order.push('current');
      return there;
    },
    host: '127.0.0.1',
    port: 0,
    journal,
  });
  if (started.is !== 'listening') throw new Error(started.is);
  const url = `http://127.0.0.1:${started.port}/echo`;
  equal((await fetch(url)).status, 200);
  deepEqual(order.slice(0, 2), ['current', 'authenticate']);
  there = false;
  const away = await fetch(url);
  equal(away.status, 503);
  equal(((await away.json()) as { code: string }).code, 'unavailable');
  equal((await fetch(`${url}/at-once`)).status, 200, 'of this process alone');
  await started.stop();
});

test('H6: who was heard before the end is answered', async () => {
  let answerNow = (): void => {};
  let hear = (): void => {};
  const heard = new Promise<void>((resolve) => {
    hear = resolve;
  });
  const slow: Service<null> = {
    name: 'slow',
    prefix: '/slow',
    routes: [
      {
        method: 'GET',
        path: '',
        handle: () => {
          hear();
          return new Promise((answered) => {
            answerNow = () => answered(answer(200));
          });
        },
      },
      { method: 'GET', path: '/stream', handle: () => ({ status: 200, body: endless() }) },
    ],
    notFound: () => answer(404),
    wrongMethod: () => answer(405),
    failed: () => answer(500),
  };
  const server = await startHttpServer({ ...options, port: 0, services: [mount(slow, null)] });
  if (server.is !== 'listening') throw new Error(server.is);
  const at = `http://127.0.0.1:${server.port}/slow`;
  const endlessly = await fetch(`${at}/stream`); // nobody waits for its end
  const asked = fetch(at);
  await heard;
  const stopped = server.stop();
  for (let turns = 0; turns < 500; turns++) await new Promise((turn) => setImmediate(turn));
  answerNow();
  equal((await asked).status, 200);
  await stopped;
  await endlessly.text().catch(() => {});
});

async function* endless() {
  yield 'one';
  await new Promise<never>(() => {});
}
