/**
 * Goal: the wire over WebSockets keeps what every wire promises, and WS1 to WS4: a token is good
 * for one host, a broken line loses what was under way on it, and nonsense ends it.
 * Method: the contract between a real server and real dialers on loopback; then hand-made clients
 * that say what no agent of ours would, and lines that are cut in the middle.
 * Mutants that these killed: the token's host not compared with that of hello; nor with that of a
 * report; an earlier life that takes the place of a later one; no `lost` for what a broken line
 * leaves behind; no bound on orders under way; answers taken in any shape; no dialling again.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { after, type TestContext } from 'node:test';
import { WebSocket } from 'ws';
import type { Ear } from '../../core/agent/duties.ts';
import { millis } from '../../core/base/units.ts';
import type { Journal } from '../../core/ports/journal.ts';
import { done, lost } from '../../core/ports/reply.ts';
import { wireContract } from '../../core/ports/wire.contract.ts';
import type { Recipient } from '../../core/ports/wire.ts';
import { realEntropy } from '../entropy.ts';
import { Dialer } from './dialer.ts';
import { AGENT_PATH, Switchboard } from './switchboard.ts';

const journal: Journal = { info() {}, warn() {}, error() {} };
const list = { verb: 'list', key: 'k' } as const;
const soon = millis(2_000);

/** A control plane's end on a free port; `token-of-H` is good for host H. */
async function lab(context?: TestContext) {
  const heard: unknown[] = [];
  const ear: Ear = {
    report: async (report) => {
      heard.push(report);
      return done({ host: {}, ratios: {}, unknown: [] } as never);
    },
    beat: async (beat) => {
      heard.push(beat);
      return done(undefined);
    },
  };
  const hostOf = async (token: string) => /^token-of-(\w+)$/.exec(token)?.[1] ?? null;
  const board = new Switchboard({ ear, journal, hostOf });
  const http = createServer();
  http.on('upgrade', (request, socket, head) => board.upgrade(request, socket, head));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const dialers: Dialer[] = [];
  const dial = async (agent: Recipient) => {
    const token = `token-of-${agent.host}`;
    const dialer = new Dialer({ url, token, agent, entropy: realEntropy, journal });
    dialers.push(dialer);
    await dialer.start();
    await there(board, agent.host);
    return dialer;
  };
  const end = () => {
    for (const dialer of dialers) dialer.stop();
    board.close();
    http.closeAllConnections();
    http.close();
  };
  if (context === undefined) after(end);
  else context.after(end);
  return { board, url, heard, dial };
}

