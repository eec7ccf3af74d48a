/**
 * Goal: the wire through NATS keeps what every wire promises, and NB1–NB4, NA1–NA3: a token opens
 * nothing of another host, nothing is stored, and what comes too late is not done.
 * Method: the contract between real ends and a real server with the configuration that we write;
 * then clients with the key of one host that try the subjects of another, orders that are made to
 * be old, and a server that is killed.
 * Mutants that these killed: `>` allowed to agents; the subject not compared with what is said; no
 * look at an order's age; `knows` without a life.
 */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { connect, nkeyAuthenticator } from '@nats-io/transport-node';
import type { Ear } from '../../core/agent/duties.ts';
import { millis } from '../../core/base/units.ts';
import { type Journal, silent } from '../../core/ports/journal.ts';
import type { Order } from '../../core/ports/order.ts';
import { done } from '../../core/ports/reply.ts';
import { wireContract } from '../../core/ports/wire.contract.ts';
import type { Recipient } from '../../core/ports/wire.ts';
import { AgentLine } from './agent-line.ts';
import { Ages } from './ages.ts';
import { Broker } from './broker.ts';
import { helloOf, orderOf, publicKeyOf, seedOf, seedOfToken, toldOf } from './names.ts';
import { hasNats, startNats, type TestBroker } from './server.fixture.ts';

const journal: Journal = silent;
const skip = hasNats ? false : 'no NATS here: apt-get install nats-server';
const list = { verb: 'list', key: 'k' } as const;
const soon = millis(2_000);
const tokenOf = (host: string) => `token-of-${host}-0123456789`;
const hosts = ['h', 'g', 'rack 1.a*>'].map((host) => ({ host, token: tokenOf(host) }));

async function lab(context: TestContext) {
  const server = await startNats(hosts);
  const heard: unknown[] = [];
  const hear = async (what: unknown) => {
    heard.push(what);
    return done(undefined) as never;
  };
  const ear: Ear = { report: hear, beat: hear };
  const about = { url: server.url, seed: server.seed, ear, journal };
  const broker = await Broker.open({ ...about, name: 'one' });
  const lines: AgentLine[] = [];
  const attach = async (agent: Recipient) => {
    const line = new AgentLine({ url: server.url, token: tokenOf(agent.host), agent, journal });
    lines.push(line);
    ok(await line.start(), 'the agent is let in');
    await until(() => broker.lifeOf(agent.host) === agent.incarnation);
    return line;
  };
  context.after(async () => {
    for (const line of lines) line.stop();
    await broker.close();
    await server.stop();
  });
  return { server, broker, heard, attach, about, lines };
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let turns = 0; turns < 1_000_000; turns++) {
    if (await holds()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error('it did not come about');
}

const agent = (host: string, incarnation = 1, handle?: (order: Order) => Promise<unknown>) =>
  ({
    host,
    incarnation,
    handle: handle ?? (async () => done({ guests: [] })),
  }) as unknown as Recipient;

for (const [promise, holds] of Object.entries(wireContract)) {
  test(`a wire through NATS ${promise}`, { skip }, async (context) => {
    const { broker, attach, lines } = await lab(context);
    const detach = async () => {
      for (const line of lines) line.stop();
    };
    await holds({
      wire: broker,
      attach: async (recipient) => void (await attach(recipient)),
      detach,
    });
  });
}

test('reports and beats of a host are heard, of one control plane', { skip }, async (context) => {
  const { heard, attach, about } = await lab(context);
  const other = await Broker.open({ ...about, name: 'two' });
  context.after(() => other.close());
  const line = await attach(agent('rack 1.a*>'));
  for (let beat = 0; beat < 10; beat++) {
    deepEqual(await line.beat({ host: 'rack 1.a*>', incarnation: 1 }), { is: 'done' });
  }
  equal(heard.length, 10);
  await until(() => other.knows('rack 1.a*>'));
});

test('NB5: a server that is away at the start is met when it comes', { skip }, async (context) => {
  const { server, about } = await lab(context);
  await server.die();
  const early = await Broker.open({ ...about, name: 'early' });
  context.after(() => early.close());
  equal(early.isConnected, false);
  deepEqual(await early.ask('h', list, soon), { is: 'lost' });
  await server.restart();
  await until(() => early.isConnected);
  const line = new AgentLine({ url: server.url, token: tokenOf('h'), agent: agent('h'), journal });
  context.after(() => line.stop());
  ok(await line.start());
  await until(() => early.knows('h'));
  deepEqual(await early.ask('h', list, soon), done({ guests: [] }));
});

test('NB5: a key that the server does not know is told of at once', { skip }, async (context) => {
  const { about } = await lab(context);
  const seed = seedOfToken('a-token-of-nobody-0123456789');
  await rejects(
    Broker.open({ ...about, seed, name: 'stranger' }),
    /[Aa]uthorization|[Pp]ermission/,
  );
});

/** Whoever has the token of `h`, and a client of their own. */
async function thief(server: TestBroker, seed = seedOfToken(tokenOf('h'))) {
  const refused: string[] = [];
  const connection = await connect({
    servers: server.url,
    authenticator: nkeyAuthenticator(seed),
    inboxPrefix: '_INBOX.h',
    reconnect: false,
  });
  const listen = async () => {
    for await (const status of connection.status()) {
      if (status.type === 'error') refused.push(String(status.error.message));
    }
  };
  void listen();
  return { connection, refused };
}

test('a stolen token opens nothing of another host', { skip }, async (context) => {
  const { server, broker, heard, attach } = await lab(context);
  const orders: Order[] = [];
  await attach(
    agent('g', 1, async (order) => {
      orders.push(order);
      return done({ guests: [] });
    }),
  );
  const { connection, refused } = await thief(server);
  const overheard: string[] = [];
  const hears = [orderOf('g', '*'), 'plimsoll.>', '>', '_INBOX.control-plane.>', '_INBOX.g.>'];
  for (const subject of [...hears, toldOf('g'), helloOf('*')]) {
    connection.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) overheard.push(message.subject);
      },
    });
  }
  const beat = { is: 'beat', id: 0, beat: { host: 'g', incarnation: 9 } };
  connection.publish(helloOf('g'), JSON.stringify({ is: 'hello', host: 'g', incarnation: 9 }));
  connection.publish(orderOf('g', 1), JSON.stringify({ order: list }));
  connection.publish(toldOf('g'), JSON.stringify(beat));
  connection.publish('_INBOX.control-plane.x', 'x');
  await connection.flush();
  // Under its own name it may not say that it is another.
  connection.publish(helloOf('h'), JSON.stringify({ is: 'hello', host: 'g', incarnation: 9 }));
  const reply = await connection.request(toldOf('h'), JSON.stringify(beat), { timeout: 2_000 });
  deepEqual(reply.json(), { is: 'no', why: { why: 'not-your-host' } });
  equal((await broker.ask('g', list, soon)).is, 'done', 'the life of the other is as it was');
  await connection.flush();
  deepEqual([overheard, heard], [[], []]);
  equal(orders.length, 1, 'only our own order');
  ok(refused.length >= 7, `${refused.length} refusals`);
  await connection.close();
});

