/**
 * Goal: the client of the monitor keeps Q1 and Q2: answers find their askers whatever their order,
 * what is not answered is lost and waits for nobody, and events that came early are not missed.
 * Method: a monitor of our own on a socket, which says what each test has it say.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test, { after } from 'node:test';
import { Qmp } from './qmp.ts';

const root = mkdtempSync(join(tmpdir(), 'plimsoll-qmp-'));
after(() => rmSync(root, { recursive: true }));

interface Command {
  readonly execute: string;
  readonly id: number;
}
type Monitor = (command: Command, say: (message: unknown) => void, socket: Socket) => void;

let monitors = 0;
/** Greets, agrees to its capabilities, and leaves the rest to the test. */
async function withMonitor(monitor: Monitor, act: (qmp: Qmp) => Promise<void>): Promise<void> {
  const path = join(root, `m${++monitors}`);
  const server = createServer((socket) => {
    const say = (message: unknown) => socket.write(`${JSON.stringify(message)}\r\n`);
    say({ QMP: { version: {} } });
    createInterface({ input: socket }).on('line', (line) => {
      const command = JSON.parse(line) as Command;
      if (command.execute === 'qmp_capabilities') say({ return: {}, id: command.id });
      else monitor(command, say, socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(path, () => resolve()));
  const qmp = await Qmp.open(path, 2_000);
  ok(qmp !== null);
  try {
    await act(qmp);
  } finally {
    qmp.close();
    server.close();
  }
}

test('answers find who asked, in whatever order they come', async () => {
  const waiting: Command[] = [];
  const monitor: Monitor = (command, say) => {
    waiting.push(command);
    if (waiting.length < 3) return;
    for (const { id, execute } of waiting.reverse()) say({ return: execute, id });
  };
  await withMonitor(monitor, async (qmp) => {
    const answers = await Promise.all(['a', 'b', 'c'].map((command) => qmp.ask(command)));
    deepEqual(
      answers,
      ['a', 'b', 'c'].map((value) => ({ is: 'done', value })),
    );
  });
});

test('a refusal is in the words of QEMU', async () => {
  const monitor: Monitor = ({ id }, say) => say({ error: { class: 'X', desc: 'not now' }, id });
  await withMonitor(monitor, async (qmp) => {
    deepEqual(await qmp.ask('stop'), { is: 'no', why: 'not now' });
  });
});

test('no answer in time is lost, and one that comes later is nobody else’s', async () => {
  let late: Command | null = null;
  const monitor: Monitor = (command, say) => {
    if (late === null) late = command;
    else {
      say({ return: 'late', id: late.id });
      say({ return: 'own', id: command.id });
    }
  };
  await withMonitor(monitor, async (qmp) => {
    deepEqual(await qmp.ask('slow', {}, 20), { is: 'lost' });
    deepEqual(await qmp.ask('quick'), { is: 'done', value: 'own' });
  });
});

test('a monitor that goes, or talks nonsense, leaves nobody waiting', async () => {
  for (const last of ['', 'this is not JSON\n', '[1]\n[2', '"text"\n']) {
    const monitor: Monitor = (_command, _say, socket) => socket.end(last);
    await withMonitor(monitor, async (qmp) => {
      deepEqual(await qmp.ask('quit'), { is: 'lost' }, last);
      equal(await qmp.event(() => false, 60_000), null);
      ok(qmp.closed);
      deepEqual(await qmp.ask('again'), { is: 'lost' });
    });
  }
});

test('an event that came early is there, until it is forgotten; pieces make a line', async () => {
  const monitor: Monitor = ({ id }, say, socket) => {
    say({ event: 'EARLY', data: { n: 1 } });
    const line = `${JSON.stringify({ return: 'ok', id })}\n`;
    socket.write(line.slice(0, 5));
    setImmediate(() => socket.write(line.slice(5)));
  };
  await withMonitor(monitor, async (qmp) => {
    equal((await qmp.ask('x')).is, 'done');
    deepEqual(await qmp.event(({ event }) => event === 'EARLY', 1_000), {
      event: 'EARLY',
      data: { n: 1 },
    });
    qmp.forgetEvents();
    equal(await qmp.event(({ event }) => event === 'EARLY', 20), null);
  });
});

test('nobody there is null, in time', async () => {
  equal(await Qmp.open(join(root, 'none'), 50), null);
});
