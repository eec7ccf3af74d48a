/**
 * Goal: R1 to R3, and that the line is dialled anew after libvirtd has gone.
 * Method: a libvirtd of our own on a socket, which says what it is told to, in pieces of any size.
 * Mutants tried by hand: the serial not looked at; the length taken without itself; an error taken
 * for an answer; a lost call that waits for ever; each was caught.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import fc from 'fast-check';
import { until } from '../qemu/waiting.ts';
import { Line } from './line.ts';
import { PROCEDURE } from './procedures.ts';
import { type Answer, Rpc } from './rpc.ts';
import { XdrReader, XdrWriter } from './xdr.ts';

const root = mkdtempSync(join(tmpdir(), 'plimsoll-rpc-'));
const ends: (() => void)[] = [];
after(() => {
  for (const end of ends) end(); // of a test that failed too: nothing may keep us alive
  rmSync(root, { recursive: true });
});
const NOTHING = new Uint8Array();
/** Whoever waits that long here was not told in time. */
const HOUR_MS = 3_600_000;
const timeout = 30_000;
const PROGRAM = 0x20008086;
const KEEPALIVE = 0x6b656570;

interface Call {
  readonly program: number;
  readonly procedure: number;
  readonly serial: number;
}

const frame = (
  words: readonly number[], // program, procedure, type, serial, status
  body: Uint8Array = NOTHING,
): Buffer => {
  const [program = 0, procedure = 0, type = 0, serial = 0, status = 0] = words;
  const head = new XdrWriter()
    .uint(28 + body.length)
    .uint(program)
    .uint(1);
  return Buffer.concat([head.uint(procedure).uint(type).uint(serial).uint(status).bytes, body]);
};
const replyTo = ({ procedure, serial }: Call, body?: Uint8Array, status = 0): Buffer =>
  frame([PROGRAM, procedure, 1, serial, status], body);
const troubleOf = (code: number, message: string): Uint8Array =>
  new XdrWriter().uint(code).uint(10).optionalString(message).uint(2).bytes;

/** Says of each call what `answer` gives; that may also end the connection. */
async function daemon(answer: (call: Call, socket: Socket) => Buffer | null) {
  const path = join(root, `s${sockets++}`);
  const open = new Set<Socket>();
  const server: Server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      for (const call of callsIn(bytes)) {
        const said = answer(call, socket);
        if (said !== null) socket.write(said);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const hangUp = () => {
    for (const socket of open) socket.destroy();
  };
  const close = () => {
    hangUp();
    server.close();
  };
  ends.push(close);
  return { path, hangUp, close };
}
let sockets = 0;

function* callsIn(bytes: Buffer): Generator<Call> {
  for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at)) {
    const words = new XdrReader(bytes.subarray(at + 4));
    const [program, , procedure] = [words.uint(), words.uint(), words.uint()];
    words.uint();
    yield { program, procedure, serial: words.uint() };
  }
}

async function opened(path: string, onMessage = () => {}): Promise<Rpc> {
  const rpc = await Rpc.open(path, onMessage);
  ok(rpc !== null);
  return rpc;
}

const textOf = (answer: Answer): string =>
  answer.is === 'done' ? answer.value.string() : answer.is;

test('answers find their calls, in whatever order and pieces they come', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.boolean(), async (piece, turned) => {
      const held: Buffer[] = [];
      const { path, close } = await daemon((call, socket) => {
        held.push(replyTo(call, new XdrWriter().string(`to ${call.procedure}`).bytes));
        if (held.length < 3) return null;
        const all = Buffer.concat(turned ? held.toReversed() : held);
        for (let at = 0; at < all.length; at += piece) socket.write(all.subarray(at, at + piece));
        return null;
      });
      const rpc = await opened(path);
      const answers = await Promise.all([7, 8, 9].map((one) => rpc.call(one, NOTHING, 10_000)));
      deepEqual(answers.map(textOf), ['to 7', 'to 8', 'to 9']);
      rpc.close();
      close();
    }),
    { numRuns: 20 },
  );
});

const pieceOf = ({ procedure, serial }: Call, status: number, body?: Uint8Array): Buffer =>
  frame([PROGRAM, procedure, 3, serial, status], body);

test('bytes that follow an answer come whole, or not at all', { timeout }, async () => {
  const ended: number[] = [];
  const { path, close } = await daemon((call, socket) => {
    if (ended.includes(call.serial)) return pieceOf(call, 0); // it has heard the end
    if (call.procedure === 3) return replyTo(call, troubleOf(9, 'no screen'), 1);
    ended.push(call.serial);
    socket.write(Buffer.concat([replyTo(call), pieceOf(call, 2, Buffer.from('ab'))]));
    if (call.procedure === 4) return pieceOf(call, 1, troubleOf(38, 'broke off'));
    socket.write(pieceOf(call, 2, Buffer.from('cdefg')));
    return pieceOf(call, 2);
  });
  const rpc = await opened(path);
  deepEqual(await rpc.fetch(2, NOTHING, 10_000), { is: 'done', value: Buffer.from('abcdefg') });
  const refused = (code: number, message: string) => ({ is: 'no', why: { code, message } });
  deepEqual(await rpc.fetch(3, NOTHING, 10_000), refused(9, 'no screen'));
  deepEqual(await rpc.fetch(4, NOTHING, 10_000), refused(38, 'broke off'));
  rpc.close();
  deepEqual(await rpc.fetch(2, NOTHING, 10_000), { is: 'lost' });
  close();
});

