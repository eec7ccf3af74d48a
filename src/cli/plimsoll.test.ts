/**
 * Goal: a command line does what it says or says in one line what is wrong, with the right code.
 * Method: whole command lines; the verbs that ask a server are asked of an HTTP server that gives
 * answers of our own API's shape (held to its schemas), and that fails in the ways servers do.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import type { Static } from 'typebox';
import { Value } from 'typebox/value';
import { FlavorFits } from '../core/api/plimsoll/fits-schemas.ts';
import { Explanation, Host, Operation, Server } from '../core/api/plimsoll/schemas.ts';
import type { WhyNot } from '../core/api/plimsoll/why-not-schemas.ts';
import { type Doors, plimsoll, type ReplayOptions } from './plimsoll.ts';
import { choice, explanation, host, operation, server } from './samples.fixture.ts';

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const silent = (): void => {};
const doors: Doors = {
  version: '1.2.3',
  out: silent,
  err: silent,
  up: async () => 0,
  replay: async () => 0,
  copyStore: async () => 0,
  brokerConfig: async () => 0,
  variables: {},
  config: async () => 0,
  agent: async () => 0,
  demo: async () => 0,
  machine: async () => 0,
};

/** Runs one command line, and keeps what it says. */
async function say(args: readonly string[], given = doors): Promise<Said> {
  const said = { out: '', err: '' };
  const keep = (where: 'out' | 'err') => (text: string) => {
    said[where] += stripVTControlCharacters(text);
  };
  const code = await plimsoll(args, { ...given, out: keep('out'), err: keep('err') });
  return { code, ...said };
}

type Answers = Readonly<Record<string, unknown>>;

/** A server that knows one password and these answers; gives the options that lead to it. */
async function serve(context: TestContext, answers: Answers, stream = ''): Promise<string[]> {
  const http = createServer((request, response) => {
    const path = (request.url ?? '').replace('/plimsoll/v1', '');
    if (path === '/identity/v3/auth/tokens') {
      response.writeHead(201, { 'x-subject-token': 'token' }).end('{}');
    } else if (request.headers['x-auth-token'] !== 'token') {
      response.writeHead(401).end('{"message":"send a valid token"}');
    } else if (path === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(stream);
    } else if (typeof answers[path] === 'function') {
      response.end(JSON.stringify(answers[path]()));
    } else {
      response.writeHead(path in answers ? 200 : 404).end(JSON.stringify(answers[path] ?? {}));
    }
  });
  return ['--clouds', cloudsFor(context, await port(context, http))];
}

async function port(context: TestContext, http: HttpServer): Promise<number> {
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    http.closeAllConnections();
    http.close();
  });
  return (http.address() as AddressInfo).port;
}

function cloudsFor(context: TestContext, port: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-cli-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'clouds.yaml');
  const auth = { auth_url: `http://127.0.0.1:${port}/identity/v3`, username: 'admin' };
  const clouds = { plimsoll: { auth: { ...auth, password: 'p', project_name: 'admin' } } };
  writeFileSync(path, JSON.stringify({ clouds }));
  return path;
}

test('the samples are what our API answers', () => {
  for (const [schema, sample] of [
    [Host, host],
    [Server, server],
    [Operation, operation],
    [Explanation, explanation],
    [Explanation, choice],
  ] as const) {
    deepEqual([...Value.Errors(schema, sample)], []);
  }
});

test('help and version are said, and every verb shows an example', async () => {
  equal((await say(['--version'])).out, '1.2.3\n');
  const verbs = ['', 'up', 'host', 'host list', 'server', 'server list', 'explain', 'fits'];
  const more = ['operation', 'operation list', 'operation watch', 'replay', 'demo', 'completion'];
  for (const verb of [...verbs, ...more, 'config']) {
    const { code, out } = await say([...verb.split(' '), '--help'].filter(Boolean));
    equal(code, 0, verb);
    match(out, /\nExamples:\n {2}\S/, `plimsoll ${verb} --help`);
  }
});

test('a wrong command line is told in one line, and the code is 2', async () => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ['fly', /unknown command 'fly'/],
    ['host lst', /Did you mean list/],
    ['host list --format xml', /Allowed choices are table, json/],
    ['explain', /missing required argument/],
    ['completion tcsh', /Allowed choices are bash, zsh, fish/],
    ['replay x --speed 3', /unknown option '--speed'/],
    ['operation list --limit 0', /whole number from 1 to 999/],
  ];
  for (const [line, why] of wrong) {
    const { code, out, err } = await say(line.split(' '));
    equal(code, 2, line);
    equal(out, '');
    match(err, why);
    match(err, /^plimsoll: [^\n]+; try --help\n$/, line);
  }
});

