/**
 * Goal: who knocks knows what is certain: an answer, that nobody can have heard it, or nothing at
 * all; and whatever the other end does, neither end falls over it.
 * Method: doors by path and by port, and ends that hang up, reset the line, or talk nonsense. A
 * line that was reset once ended the whole agent: watched without the readers' error handlers.
 */
import { deepEqual, equal } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { addressOf, doorPlace, knock, openDoor, unheard, whereTo } from './door.ts';
import { connectTo, freePlace, listenAt, type Place } from './places.ts';

const root = mkdtempSync(join(tmpdir(), 'plimsoll-door-'));
after(() => rmSync(root, { recursive: true }));
const name = { uuid: '11111111-2222-4333-8444-555555555501', landing: 'run/landing' };

test('an address says the door, the guest and the step, by path and by port', () => {
  for (const door of [
    { path: '/run/d' },
    { host: '10.0.0.1', port: 7 },
    { host: '::1', port: 7 },
  ]) {
    deepEqual(whereTo(addressOf(door, name)), { door, ...name });
  }
  equal(whereTo('http://elsewhere'), null);
});

test('a knock is answered, by path and by port, and the same port is kept', async () => {
  for (const listen of [null, '127.0.0.1']) {
    const place = await doorPlace(root, listen);
    deepEqual(await doorPlace(root, listen), place);
    const door = await openDoor(place, async (what, of, parcel) => ({
      is: 'refused',
      why: `${what} ${of.landing} ${String(parcel['n'])}`,
    }));
    const said = await knock(addressOf(place, name), 'arrive', { n: 1 });
    deepEqual(said, { is: 'refused', why: 'arrive run/landing 1' });
    await door.close();
    equal(await knock(addressOf(place, name), 'arrive'), unheard);
  }
});

/** Somebody at a door who is no driver of ours. */
async function stranger(act: (socket: Socket) => void, knocked: (place: Place) => Promise<void>) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => act(socket));
  });
  const place = await listenAt(server, { host: '127.0.0.1', port: 0 });
  await knocked(place);
  server.close();
}

test('who heard it and does not answer leaves everything open', async () => {
  const ends: ((socket: Socket) => void)[] = [
    (socket) => socket.resetAndDestroy(),
    (socket) => socket.end(),
    (socket) => socket.end('nonsense\n'),
  ];
  for (const act of ends) {
    await stranger(act, async (place) =>
      equal(await knock(addressOf(place, name), 'arrive'), null),
    );
  }
});

test('a visitor who resets the line, or talks nonsense, does not close the door', async () => {
  const place = await freePlace('127.0.0.1', '');
  const door = await openDoor(place, async () => ({ is: 'ready' }));
  for (const act of [
    (visitor: Socket) => visitor.resetAndDestroy(),
    say('{"knock"\n'),
    say('7\n'),
  ]) {
    const visitor = connectTo(place).on('error', () => {});
    await new Promise((resolve) => visitor.once('connect', resolve));
    visitor.write('half a li');
    act(visitor);
    await new Promise((resolve) =>
      visitor.closed ? resolve(null) : visitor.once('close', resolve),
    );
  }
  deepEqual(await knock(addressOf(place, name), 'open'), { is: 'ready' });
  await door.close();
});

const say = (text: string) => (visitor: Socket) => void visitor.end(text);
