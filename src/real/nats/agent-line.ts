/**
 * An agent's end of the wire through NATS: hears the orders of its own host and life, answers them,
 * and is its ear to the control planes. The other end is broker.ts.
 *
 *   NA1  an order that comes after its asker has given up is not carried out (ages.ts); one that
 *        was begun is answered all the same, and its key is remembered;
 *   NA2  what was asked while the connection broke is `lost`, and never asked again by itself;
 *   NA3  no more orders are under way than allowed: beyond that none is taken, so its asker hears
 *        nothing, and asks again under its key.
 */
import { connect, type Msg, type NatsConnection, nkeyAuthenticator } from '@nats-io/transport-node';
import type { Agent } from '../../core/agent/agent.ts';
import type { Ear } from '../../core/agent/duties.ts';
import { asOrder } from '../../core/conductor/traced.ts';
import type { Beat } from '../../core/fleet/muster.ts';
import type { Registered } from '../../core/fleet/registry.ts';
import type { HostReport } from '../../core/fleet/report.ts';
import type { Journal } from '../../core/ports/journal.ts';
import type { Order } from '../../core/ports/order.ts';
import { lost, type Reply } from '../../core/ports/reply.ts';
import { type Traces, untraced } from '../../core/ports/traces.ts';
import type { SaidByAgent } from '../websocket/frames.ts';
import { Ages } from './ages.ts';
import { helloOf, inboxOf, orderOf, ROLL, seedOfToken, toldOf } from './names.ts';
import { reconnecting } from './reconnecting.ts';

const ANSWER_WITHIN_MS = 20_000;
const UNDER_WAY_MAX = 1024;

export interface AgentLineAbout {
  /** e.g. `nats://127.0.0.1:4222` */
  readonly url: string;
  readonly token: string;
  readonly agent: Pick<Agent, 'host' | 'incarnation' | 'handle'>;
  readonly journal: Journal;
  /** Left out: none are kept. */
  readonly traces?: Traces;
}

interface OrderFrame {
  readonly order: Order;
  readonly from: string;
  readonly said_ms: number;
  readonly within_ms: number;
  /** A `traceparent`, of what it is ordered for. */
  readonly trace?: string;
}

export class AgentLine implements Ear {
  readonly #about: AgentLineAbout;
  readonly #ages = new Ages();
  #connection: NatsConnection | null = null;
  #underWay = 0;
  #stopped = false;

  constructor(about: AgentLineAbout) {
    this.#about = about;
  }

  /** Resolves once it was connected or has failed; goes on trying until `stop`. */
  async start(): Promise<boolean> {
    const { url, token, agent } = this.#about;
    const opening = connect({
      servers: url,
      authenticator: nkeyAuthenticator(seedOfToken(token)),
      inboxPrefix: inboxOf(agent.host),
      name: `plimsoll agent of ${agent.host}`,
      waitOnFirstConnect: true,
      ignoreAuthErrorAbort: true, // the server may not have been told of the host yet
      ...reconnecting,
    });
    const opened = opening.then(
      (connection) => this.#begin(connection),
      (error: unknown) => this.#complain(error),
    );
    const patience = new Promise<boolean>((resolve) => {
      setTimeout(() => resolve(false), reconnecting.timeout).unref();
    });
    return Promise.race([opened, patience]);
  }

  stop(): void {
    this.#stopped = true;
    void this.#connection?.close();
  }

  report(report: HostReport): Promise<Reply<Registered, unknown>> {
    return this.#ask({ is: 'report', id: 0, report: report as never });
  }

  beat(beat: Beat): Promise<Reply<void, unknown>> {
    this.#hello();
    return this.#ask({ is: 'beat', id: 0, beat });
  }

  #begin(connection: NatsConnection): boolean {
    if (this.#stopped) {
      void connection.close();
      return false;
    }
    this.#connection = connection;
    const { host, incarnation } = this.#about.agent;
    connection.subscribe(orderOf(host, incarnation), {
      callback: (error, message) => {
        if (error === null) void this.#take(message);
      },
    });
    connection.subscribe(ROLL, { callback: () => this.#hello() });
    this.#hello();
    void this.#follow(connection);
    return true;
  }

  #hello(): void {
    const { host, incarnation } = this.#about.agent;
    const hello: SaidByAgent = { is: 'hello', host, incarnation };
    if (this.#connection?.isClosed() === false) {
      this.#connection.publish(helloOf(host), JSON.stringify(hello));
    }
  }

  async #take(message: Msg): Promise<void> {
    const { order, from, said_ms, within_ms, trace = null } = message.json<OrderFrame>();
    const age_ms = this.#ages.of(from, said_ms, performance.now());
    if (age_ms > within_ms || this.#underWay >= UNDER_WAY_MAX) return; // NA1, NA3
    this.#underWay++;
    const { agent, traces = untraced } = this.#about;
    const carryOut = () => agent.handle(order).catch(() => lost);
    const reply = await asOrder<unknown>(traces, agent.host, order, trace, carryOut);
    this.#underWay--;
    if (this.#connection?.isClosed() === false) message.respond(JSON.stringify(reply));
  }

  async #ask<T>(frame: SaidByAgent): Promise<Reply<T, unknown>> {
    const connection = this.#connection;
    if (connection === null) return lost;
    try {
      const subject = toldOf(this.#about.agent.host);
      const options = { timeout: ANSWER_WITHIN_MS };
      const answer = await connection.request(subject, JSON.stringify(frame), options);
      return answer.json<Reply<T, unknown>>();
    } catch {
      return lost;
    }
  }

  async #follow(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') this.#complain(new Error('the connection broke'));
      if (status.type === 'reconnect') this.#hello();
    }
  }

  #complain(error: unknown): false {
    const { journal, agent } = this.#about;
    const message = error instanceof Error ? error.message : String(error);
    if (!this.#stopped) journal.warn('agent.line', { host: agent.host, message });
    return false;
  }
}