test('whoever has no key is not let in', { skip }, async (context) => {
  const { server } = await lab(context);
  const stranger = seedOf(new Uint8Array(32).fill(7));
  const refused = await thief(server, stranger).catch((error: Error) => error.message);
  ok(/Authorization/i.test(String(refused)), String(refused));
  const none = await connect({ servers: server.url, reconnect: false }).catch(() => 'refused');
  equal(none, 'refused');
});

test('an order that is too old is not carried out, and nobody waits for it', {
  skip,
}, async (context) => {
  const { server, broker, attach, about } = await lab(context);
  const taken: string[] = [];
  await attach(
    agent('h', 1, async ({ key }) => {
      taken.push(key);
      return done({ guests: [] });
    }),
  );
  equal((await broker.ask('h', list, soon)).is, 'done');
  const plane = await connect({
    servers: server.url,
    authenticator: nkeyAuthenticator(about.seed),
    inboxPrefix: '_INBOX.control-plane',
  });
  const late = { order: { verb: 'list', key: 'late' }, from: 'one', within_ms: 1_000 };
  const frame = { ...late, said_ms: performance.now() - 5_000 };
  const asked = plane.request(orderOf('h', 1), JSON.stringify(frame), { timeout: 300 });
  equal(await asked.catch(() => 'nothing'), 'nothing');
  deepEqual(taken, ['k']);
  await plane.close();
});

test('a server that dies comes back to the same wire', { skip }, async (context) => {
  const { server, broker, attach } = await lab(context);
  const line = await attach(agent('h'));
  await server.restart();
  await until(async () => (await broker.ask('h', list, millis(200))).is === 'done');
  deepEqual(await line.beat({ host: 'h', incarnation: 1 }), { is: 'done' });
});

test('ages are told without a common clock, also of clocks that drift apart', () => {
  const ages = new Ages();
  equal(ages.of('a', 1_000_000, 50), 0);
  equal(ages.of('a', 1_000_100, 160), 10, 'ten slower than the fastest');
  equal(ages.of('a', 1_000_200, 240), 0, 'faster than any');
  equal(ages.of('b', 7, 1_000), 0, 'a clock of its own');
  equal(ages.of('a', 1_000_300, 5_340), 5_000);
  let worst_ms = 0;
  for (let minute = 0; minute < 10_000; minute++) {
    const heard_ms = minute * 60_000;
    worst_ms = Math.max(worst_ms, ages.of('c', heard_ms * 0.9999, heard_ms)); // 100 ppm
  }
  ok(worst_ms < 200, `${worst_ms} ms after a week`);
});

test('a key is written as NATS writes it', () => {
  const seed = seedOf(new Uint8Array(32).fill(7));
  const text = new TextDecoder().decode(seed);
  ok(/^SU[A-Z2-7]{56}$/.test(text), text);
  ok(/^U[A-Z2-7]{55}$/.test(publicKeyOf(seed)));
  ok(publicKeyOf(seedOfToken('a')) !== publicKeyOf(seedOfToken('b')));
});
