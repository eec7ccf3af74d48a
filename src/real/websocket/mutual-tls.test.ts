/**
 * Goal: with an authority for agents, a line needs a token and a certificate of one and the same
 * host: stolen ones of a host give nothing of another, and the API needs no certificate (TL1, TL2);
 * a certificate of ours is renewed without a restart.
 * Method: our own HTTP server with real TLS; real dialers with each pairing of token and
 * certificate, theirs and of others: of another host, of another authority, run out, of two hosts.
 * Mutants that these killed: the certificate not asked for; `authorized` not looked at; its name
 * not compared with the token's host; the first of several names taken.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { connect } from 'node:tls';
import { silent as journal } from '../../core/ports/journal.ts';
import { done } from '../../core/ports/reply.ts';
import type { Recipient } from '../../core/ports/wire.ts';
import { authority, type Issued } from '../authority.fixture.ts';
import { realEntropy as entropy } from '../entropy.ts';
import { startHttpServer } from '../http-server.ts';
import { readTls } from '../tls.ts';
import { Dialer } from './dialer.ts';
import { Switchboard } from './switchboard.ts';

const ours = authority('ours');
const theirs = authority('theirs');
const certOf = {
  a: ours.issue('a'),
  b: ours.issue('whatever', ['b']),
  both: ours.issue('a', ['a', 'b']),
  strange: theirs.issue('a'),
  late: ours.issue('a', [], true),
};
const server = ours.issue('localhost', ['localhost']);

const agent = (host: string) =>
  ({ host, incarnation: 1, handle: async () => done({ guests: [] }) }) as unknown as Recipient;

async function lab(context: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'plimsoll-tls-'));
  const paths = { cert: join(directory, 'c'), key: join(directory, 'k'), agent_ca: null };
  const agent_ca = join(directory, 'ca');
  writeFileSync(agent_ca, ours.cert);
  const put = ({ cert, key }: Issued) => {
    writeFileSync(paths.cert, cert);
    writeFileSync(paths.key, key);
    return readTls({ ...paths, agent_ca });
  };
  const tls = put(server);
  ok(tls.is === 'done');
  const hear = async () => done(undefined) as never;
  const hostOf = async (token: string) => /^token-of-(\w+)$/.exec(token)?.[1] ?? null;
  const ear = { report: hear, beat: hear };
  const board = new Switchboard({ ear, journal, hostOf, certified: true });
  const started = await startHttpServer({
    services: [],
    authenticate: () => null,
    host: 'localhost',
    port: 0,
    journal,
    tls: tls.value,
    upgrade: (...about) => board.upgrade(...about),
  });
  ok(started.is === 'listening');
  context.after(async () => {
    board.close();
    await started.stop();
    rmSync(directory, { recursive: true });
  });
  const url = `wss://localhost:${started.port}`;
  const comes = async (token: string, host: string, issued?: Issued) => {
    const identity = { ca: ours.cert, ...issued };
    const dialer = new Dialer({ url, token, agent: agent(host), entropy, journal, identity });
    const opened = await dialer.start();
    for (let turns = 0; opened && turns < 200 && !board.knows(host); turns++) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    const known = board.knows(host);
    dialer.stop();
    for (let turns = 0; turns < 10_000 && board.knows(host); turns++) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    return known;
  };
  return { comes, put, started };
}

test('a line needs the token and the certificate of one host', async (context) => {
  const { comes } = await lab(context);
  equal(await comes('token-of-a', 'a', certOf.a), true);
  equal(await comes('token-of-b', 'b', certOf.b), true);
  const refused = [
    await comes('token-of-a', 'a'),
    await comes('token-of-a', 'a', certOf.b),
    await comes('token-of-b', 'b', certOf.a),
    await comes('token-of-b', 'a', certOf.a),
    await comes('token-of-a', 'a', certOf.both),
    await comes('token-of-a', 'a', certOf.strange),
    await comes('token-of-a', 'a', certOf.late),
    await comes('nothing', 'a', certOf.a),
  ];
  deepEqual(
    refused,
    refused.map(() => false),
  );
});

const statusOf = (port: number): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const asked = request({ host: 'localhost', port, path: '/', ca: ours.cert }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    asked.on('error', reject).end();
  });

const serialOf = (port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: 'localhost', port, ca: ours.cert, servername: 'localhost' });
    socket.on('error', reject).on('secureConnect', () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
  });

test('the API needs no certificate; ours is renewed while it serves', async (context) => {
  const { put, started } = await lab(context);
  equal(await statusOf(started.port), 404);
  const before = await serialOf(started.port);
  const renewed = put(ours.issue('localhost', ['localhost']));
  ok(renewed.is === 'done');
  started.renew(renewed.value);
  ok((await serialOf(started.port)) !== before);
  const wrong = put({ cert: server.cert, key: certOf.a.key });
  ok(wrong.is === 'no');
  match(wrong.why, /cannot be used: .*key values mismatch/);
});
