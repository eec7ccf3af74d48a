/**
 * The wire through NATS, the control plane's end: orders go to the subject of a host and of the
 * life that its agent was last heard in. Twins: real/websocket/switchboard.ts and
 * real/local-wire.ts; all keep ports/wire.contract.ts. The agent's end is agent-line.ts.
 *
 *   roll ─► every agent says hello ─► its life is known ─► ask · told
 *
 *   NB1  nothing is stored: an order that nobody listens to is `lost` at once, one that finds no
 *        connection to the server too, and one that comes too late is not carried out (NA1);
 *   NB2  what a host says is of that host: the server lets it use no other subject, and what the
 *        message says of itself must be the same;
 *   NB3  what is under way to a host is bounded: beyond it an order is `lost` at once;
 *   NB4  of all control planes one hears a report or a beat, whichever the server picks; that a
 *        host was heard is then in its row (fleet/heartbeat.ts);
 *   NB5  a server that is away when we start is tried until it is there; one that does not know our
 *        key is told of at once.
 */
import {
  connect,
  errors,
  type Msg,
  type NatsConnection,
  nkeyAuthenticator,
} from '@nats-io/transport-node';
import type { Ear } from '../../core/agent/duties.ts';
import type { Millis } from '../../core/base/units.ts';
import type { Journal } from '../../core/ports/journal.ts';
import type { Order, OrderRefusal, OrderResult } from '../../core/ports/order.ts';
import { lost, no, type Reply } from '../../core/ports/reply.ts';
import { type Traces, untraced } from '../../core/ports/traces.ts';
import type { Wire } from '../../core/ports/wire.ts';
import { parsed, readReply, readSaid } from '../websocket/frames.ts';
import { CONTROL, helloOf, inboxOf, orderOf, ROLL, toldOf } from './names.ts';
import { reconnecting } from './reconnecting.ts';

/** Orders without an answer yet, of one host. */
const UNDER_WAY_MAX = 1024;
const PENDING_REPORTS_MAX = 4096;

export interface BrokerAbout {
  /** e.g. `nats://127.0.0.1:4222` */
  readonly url: string;
  /** The seed of the control planes' key. */
  readonly seed: Uint8Array;
  readonly ear: Ear;
  readonly journal: Journal;
  /** Names this process, so that agents know whose clock its orders go by. */
  readonly name: string;
  /** Left out: none are kept. */
  readonly traces?: Traces;
}

export class Broker implements Wire {
  readonly #about: BrokerAbout;
  /** Null: it was never there. */
  #connection: NatsConnection | null = null;
  readonly #lives = new Map<string, number>();
  readonly #underWay = new Map<string, number>();
  #isConnected = false;
  #closed = false;
  #hearing = 0;

  private constructor(about: BrokerAbout) {
    this.#about = about;
  }

  /** Rejects where the server knows no such key; one that is away is tried again (NB5). */
  static async open(about: BrokerAbout): Promise<Broker> {
    const broker = new Broker(about);
    try {
      await broker.#connect();
    } catch (error) {
      if (!isAway(error)) throw error;
      about.journal.warn('broker.away');
      void broker.#keepTrying();
    }
    return broker;
  }