test('lists are tables for people and JSON for programs', async (context) => {
  const at = await serve(context, {
    '/hosts': { hosts: [host] },
    '/servers': { servers: [server] },
    '/operations?limit=20': { operations: [operation] },
  });
  const hosts = await say(['host', 'list', ...at]);
  match(hosts.out, /^HOST +STATE.*\nhost-1 +up +enabled +nova +2 +6 \/ 32 /);
  const servers = await say(['server', 'list', '--format', 'json', ...at]);
  deepEqual(JSON.parse(servers.out), [server]);
  const operations = await say(['operation', 'list', ...at]);
  match(operations.out, /live-migrate +\S+ +running +claim +2026-11-21 10:00:00/);
});

test('an explanation is found by its id, and by its server', async (context) => {
  const at = await serve(context, {
    [`/explanations/${explanation.id}`]: { explanation },
    '/servers': { servers: [server] },
    [`/explanations?server=${server.uuid}`]: { explanations: [explanation] },
  });
  const byId = await say(['explain', explanation.id, ...at]);
  match(byId.out, /^No host has 64 vCPUs free\.\n/);
  match(byId.out, /Nearest miss: host-1 comes nearest: it has 32 VCPU left/);
  match(byId.out, /\ndb-1 +32 VCPU\n/);
  match(byId.out, /each tried:\n {2}- free 32 VCPU on host-1: move or delete db-1\n/);
  match(byId.out, /host-1 +capacity +64 +32 +asks 64 VCPU/);
  equal((await say(['explain', server.name, ...at])).out, byId.out);
  const none = await say(['explain', 'nobody', ...at]);
  equal(none.code, 1);
  match(none.err, /^plimsoll: 'nobody' is no explanation.*server list.*\n$/);
});

test('why a server went where it is: what weighed, who came next, who was passed over', async (context) => {
  const at = await serve(context, { [`/explanations/${choice.id}`]: { explanation: choice } });
  const { out } = await say(['explain', choice.id, ...at]);
  match(out, /^2 of 3 hosts could take 1 VCPU: .* chosen\.\n\nserver .*, placed\n/);
  match(out, /\nChosen: host-2, with 3\.500 points\n/);
  match(out, /\nroom +4 +0\.875 +3\.500\n/);
  match(out, /Ranked higher, and turned down: 1 by tenants\n/);
  match(out, /\nhost-3 +3\.000 +room: 0\.500\n/);
});

test('why-not tells each filter, the cells and what would help', async (context) => {
  const no = { reason: 'has 1 left', resource: 'VCPU', needed: 2, available: 1 };
  const why_not: Static<typeof WhyNot> = {
    server_uuid: server.uuid,
    host: 'host-1',
    fits: false,
    constraints: [{ filter: 'capacity', passes: false, ...no }],
    cells: [
      {
        ...{ cell: 0, vcpus_free: 1, memory_mib_free: 512, cpus_free: 2 },
        ...{ pages_free: [{ size_kib: 2048, pages: 9 }], guest_nodes: [1] },
      },
    ],
    repairs: explanation.repairs,
  };
  const at = await serve(context, {
    '/servers': { servers: [server] },
    [`/servers/${server.uuid}/why-not/host-1`]: { why_not },
  });
  const { out } = await say(['why-not', server.name, 'host-1', ...at]);
  match(out, /^host-1 would not take it\.\n/);
  match(out, /capacity +no +2 +1 +has 1 left\n/);
  match(out, /\n +0 +1 +512 +2 +9 of 2 MiB +1\n/);
  match(out, /each tried:\n {2}- free 32 VCPU on host-1/);
  const none = await say(['why-not', server.name, 'nowhere', ...at]);
  match(none.err, /^plimsoll: there is no server 'web-1', or no host 'nowhere'; .*host list.*\n$/);
});

