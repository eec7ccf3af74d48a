/**
 * The control plane's end of the wire to agents on other machines: each agent dials in, says which
 * host it is, in which of its lives, and is asked over the connection that it made. Twin:
 * real/local-wire.ts; both keep ports/wire.contract.ts. The agent's end is dialer.ts.
 *
 *   upgrade ──token?──► hello ──host of the token?──► line ──► ask · told
 *              401                  closed: 4403
 *
 *   WS1  a token speaks for one host: what its holder says or is asked is of that host alone; where
 *        certificates are asked for, its holder has one of that host too (tls.ts);
 *   WS2  a line is of one life of its agent: when it breaks, whoever waits for an answer over it
 *        hears `lost`, and nothing that was for that life is sent to the next;
 *   WS3  of two lines of one host the later life keeps its place, of equal ones the newer: the
 *        other end had given up the older one;
 *   WS4  what is under way on a line is bounded: beyond it, and beyond what a slow reader leaves
 *        unread, an order is `lost` at once and never queued.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import type { Ear } from '../../core/agent/duties.ts';
import type { Millis } from '../../core/base/units.ts';
import { never } from '../../core/base/units.ts';
import type { Journal } from '../../core/ports/journal.ts';
import type { Order, OrderRefusal, OrderResult } from '../../core/ports/order.ts';
import { lost, no, type Reply } from '../../core/ports/reply.ts';
import { type Traces, untraced } from '../../core/ports/traces.ts';
import type { Wire } from '../../core/ports/wire.ts';
import { certifiedHost } from '../tls.ts';
import {
  FRAME_BYTES_MAX,
  readReply,
  readSaid,
  type SaidByAgent,
  type SaidToAgent,
} from './frames.ts';
import { keepAlive } from './keep-alive.ts';
import { Waiting } from './waiting.ts';

export const AGENT_PATH = '/plimsoll/agent';
/** Orders without an answer yet, of one host. */
const UNDER_WAY_MAX = 1024;
/** Bytes that its agent has not read yet. */
const UNREAD_BYTES_MAX = 8 * 2 ** 20;
const NOT_YOURS = 4403;
const REPLACED = 4409;
const NONSENSE = 4400;

export interface SwitchboardAbout {
  readonly ear: Ear;
  readonly journal: Journal;
  /** The host that a token speaks for; null: it is nobody's. */
  readonly hostOf: (token: string) => Promise<string | null>;
  /** Whether an agent has to show a certificate of its host as well; left out: no. */
  readonly certified?: boolean;
  /** Left out: none are kept. */
  readonly traces?: Traces;
}

interface Line {
  readonly socket: WebSocket;
  readonly host: string;
  readonly incarnation: number;
  readonly waiting: Waiting;
}

export class Switchboard implements Wire {
  readonly #about: SwitchboardAbout;
  readonly #lines = new Map<string, Line>();
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: true,
    maxPayload: FRAME_BYTES_MAX,
    perMessageDeflate: false,
  });

  constructor(about: SwitchboardAbout) {
    this.#about = about;
  }

  /** For the HTTP server: an agent that wants to speak, or anybody else, who is told no. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const path = request.url?.split('?', 1)[0];
    const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    socket.on('error', () => socket.destroy());
    if (path !== AGENT_PATH) {
      turnAway(socket, '404 Not Found');
      return;
    }
    this.#about.hostOf(token).then(
      (host) => {
        if (host === null || !this.#isCertified(socket, host)) turnAway(socket, '401 Unauthorized');
        else this.#server.handleUpgrade(request, socket, head, (line) => this.#meet(line, host));
      },
      () => turnAway(socket, '503 Service Unavailable'),
    );
  }

  #isCertified(socket: Duplex, host: string): boolean {
    return this.#about.certified !== true || certifiedHost(socket) === host;
  }

  /** Whether the host's agent is on a line now. */
  knows(host: string): boolean {
    return this.#lines.has(host);
  }

  /** How many agents are on a line, and how many orders wait for their answers. */
  get figures() {
    let under_way = 0;
    for (const { waiting } of this.#lines.values()) under_way += waiting.size;
    return { agents: this.#lines.size, under_way };
  }

  /** Breaks the line of a host, as a cable that is pulled. For tests. */
  cut(host: string): void {
    this.#lines.get(host)?.socket.terminate();
  }

  async ask<V extends Order['verb']>(
    host: string,
    order: Extract<Order, { verb: V }>,
    timeout: Millis,
  ): Promise<Reply<OrderResult[V], OrderRefusal>> {
    const line = this.#lines.get(host);
    if (line === undefined || isClogged(line)) return lost;
    const trace = (this.#about.traces ?? untraced).current();
    const frame = { is: 'order', order, ...(trace !== null && { trace }) } as const;
    const send = (id: number) => say(line.socket, { ...frame, id });
    return readReply<V>(order.verb, await line.waiting.ask(timeout, send));
  }

  /** Ends every line, and takes no more. */
  close(): void {
    for (const { socket } of this.#lines.values()) socket.terminate();
    this.#server.close();
  }

  /** The first thing that an agent says is who it is. */
  #meet(socket: WebSocket, host: string): void {
    keepAlive(socket);
    socket.on('error', () => socket.terminate());
    socket.once('message', (data) => {
      const said = readSaid(String(data));
      if (said?.is !== 'hello' || said.host !== host) {
        this.#about.journal.warn('agent.refused', { host });
        socket.close(NOT_YOURS, 'this token is of another host');
        return;
      }
      this.#take({ socket, host, incarnation: said.incarnation, waiting: new Waiting() });
    });
  }

  #take(line: Line): void {
    const { host, socket } = line;
    const before = this.#lines.get(host);
    if (before !== undefined && before.incarnation > line.incarnation) {
      socket.close(REPLACED, 'a later life of this agent is here');
      return;
    }
    if (before !== undefined) end(before, REPLACED, 'another connection of this agent is here');
    this.#lines.set(host, line);
    socket.on('message', (data) => void this.#hear(line, readSaid(String(data))));
    socket.on('close', () => {
      if (this.#lines.get(host) === line) this.#lines.delete(host);
      line.waiting.lose(); // WS2
    });
  }

  async #hear(line: Line, said: SaidByAgent | null): Promise<void> {
    if (said === null) return end(line, NONSENSE, 'that is no frame');
    const { ear } = this.#about;
    switch (said.is) {
      case 'answer':
        return line.waiting.settle(said.id, said.reply);
      case 'report':
        return this.#tell(line, said.id, said.report.host, () => ear.report(said.report));
      case 'beat':
        return this.#tell(line, said.id, said.beat.host, () => ear.beat(said.beat));
      case 'hello':
        return end(line, NONSENSE, 'that was said before');
      default:
        return never(said);
    }
  }

  async #tell(
    { socket, host }: Line,
    id: number,
    of: string,
    ask: () => Promise<Reply<unknown, unknown>>,
  ): Promise<void> {
    // WS1. What the ledger could not decide is lost to the agent, which says it again.
    const reply = of === host ? await ask().catch(() => lost) : no({ why: 'not-your-host' });
    say(socket, { is: 'told', id, reply });
  }
}

function turnAway(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

const isClogged = ({ waiting, socket }: Line): boolean =>
  waiting.size >= UNDER_WAY_MAX || socket.bufferedAmount > UNREAD_BYTES_MAX;

function say(socket: WebSocket, frame: SaidToAgent): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
}

function end(line: Line, code: number, reason: string): void {
  line.socket.close(code, reason);
  line.waiting.lose();
}