  /** Whether the server can be reached now. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  async #connect(): Promise<void> {
    const { url, seed, name } = this.#about;
    const connection = await connect({
      servers: url,
      authenticator: nkeyAuthenticator(seed),
      inboxPrefix: inboxOf(CONTROL),
      name: `plimsoll control plane ${name}`,
      ...reconnecting,
    });
    if (this.#closed) return connection.close();
    connection.subscribe('plimsoll.hello.*', {
      callback: (error, message) => {
        if (error === null) this.#meet(message);
      },
    });
    connection.subscribe('plimsoll.told.*', {
      queue: 'control-planes',
      callback: (error, message) => {
        if (error === null) void this.#hear(message);
      },
    });
    this.#connection = connection;
    this.#isConnected = true;
    void this.#follow(connection);
    connection.publish(ROLL);
    await connection.flush();
  }

  /** Until there was a connection once; from then on NATS's own client keeps it. */
  async #keepTrying(): Promise<void> {
    const { journal } = this.#about;
    while (this.#connection === null && !this.#closed) {
      await new Promise((resolve) => setTimeout(resolve, reconnecting.reconnectTimeWait));
      await this.#connect().then(
        () => journal.info('broker.connected'),
        () => {}, // the readiness of this process says so
      );
    }
  }

  /** Whether the host's agent has said that it is there, and in which life. */
  knows(host: string): boolean {
    return this.#lives.has(host);
  }

  /** How many agents were heard of, and how many orders wait for their answers. */
  get figures() {
    let under_way = 0;
    for (const orders of this.#underWay.values()) under_way += orders;
    return { agents: this.#lives.size, under_way };
  }

  lifeOf(host: string): number | undefined {
    return this.#lives.get(host);
  }

  async ask<V extends Order['verb']>(
    host: string,
    order: Extract<Order, { verb: V }>,
    timeout: Millis,
  ): Promise<Reply<OrderResult[V], OrderRefusal>> {
    const life = this.#lives.get(host);
    const underWay = this.#underWay.get(host) ?? 0;
    const connection = this.#isConnected ? this.#connection : null;
    if (life === undefined || connection === null || underWay >= UNDER_WAY_MAX) return lost;
    this.#underWay.set(host, underWay + 1);
    try {
      const said_ms = performance.now();
      const { name: from, traces = untraced } = this.#about;
      const trace = traces.current();
      const frame = { order, from, said_ms, within_ms: timeout, ...(trace !== null && { trace }) };
      const subject = orderOf(host, life);
      const answer = await connection.request(subject, JSON.stringify(frame), { timeout });
      return readReply<V>(order.verb, parsed(answer.string()));
    } catch {
      return lost; // nobody listens, nobody answered in time, or the connection broke
    } finally {
      this.#underWay.set(host, (this.#underWay.get(host) ?? 1) - 1);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#connection?.close();
  }

  #meet({ subject, data }: Msg): void {
    const said = readSaid(new TextDecoder().decode(data));
    if (said?.is !== 'hello' || helloOf(said.host) !== subject) return; // NB2
    const before = this.#lives.get(said.host);
    if (before === undefined || before < said.incarnation) {
      this.#lives.set(said.host, said.incarnation);
    }
  }

  async #hear(message: Msg): Promise<void> {
    if (this.#hearing >= PENDING_REPORTS_MAX) return; // it will say it again
    this.#hearing++;
    const said = readSaid(message.string());
    const reply = await this.#tell(said, message.subject).catch(() => lost);
    this.#hearing--;
    message.respond(JSON.stringify(reply));
  }

  async #tell(
    said: ReturnType<typeof readSaid>,
    subject: string,
  ): Promise<Reply<unknown, unknown>> {
    const { ear } = this.#about;
    if (said?.is === 'report' && toldOf(said.report.host) === subject) {
      return ear.report(said.report);
    }
    if (said?.is === 'beat' && toldOf(said.beat.host) === subject) return ear.beat(said.beat);
    return no({ why: 'not-your-host' });
  }

  /** Ends with the connection. After a break, agents may have begun new lives. */
  async #follow(connection: NatsConnection): Promise<void> {
    const { journal } = this.#about;
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') {
        this.#isConnected = false;
        journal.warn('broker.disconnected');
      } else if (status.type === 'reconnect') {
        this.#isConnected = true;
        journal.info('broker.reconnected');
        connection.publish(ROLL);
      }
    }
  }
}

/** Nobody answers there; what it says of our key is another matter. */
const isAway = (error: unknown): boolean =>
  error instanceof errors.ConnectionError || error instanceof errors.TimeoutError;
