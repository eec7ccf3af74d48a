/**
 * An agent's end of the wire: dials its control planes, keeps dialling, carries their orders to the
 * agent, and is their ear to it. The other end is switchboard.ts.
 *
 *   dial ──► hello ──► orders in, answers out · reports and beats out, replies in
 *     ▲                  │ broken
 *     └── pause, longer each time, by lot
 *
 *   DL1  what was asked over a connection that broke is `lost`; it is never asked again over
 *        another one: whoever asked decides that;
 *   DL2  an order is answered over the connection that it came by, or not at all.
 */
import { WebSocket } from 'ws';
import type { Agent } from '../../core/agent/agent.ts';
import type { Ear } from '../../core/agent/duties.ts';
import { asOrder } from '../../core/conductor/traced.ts';
import type { Beat } from '../../core/fleet/muster.ts';
import type { Registered } from '../../core/fleet/registry.ts';
import type { HostReport } from '../../core/fleet/report.ts';
import type { Entropy } from '../../core/ports/entropy.ts';
import type { Journal } from '../../core/ports/journal.ts';
import { lost, type Reply } from '../../core/ports/reply.ts';
import { type Traces, untraced } from '../../core/ports/traces.ts';
import { FRAME_BYTES_MAX, readToAgent, type SaidByAgent } from './frames.ts';
import { keepAlive } from './keep-alive.ts';
import { AGENT_PATH } from './switchboard.ts';
import { Waiting } from './waiting.ts';

/** PEM: the authority of the control plane, and a certificate of the host with its key. */
export interface TlsIdentity {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface DialerAbout {
  /** Of the control plane, e.g. `ws://127.0.0.1:8780`. */
  readonly url: string;
  readonly token: string;
  /** With which TLS is spoken; left out: as Node trusts, and without a certificate of our own. */
  readonly identity?: TlsIdentity;
  readonly agent: Pick<Agent, 'host' | 'incarnation' | 'handle'>;
  readonly entropy: Entropy;
  readonly journal: Journal;
  /** Left out: none are kept. */
  readonly traces?: Traces;
}

const ANSWER_WITHIN_MS = 20_000;
const PAUSE_MS = 250;
const PAUSE_MS_MAX = 15_000;

export class Dialer implements Ear {
  readonly #about: DialerAbout;
  readonly #waiting = new Waiting();
  #socket: WebSocket | null = null;
  #failures = 0;
  #stopped = false;
  #again: NodeJS.Timeout | undefined;
  readonly #hopeful: (() => void)[] = [];

  constructor(about: DialerAbout) {
    this.#about = about;
  }

  /** Dials, and goes on dialling until `stop`. Resolves once it was connected or has failed. */
  start(): Promise<boolean> {
    return new Promise((resolve) => this.#dial(resolve));
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#again);
    this.#socket?.terminate();
  }

  /** Resolves while, or once, there is a connection. */
  connected(): Promise<void> {
    if (this.#socket !== null) return Promise.resolve();
    return new Promise((resolve) => this.#hopeful.push(resolve));
  }

  report(report: HostReport): Promise<Reply<Registered, unknown>> {
    return this.#ask((id) => ({ is: 'report', id, report: report as never }));
  }

  beat(beat: Beat): Promise<Reply<void, unknown>> {
    return this.#ask((id) => ({ is: 'beat', id, beat }));
  }

  #dial(tried: (connected: boolean) => void): void {
    const { url, token, agent, identity } = this.#about;
    const socket = new WebSocket(new URL(AGENT_PATH, url), {
      headers: { authorization: `Bearer ${token}` },
      maxPayload: FRAME_BYTES_MAX,
      perMessageDeflate: false,
      handshakeTimeout: 10_000,
      ...identity,
    });
    socket.on('open', () => {
      this.#failures = 0;
      this.#socket = socket;
      keepAlive(socket);
      const { host, incarnation } = agent;
      say(socket, { is: 'hello', host, incarnation });
      tried(true);
      for (const resolve of this.#hopeful.splice(0)) resolve();
    });
    socket.on('message', (data) => this.#hear(socket, String(data)));
    socket.on('error', (error) => this.#complain(error.message));
    socket.on('close', (_code, reason) => {
      if (reason.length > 0) this.#complain(String(reason));
      this.#broken(socket);
      tried(false);
    });
  }

  /** Once for each row of failures: a control plane that is away is no news every second. */
  #complain(message: string): void {
    const { journal, agent, url } = this.#about;
    if (this.#failures === 0) journal.warn('agent.line', { host: agent.host, url, message });
  }

  #broken(socket: WebSocket): void {
    if (this.#socket === socket) this.#socket = null;
    this.#waiting.lose(); // DL1
    if (this.#stopped) return;
    const longest = Math.min(PAUSE_MS * 2 ** Math.min(this.#failures++, 10), PAUSE_MS_MAX);
    const pause_ms = longest / 2 + (longest / 2) * this.#lot();
    this.#again = setTimeout(() => this.#dial(() => {}), pause_ms);
  }

  /** Between 0 and 1: a fleet that was cut off does not come back in one instant. */
  #lot(): number {
    return Number.parseInt(this.#about.entropy.uuid().slice(0, 8), 16) / 2 ** 32;
  }

  #hear(socket: WebSocket, text: string): void {
    const frame = readToAgent(text);
    if (frame === null) return;
    if (frame.is === 'told') {
      this.#waiting.settle(frame.id, frame.reply);
      return;
    }
    const { id, order, trace = null } = frame;
    const { agent, traces = untraced } = this.#about;
    const carriedOut = asOrder(traces, agent.host, order, trace, () => agent.handle(order));
    void carriedOut.then((reply) => say(socket, { is: 'answer', id, reply }));
  }

  async #ask<T>(frame: (id: number) => SaidByAgent): Promise<Reply<T, unknown>> {
    const socket = this.#socket;
    if (socket === null) return lost;
    const answer = await this.#waiting.ask(ANSWER_WITHIN_MS, (id) => say(socket, frame(id)));
    return answer as Reply<T, unknown>;
  }
}

function say(socket: WebSocket, frame: SaidByAgent): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
}
