/**
 * A client that costs little: prepared bytes on kept connections, one request at a time on each,
 * and of the answer only where it ends. So the server is what is measured, though both share a
 * machine.
 */
import { connect, type Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly body: () => unknown;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const LENGTH = /\r\ncontent-length: *(\d+)/i;

export class Connection {
  readonly #socket: Socket;
  #pieces: Buffer[] = [];
  #size = 0;
  /** Where the answer's body begins, and how long all of it is; null until its head is there. */
  #extent: { readonly head: string; readonly from: number; readonly end: number } | null = null;
  #answered: ((answer: Answer) => void) | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (piece) => this.#take(piece as Buffer));
  }

  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => resolve(new Connection(socket)));
    });
  }

  ask(request: Buffer): Promise<Answer> {
    return new Promise((resolve) => {
      this.#answered = resolve;
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#size += piece.length;
    this.#extent ??= extentOf(this.#pieces);
    if (this.#extent === null || this.#size < this.#extent.end) return;
    const { head, from, end } = this.#extent;
    const pieces = this.#pieces;
    const answered = this.#answered;
    this.#pieces = [];
    this.#size = 0;
    this.#extent = null;
    this.#answered = null;
    answered?.({
      status: Number(head.slice(9, 12)),
      body: () => JSON.parse(Buffer.concat(pieces).toString('utf8', from, end)) as unknown,
    });
  }
}

function extentOf(pieces: readonly Buffer[]) {
  const all = Buffer.concat(pieces);
  const at = all.indexOf(HEAD_END);
  if (at < 0) return null;
  const head = all.toString('latin1', 0, at);
  const from = at + HEAD_END.length;
  return { head, from, end: from + Number(LENGTH.exec(head)?.[1] ?? 0) };
}

export function bytesOf(method: string, path: string, body?: unknown): Buffer {
  const text = body === undefined ? '' : JSON.stringify(body);
  const head = [
    `${method} ${path} HTTP/1.1`,
    'host: 127.0.0.1',
    'x-auth-token: admin',
    'openstack-api-version: placement 1.39',
    ...(body === undefined
      ? []
      : ['content-type: application/json', `content-length: ${Buffer.byteLength(text)}`]),
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${text}`);
}

/** Keeps every connection busy for so long; gives how often `one` ended, and how long each took. */
export async function busy(
  connections: readonly Connection[],
  span_ms: number,
  one: (connection: Connection) => Promise<void>,
): Promise<{ readonly per_second: number; readonly took_ms: readonly number[] }> {
  const took_ms: number[] = [];
  const from = performance.now();
  const client = async (connection: Connection) => {
    for (let now = from; now - from < span_ms; ) {
      await one(connection);
      const then = performance.now();
      took_ms.push(then - now);
      now = then;
    }
  };
  await Promise.all(connections.map(client));
  return { per_second: (took_ms.length * 1000) / (performance.now() - from), took_ms };
}