test('an error has its code, silence is lost, and so is what breaks off', { timeout }, async () => {
  const { path, close } = await daemon((call, socket) => {
    if (call.procedure === 1) return replyTo(call, troubleOf(42, 'no such domain'), 1);
    if (call.procedure === 2) return null;
    socket.destroy();
    return null;
  });
  const rpc = await opened(path);
  deepEqual(await rpc.call(1, NOTHING, 10_000), {
    is: 'no',
    why: { code: 42, message: 'no such domain' },
  });
  equal((await rpc.call(2, NOTHING, 20)).is, 'lost');
  equal((await rpc.call(3, NOTHING, HOUR_MS)).is, 'lost');
  ok(rpc.closed);
  equal((await rpc.call(1, NOTHING, 10_000)).is, 'lost');
  close();
});

test('a ping is answered, an event is told, and nonsense ends the connection', async () => {
  let pongs = 0;
  const events: number[] = [];
  const { path, close } = await daemon((call, socket) => {
    if (call.program === KEEPALIVE) {
      pongs += 1;
      return frame([PROGRAM, 318, 2, 0, 0]);
    }
    if (call.procedure === 2) return Buffer.from([0, 0, 0, 1, 0, 0, 0, 0]);
    socket.write(frame([KEEPALIVE, 1, 2, 0, 0]));
    return replyTo(call);
  });
  const rpc = await Rpc.open(path, (procedure) => void events.push(procedure));
  ok(rpc !== null);
  equal((await rpc.call(1, NOTHING, 10_000)).is, 'done');
  ok(await until(10_000, async () => (events.length === 1 ? true : null)));
  deepEqual([pongs, events], [1, [318]]);
  equal((await rpc.call(2, NOTHING, 10_000)).is, 'lost');
  ok(rpc.closed);
  close();
});

const none = new XdrWriter().uint(1).uint(0).bytes;
const password = new XdrWriter().uint(1).uint(1).bytes;

test('the line is dialled again after libvirtd has gone, and hears of events again', async () => {
  const uuid = Buffer.alloc(16, 0xab);
  const { path, hangUp, close } = await daemon((call, socket) => {
    if (call.procedure === PROCEDURE.auth_list) return replyTo(call, none);
    if (call.procedure !== PROCEDURE.resume) return replyTo(call, new XdrWriter().uint(0).bytes);
    const domain = { name: 'n', uuid, id: 1 };
    const event = new XdrWriter().uint(0).domain(domain).uint(5).uint(1).bytes;
    socket.write(frame([PROGRAM, PROCEDURE.event_lifecycle, 2, 0, 0], event));
    return replyTo(call);
  });
  const line = new Line(path);
  const heard: unknown[] = [];
  const forget = line.listen((event) => void heard.push(event));
  for (let round = 1; round <= 2; round++) {
    equal((await line.ask(PROCEDURE.resume, NOTHING)).is, 'done');
    ok(await until(10_000, async () => (heard.length === round ? true : null)), `${round}`);
    hangUp();
    ok(await until(10_000, async () => ((await line.check()).is === 'done' ? true : null)));
  }
  deepEqual(heard[0], { uuid: 'abababab-abab-abab-abab-abababababab', event: 5, detail: 1 });
  forget();
  line.close();
  close();
});

test('whom libvirtd does not let in is told so', async () => {
  const { path, close } = await daemon((call) => replyTo(call, password));
  const why = await new Line(path).check();
  ok(why.is === 'no' && why.why.includes('password'), JSON.stringify(why));
  close();
  const nobody = await new Line(path).check();
  ok(nobody.is === 'no' && nobody.why.includes('no libvirtd listens'), JSON.stringify(nobody));
});

test('what is written is read, and what ends too soon is said so', () => {
  const some = fc.record({
    name: fc.string(),
    uuid: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  });
  fc.assert(
    fc.property(some, fc.string(), fc.nat(), fc.boolean(), ({ name, uuid }, text, number, yes) => {
      const domain = { name, uuid, id: -1 };
      const given = { text, number, yes };
      const { bytes } = new XdrWriter().domain(domain).parameters(given).optionalString(null);
      const reader = new XdrReader(bytes);
      deepEqual(reader.domain(), { ...domain, uuid: Uint8Array.from(uuid) });
      deepEqual({ ...reader.parameters() }, given);
      equal(reader.optionalString(), null);
      let thrown = false;
      try {
        const short = new XdrReader(bytes.subarray(0, bytes.length - 4));
        short.domain();
        short.parameters();
        short.optionalString();
      } catch {
        thrown = true;
      }
      ok(thrown);
    }),
  );
});
