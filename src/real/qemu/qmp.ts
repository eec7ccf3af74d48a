/**
 * A client of QEMU's monitor (QMP): lines of JSON over a Unix socket.
 *
 *   ──► {"execute": …, "id": 7}        ◄── {"return": …, "id": 7} · {"error": …, "id": 7}
 *                                      ◄── {"event": …, "data": …}
 *
 *   Q1  an answer is `done` or `no` (QEMU's words); no answer in time, or a monitor that has gone,
 *       is `lost`: the command may have been carried out;
 *   Q2  events are kept from the beginning, so that one that came early is not waited for in vain.
 *
 * Our own, since the libraries there are send one command at a time, or are abandoned. A monitor
 * takes one client: a second one hears no greeting until the first has gone.
 */
import { connect, type Socket } from 'node:net';
import { done, lost, no, type Reply } from '../../core/ports/reply.ts';
import { until, within } from './waiting.ts';

export interface QmpEvent {
  readonly event: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

type Answer = Reply<unknown, string>;

const ANSWER_WITHIN_MS = 10_000;
/** Nothing that we ask is answered by more; a QEMU that was taken over does not fill us up. */
const LINE_CHARACTERS_MAX = 16 * 1024 * 1024;
const EVENTS_KEPT = 256;

export class Qmp {
  readonly #socket: Socket;
  readonly #open = new Map<number, (answer: Answer) => void>();
  readonly #listeners = new Set<() => void>();
  #events: QmpEvent[] = [];
  #buffer = '';
  #asked = 0;
  #closed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => this.#read(text));
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => this.#end());
  }

  /** Tries until somebody listens there; null: nobody did in time, or `over`. */
  static async open(path: string, within_ms: number, over = () => false): Promise<Qmp | null> {
    const found = await until(within_ms, async () => {
      const socket = await connected(path);
      if (socket === null) return over() ? 'over' : null;
      return new Qmp(socket);
    });
    if (found === null || found === 'over') return null;
    const ready = await found.#greeting(within_ms);
    if (!ready) found.close();
    return ready ? found : null;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** What the answer holds is QEMU's schema for the command; the asker names it. */
  async ask<T = unknown>(
    command: string,
    given: Readonly<Record<string, unknown>> = {},
    within_ms = ANSWER_WITHIN_MS,
  ): Promise<Reply<T, string>> {
    if (this.#closed) return lost;
    const id = ++this.#asked;
    const answer = new Promise<Answer>((resolve) => this.#open.set(id, resolve));
    this.#socket.write(`${JSON.stringify({ execute: command, arguments: given, id })}\n`);
    const heard = await within(within_ms, answer, lost);
    this.#open.delete(id);
    return heard as Reply<T, string>;
  }

  /** Forgets what has happened so far: what is waited for next comes later. */
  forgetEvents(): void {
    this.#events = [];
  }

  /** The first event that fits, be it here already; null: none in time, or the monitor has gone. */
  async event(fits: (event: QmpEvent) => boolean, within_ms: number): Promise<QmpEvent | null> {
    let listener = () => {};
    const heard = new Promise<QmpEvent | null>((resolve) => {
      listener = () => {
        const found = this.#events.find(fits);
        if (found !== undefined || this.#closed) resolve(found ?? null);
      };
    });
    this.#listeners.add(listener);
    listener();
    return within(within_ms, heard, null).finally(() => this.#listeners.delete(listener));
  }

  close(): void {
    this.#socket.destroy();
    this.#end();
  }

  async #greeting(within_ms: number): Promise<boolean> {
    if ((await this.event(({ event }) => event === GREETED, within_ms)) === null) return false;
    return (await this.ask('qmp_capabilities', {}, within_ms)).is === 'done';
  }

  #read(text: string): void {
    const lines = (this.#buffer + text).split('\n');
    this.#buffer = lines.pop() ?? '';
    if (this.#buffer.length > LINE_CHARACTERS_MAX) this.close();
    for (const line of lines) if (line.trim() !== '') this.#take(line);
  }

  #take(line: string): void {
    const message = parsed(line);
    if (message === null) this.close();
    else if ('event' in message) this.#happened(message as unknown as QmpEvent);
    else if ('QMP' in message) this.#happened({ event: GREETED });
    else this.#open.get(Number(message['id']))?.(answerOf(message));
  }

  #happened(event: QmpEvent): void {
    this.#events = [...this.#events.slice(1 - EVENTS_KEPT), event];
    for (const listener of [...this.#listeners]) listener();
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const answer of this.#open.values()) answer(lost);
    for (const listener of [...this.#listeners]) listener();
  }
}

const GREETED = 'our own: greeted';

const connected = (path: string): Promise<Socket | null> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(null));
  });

function parsed(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function answerOf({ error, return: value }: Record<string, unknown>): Answer {
  if (error === undefined) return done(value);
  return no((error as { desc?: string }).desc ?? JSON.stringify(error));
}
