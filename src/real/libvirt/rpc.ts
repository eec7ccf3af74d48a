/**
 * One connection to libvirtd, by its own protocol over its Unix socket.
 *
 *   length │ program │ version │ procedure │ type │ serial │ status │ what it is about (XDR)
 *   4 bytes each; length counts itself
 *
 *   call   ──►  serial 7            ◄── reply 7: the answer, or an error with its code
 *                                   ◄── message: an event
 *   call ──►   ◄── reply, and then a stream: pieces under its serial, the empty one is the last
 *   ping   ◄──  answered at once, or libvirtd takes us for dead
 *
 *   R1  an answer is `done` or `no` (libvirt's code and words); none in time, or a connection that
 *       has gone, is `lost`: the call may have been carried out;
 *   R2  many calls are under way at once; an answer finds its call by its serial;
 *   R3  what cannot be made sense of ends the connection.
 *
 * Our own: the binding that is kept up has no migrations, events and codes of errors, and a native
 * one blocks a thread for each call, which for a migration is minutes. Numbers of procedures only
 * ever grow in libvirt; those used here are in procedures.ts.
 */
import { connect, type Socket } from 'node:net';
import { done, lost, no, type Reply } from '../../core/ports/reply.ts';
import { within } from '../qemu/waiting.ts';
import { XdrReader } from './xdr.ts';

/** libvirt's own number for what went wrong (codes.ts), and its words. */
export interface Trouble {
  readonly code: number;
  readonly message: string;
}

export type Answer = Reply<XdrReader, Trouble>;
export type Streamed = Reply<Uint8Array, Trouble>;
export type OnMessage = (procedure: number, body: XdrReader) => void;

const PROGRAM = 0x20008086;
const KEEPALIVE = 0x6b656570;
const VERSION = 1;
const TYPE = { call: 0, reply: 1, message: 2, stream: 3 } as const;
const STATUS = { ok: 0, error: 1, more: 2 } as const;
const PING = 1;
const PONG = 2;
const HEADER_BYTES = 28;
const LENGTH_BYTES = 4;
/** libvirt's own limit of a message. */
const MESSAGE_BYTES_MAX = 32 * 1024 * 1024;

interface Stream {
  readonly pieces: Uint8Array[];
  bytes: number;
  readonly end: (streamed: Streamed) => void;
}

export class Rpc {
  readonly #socket: Socket;
  readonly #open = new Map<number, (answer: Answer) => void>();
  readonly #streams = new Map<number, Stream>();
  readonly #onMessage: OnMessage;
  #buffer: Buffer = Buffer.alloc(0);
  #asked = 0;
  #closed = false;

  private constructor(socket: Socket, onMessage: OnMessage) {
    this.#socket = socket;
    this.#onMessage = onMessage;
    socket.on('data', (piece: Buffer) => this.#read(piece));
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => this.#end());
  }

  /** Null: nobody listens there. */
  static open(path: string, onMessage: OnMessage): Promise<Rpc | null> {
    return new Promise((resolve) => {
      const socket = connect(path);
      socket.once('connect', () => resolve(new Rpc(socket, onMessage)));
      socket.once('error', () => resolve(null));
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  async call(procedure: number, body: Uint8Array, within_ms: number): Promise<Answer> {
    if (this.#closed) return lost;
    return this.#call(++this.#asked, procedure, body, within_ms);
  }

  /** The bytes that follow the answer; `within_ms` is for either. */
  async fetch(procedure: number, body: Uint8Array, within_ms: number): Promise<Streamed> {
    if (this.#closed) return lost;
    const serial = ++this.#asked;
    const streamed = new Promise<Streamed>((end) =>
      this.#streams.set(serial, { pieces: [], bytes: 0, end }),
    );
    const heard = await this.#call(serial, procedure, body, within_ms);
    const all = heard.is === 'done' ? await within(within_ms, streamed, lost) : heard;
    this.#streams.delete(serial);
    return all;
  }

  async #call(serial: number, procedure: number, body: Uint8Array, within_ms: number) {
    const answer = new Promise<Answer>((resolve) => this.#open.set(serial, resolve));
    this.#send(PROGRAM, procedure, TYPE.call, serial, body);
    const heard = await within(within_ms, answer, lost);
    this.#open.delete(serial);
    return heard;
  }

  close(): void {
    this.#socket.destroy();
    this.#end();
  }

  /** What comes of a stream that nobody waits for any more is let fall. */
  #flow(procedure: number, serial: number, status: number, body: XdrReader): void {
    const stream = this.#streams.get(serial);
    if (stream === undefined) return;
    if (status !== STATUS.more) {
      const answer = answerOf(status, body);
      stream.end(answer.is === 'no' ? answer : done(Buffer.concat(stream.pieces)));
      return;
    }
    const piece = body.rest();
    stream.bytes += piece.length;
    if (stream.bytes > MESSAGE_BYTES_MAX) {
      this.close();
      return;
    }
    stream.pieces.push(piece);
    // We have heard that this was all: libvirtd says once more that it was.
    if (piece.length === 0) this.#send(PROGRAM, procedure, TYPE.stream, serial, piece);
  }

  #send(program: number, procedure: number, type: number, serial: number, body: Uint8Array): void {
    const header = Buffer.alloc(HEADER_BYTES);
    const words = [
      HEADER_BYTES + body.length,
      program,
      VERSION,
      procedure,
      type,
      serial,
      STATUS.ok,
    ];
    for (const [at, word] of words.entries()) header.writeUInt32BE(word, at * 4);
    this.#socket.write(Buffer.concat([header, body]));
  }

  #read(piece: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, piece]);
    while (!this.#closed && this.#buffer.length >= LENGTH_BYTES) {
      const length = this.#buffer.readUInt32BE();
      if (length < HEADER_BYTES || length > MESSAGE_BYTES_MAX) {
        this.close();
        return;
      }
      if (this.#buffer.length < length) return;
      const message = this.#buffer.subarray(LENGTH_BYTES, length);
      this.#buffer = this.#buffer.subarray(length);
      this.#takeWhole(message);
    }
  }

  #takeWhole(message: Buffer): void {
    try {
      this.#take(new XdrReader(message));
    } catch {
      this.close(); // R3
    }
  }

  #take(body: XdrReader): void {
    const [program, , procedure, type, serial, status] = [
      ...[body.uint(), body.uint(), body.uint()],
      ...[body.uint(), body.uint(), body.uint()],
    ] as [number, number, number, number, number, number];
    if (program === KEEPALIVE) {
      if (procedure === PING) this.#send(KEEPALIVE, PONG, TYPE.message, 0, Buffer.alloc(0));
    } else if (type === TYPE.message) this.#onMessage(procedure, body);
    else if (type === TYPE.stream) this.#flow(procedure, serial, status, body);
    else if (type === TYPE.reply) this.#open.get(serial)?.(answerOf(status, body));
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const answer of this.#open.values()) answer(lost);
    for (const { end } of this.#streams.values()) end(lost);
  }
}

function answerOf(status: number, body: XdrReader): Answer {
  if (status !== STATUS.error) return done(body);
  const code = body.int();
  body.int(); // which part of libvirt it was
  return no({ code, message: body.optionalString() ?? `libvirt's error ${code}` });
}