test('fits tells how many, where, and after which loss', async (context) => {
  const fits: Static<typeof FlavorFits> = {
    flavor_id: '7',
    flavor: 'm1.small',
    resources: { VCPU: 2 },
    more: 12,
    bound: 'at-least',
    hosts_total: 3,
    zones: [
      { availability_zone: 'east', hosts: 1, more: 9 },
      { availability_zone: 'west', hosts: 1, more: 3 },
    ],
    hosts: [
      { host: 'host-1', availability_zone: 'east', more: 9 },
      { host: 'host-2', availability_zone: 'west', more: 3 },
    ],
    losses: [
      { kind: 'host', name: 'host-3', hosts: 1, servers: 5, homeless: 1, more: 0, bound: 'exact' },
    ],
    why: null,
  };
  deepEqual([...Value.Errors(FlavorFits, fits)], []);
  const at = await serve(context, {
    '/flavors/m1.small/fits': { fits },
    '/flavors/m1.small/fits?availability_zone=west': { fits: { ...fits, more: 3 } },
  });
  const { out } = await say(['fits', 'm1.small', ...at]);
  match(out, /^at least 12 more servers of m1.small would fit, on 2 of 3 hosts\.\n/);
  match(out, /\nwest +1 +3\n/);
  match(out, /\nhost-1 +east +9\n/);
  match(out, /\nhost host-3 +1 +5 +1 +0\n/);
  const west = ['fits', 'm1.small', '--zone', 'west', '--format', 'json', ...at];
  equal(JSON.parse((await say(west)).out).more, 3);
  const none = await say(['fits', 'm9', ...at]);
  match(none.err, /^plimsoll: there is no flavor 'm9'; [^\n]*flavor list[^\n]*\n$/);
});

test('watching tells each step once and ends with the operation', async (context) => {
  const [fence, claim] = operation.steps;
  const ended = { state: 'done', step: null, ended_at_ms: 1_795_255_205_000 };
  const looks = [
    operation,
    operation,
    operation,
    { ...operation, ...ended, steps: [fence, { ...claim, state: 'done' }] },
  ];
  const event = (name: string, data: object) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
  const stream = [
    event('host', { uuid: 'h' }),
    event('operation', { id: 'another' }),
    event('operation', { id: operation.id }),
    event('reset', {}),
  ].join('');
  let looked = 0;
  const look = () => ({ operation: looks[looked++] });
  const at = await serve(context, { [`/operations/${operation.id}`]: look }, stream);
  const { code, out } = await say(['operation', 'watch', operation.id, ...at]);
  equal(code, 0);
  equal(
    looked,
    4,
    'it looks again when it hears, for its own events and for a reset, not for others',
  );
  deepEqual(
    out.split('\n').map((line) => line.replace(/^\d\d:\d\d:\d\d {2}/, '').replace(/ {2,}/g, ' ')),
    ['fence done', 'claim started on host-2', 'claim done on host-2', `${what} done`, ''],
  );
});
const what = `live-migrate ${operation.id}:`;

test('an operation that ends before the stream is open ends the watch', async (context) => {
  const ended = { ...operation, state: 'done', ended_at_ms: 1_795_255_205_000 };
  const looks = [operation, ended];
  const look = () => ({ operation: looks.shift() });
  const at = await serve(context, { '/operations/o': look }, ': here\n\n');
  equal((await say(['operation', 'watch', 'o', ...at])).code, 0);
});

test('an operation that was undone ends the watch with 1', async (context) => {
  const ended_at_ms = 1_795_255_205_000;
  const undone = { ...operation, state: 'undone', ended_at_ms, error: 'no host' };
  const at = await serve(context, { '/operations/o': { operation: undone } });
  const { code, out } = await say(['operation', 'watch', 'o', ...at]);
  equal(code, 1);
  match(out, /undone: no host\n$/);
});

test('a server that is not there, or refuses, is told in one line', async (context) => {
  const closed = createServer();
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
  const { port } = closed.address() as AddressInfo;
  await new Promise((resolve) => closed.close(resolve));
  const gone = await say(['host', 'list', '--clouds', cloudsFor(context, port)]);
  equal(gone.code, 1);
  match(gone.err, /^plimsoll: cannot reach http.*ECONNREFUSED.*`plimsoll up` starts one\n$/);

  const at = await serve(context, {});
  const missing = await say(['operation', 'watch', 'o', ...at]);
  match(missing.err, /^plimsoll: there is no operation o; `plimsoll operation list`[^\n]*\n$/);
});

test('up and replay go through their doors, with what was said', async () => {
  const up: string[][] = [];
  const replays: ReplayOptions[] = [];
  const given: Doors = {
    ...doors,
    up: async (args) => up.push([...args]),
    async replay(options) {
      replays.push(options);
      return 3;
    },
  };
  await say(['up', '--port', '0', '--data', '/tmp/x'], given);
  deepEqual(up, [['--port', '0', '--data', '/tmp/x']]);
  const line = ['replay', 'traces', '--sequence', 'C1', '--sequence', 'C2', '--format', 'json'];
  equal((await say(line, given)).code, 3);
  const [{ directory, sequences, format } = { directory: '', sequences: [], format: '' }] = replays;
  deepEqual(
    { directory, sequences, format },
    {
      directory: 'traces',
      sequences: ['C1', 'C2'],
      format: 'json',
    },
  );
  ok(replays[0]?.progress !== undefined);
});
