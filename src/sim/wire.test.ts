/**
 * Goal: the simulated wire can say each awkward thing, and says nothing awkward when calm.
 * Method: an agent that only counts, and one fault at a time at a rate of always.
 */
import { deepEqual, equal } from 'node:assert/strict';
import test from 'node:test';
import { Chance } from '../core/base/seeded.ts';
import { millis } from '../core/base/units.ts';
import type { Order } from '../core/ports/order.ts';
import { done } from '../core/ports/reply.ts';
import { wireContract } from '../core/ports/wire.contract.ts';
import type { Recipient } from '../core/ports/wire.ts';
import { calm, type WireFaults } from './faults.ts';
import { Timeline } from './timeline.ts';
import { type Cut, SimWire } from './wire.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));
const list = (key: string): Extract<Order, { verb: 'list' }> => ({ verb: 'list', key });

function world(faults: Partial<WireFaults> = {}) {
  const timeline = new Timeline();
  const delivered: { key: string; at_ms: number }[] = [];
  const life = { now: 1 };
  const recipient = (host: string): Recipient => ({
    host,
    incarnation: life.now,
    handle: (order) => {
      delivered.push({ key: order.key, at_ms: timeline.now_ms });
      return Promise.resolve(done({ guests: [] } as never));
    },
  });
  const wire = new SimWire({
    timeline,
    chance: new Chance('wire'),
    faults: { ...calm.wire, ...faults },
    recipient: (host) => (host === 'nobody' ? undefined : recipient(host)),
  });
  const run = () => timeline.run(drain, () => false);
  return { timeline, delivered, life, wire, run };
}

async function askOnce(faults: Partial<WireFaults>, cut?: Cut) {
  const { wire, run, delivered } = world(faults);
  if (cut !== undefined) wire.cut('h', cut);
  let reply = '';
  void wire.ask('h', list('k'), millis(1000)).then(({ is }) => {
    reply = is;
  });
  await run();
  return { reply, times: delivered.length, at_ms: delivered.at(-1)?.at_ms };
}

test('calm: what is asked is answered, once', async () => {
  deepEqual(await askOnce({}), { reply: 'done', times: 1, at_ms: 2 });
});

test('dropped before: lost, and nothing happened', async () => {
  const { reply, times } = await askOnce({ drop_before_permille: 1000 });
  deepEqual({ reply, times }, { reply: 'lost', times: 0 });
});

test('dropped after: lost, and it happened', async () => {
  const { reply, times } = await askOnce({ drop_after_permille: 1000 });
  deepEqual({ reply, times }, { reply: 'lost', times: 1 });
});

test('repeated: answered once, and it arrives twice', async () => {
  const { reply, times } = await askOnce({ repeat_permille: 1000, late_ms_max: 50 });
  deepEqual({ reply, times }, { reply: 'done', times: 2 });
});

test('late: it arrives after the asker has given up', async () => {
  const { reply, times, at_ms = 0 } = await askOnce({ late_permille: 1000, late_ms_max: 50 });
  deepEqual({ reply, times }, { reply: 'lost', times: 1 });
  equal(at_ms >= 1000, true);
});

test('a host that is cut off hears nothing, or is not heard', async () => {
  for (const [cut, times] of [
    ['there', 0],
    ['back', 1],
    ['both', 0],
  ] as const) {
    const seen = await askOnce({}, cut);
    deepEqual([seen.reply, seen.times], ['lost', times], cut);
  }
});

test('nobody there: lost at the timeout, no sooner', async () => {
  const { wire, run, timeline } = world();
  let at_ms = 0;
  void wire.ask('nobody', list('k'), millis(700)).then(() => {
    at_ms = timeline.now_ms;
  });
  await run();
  equal(at_ms, 700);
});

test('requests overtake each other', async () => {
  const { wire, run, delivered } = world({ latency_ms_max: 500 });
  const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
  for (const key of keys) void wire.ask('h', list(key), millis(2000));
  await run();
  equal(delivered.length, keys.length);
  equal(delivered.map(({ key }) => key).join('') === keys.join(''), false);
});

test('an order for an earlier life of the agent is not handed over', async () => {
  const { wire, run, delivered, life } = world({ latency_ms_min: 50, latency_ms_max: 50 });
  let reply = '';
  void wire.ask('h', list('k'), millis(1000)).then(({ is }) => {
    reply = is;
  });
  life.now = 2;
  await run();
  deepEqual({ reply, times: delivered.length }, { reply: 'lost', times: 0 });
});

for (const [promise, holds] of Object.entries(wireContract)) {
  test(`sim wire: ${promise}`, async () => {
    const timeline = new Timeline();
    const recipients = new Map<string, Recipient>();
    const wire = new SimWire({
      timeline,
      chance: new Chance('contract'),
      faults: calm.wire,
      recipient: (host) => recipients.get(host),
    });
    let running = true;
    const outcome = holds({
      wire,
      attach: (recipient) => void recipients.set(recipient.host, recipient),
      detach: (host) => void recipients.delete(host),
    }).finally(() => {
      running = false;
    });
    await timeline.run(drain, () => !running);
    await outcome;
  });
}