/** The connection is there; now its hello has to arrive, which is a turn of the loop or two. */
async function there(board: Switchboard, host: string): Promise<void> {
  for (let turns = 0; turns < 10_000 && !board.knows(host); turns++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const agent = (
  host: string,
  incarnation = 1,
  answer: unknown = done({ guests: [] }),
): Recipient => ({
  host,
  incarnation,
  handle: (async () => answer) as never,
});

for (const [promise, holds] of Object.entries(wireContract)) {
  test(`websocket wire: ${promise}`, async (context) => {
    const { board, dial } = await lab(context);
    const attached = new Map<string, Dialer>();
    const detach = (host: string) => attached.get(host)?.stop();
    const attach = async (recipient: Recipient) => {
      detach(recipient.host);
      attached.set(recipient.host, await dial(recipient));
    };
    await holds({ wire: board, attach, detach });
  });
}

/** Dials by hand; gives how the line ended, or what it was told first. */
async function byHand(url: string, token: string, ...frames: unknown[]): Promise<string> {
  const socket = new WebSocket(url + AGENT_PATH, { headers: { authorization: `Bearer ${token}` } });
  return new Promise((resolve) => {
    socket.on('open', () => {
      for (const frame of frames) {
        socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
      }
    });
    socket.on('unexpected-response', (_, { statusCode }) => resolve(`http ${statusCode}`));
    socket.on('error', () => {});
    socket.on('message', (data) => {
      resolve(String(data));
      socket.terminate();
    });
    socket.on('close', (code) => resolve(`closed ${code}`));
  });
}

test('WS1: a token speaks for its host alone', async (context) => {
  const { url, heard, board } = await lab(context);
  const hello = (host: string) => ({ is: 'hello', host, incarnation: 1 });
  equal(await byHand(url, 'stolen', hello('h')), 'http 401');
  equal(await byHand(url, 'token-of-h', hello('g')), 'closed 4403');
  const beat = { is: 'beat', id: 7, beat: { host: 'g', incarnation: 1 } };
  const told = JSON.parse(await byHand(url, 'token-of-h', hello('h'), beat));
  deepEqual(told, { is: 'told', id: 7, reply: { is: 'no', why: { why: 'not-your-host' } } });
  deepEqual(heard, []);
  equal(board.knows('g'), false);
});

test('nonsense ends the line, whatever it is', async (context) => {
  const { url } = await lab(context);
  const hello = { is: 'hello', host: 'h', incarnation: 1 };
  const wrong = [
    '',
    '{',
    '[]',
    'null',
    '{"is":"order","id":1}',
    { ...hello, colour: 'red' },
    hello,
  ];
  for (const frame of wrong) {
    const ended = await byHand(url, 'token-of-h', hello, frame);
    equal(ended, 'closed 4400', JSON.stringify(frame));
  }
  equal(await byHand(url, 'token-of-h', 'first things first'), 'closed 4403');
});

test('WS2: what is under way on a line that breaks is lost, and the next life is asked anew', async (context) => {
  const { board, dial } = await lab(context);
  const mute: Recipient = { ...agent('h'), handle: () => new Promise(() => {}) };
  const first = await dial(mute);
  const asked = board.ask('h', list, millis(600_000));
  first.stop();
  equal(await asked, lost);
  await dial(agent('h', 2));
  equal((await board.ask('h', list, soon)).is, 'done');
});

test('WS3: an earlier life does not take the place of a later one; an equal one does', async (context) => {
  const { board, dial } = await lab(context);
  await dial(agent('h', 2, done({ guests: [] })));
  const late = await dial(agent('h', 1, done({ guests: 'no list' })));
  equal((await board.ask('h', list, soon)).is, 'done', 'the later life answers');
  late.stop();
  const heard: string[] = [];
  const newer: Recipient = {
    ...agent('h', 2),
    handle: (async () => {
      heard.push('newer');
      return done({ guests: [] });
    }) as never,
  };
  await dial(newer);
  for (let tries = 0; tries < 50 && heard.length === 0; tries++) await board.ask('h', list, soon);
  deepEqual(heard.slice(0, 1), ['newer']);
});

test('WS4: orders under way are bounded, and lost beyond it at once', async (context) => {
  const { board, dial } = await lab(context);
  await dial({ ...agent('h'), handle: () => new Promise(() => {}) });
  const asked = Array.from({ length: 1_024 }, () => board.ask('h', list, millis(600_000)));
  equal(await board.ask('h', list, millis(600_000)), lost);
  board.close();
  deepEqual(new Set((await Promise.all(asked)).map(({ is }) => is)), new Set(['lost']));
});

test('fields of a later version are left out, whoever says them', async (context) => {
  const { board, dial, heard } = await lab(context);
  const guests = [] as const;
  const dialer = await dial(agent('h', 1, { ...done({ guests, colour: 'red' }), since: 2 }));
  deepEqual(await board.ask('h', list, soon), done({ guests: [] }));
  const beat = { host: 'h', incarnation: 1 };
  deepEqual(await dialer.beat({ ...beat, mood: 'good' } as typeof beat), { is: 'done' });
  deepEqual(heard.at(-1), beat);
});

test('an answer of the wrong shape is as good as none', async (context) => {
  const { board, dial } = await lab(context);
  const wrong = [done({ guests: 'all' }), done({}), { is: 'yes' }, null, { is: 'no', why: {} }];
  for (const [at, answer] of wrong.entries()) {
    await dial(agent(`h${at}`, 1, answer));
    equal(await board.ask(`h${at}`, list, soon), lost, JSON.stringify(answer));
  }
});

test('what an agent says is heard and answered; after a cut it dials again', async (context) => {
  const { board, dial, heard } = await lab(context);
  const dialer = await dial(agent('h'));
  deepEqual(await dialer.beat({ host: 'h', incarnation: 1 }), { is: 'done' });
  board.cut('h');
  while ((await dialer.beat({ host: 'h', incarnation: 1 })).is !== 'done') {
    await dialer.connected();
  }
  ok(heard.length === 2, `${heard.length} heard`);
  equal((await board.ask('h', list, soon)).is, 'done');
});
