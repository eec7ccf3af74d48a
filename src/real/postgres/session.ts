/**
 * One connection to PostgreSQL, opened when it is needed and again after it broke.
 *
 *   open ──► ask ──► an answer │ the server's refusal │ Broken: nobody knows
 *     ▲                                                    │
 *     └────────────────────────────────────────────────────┘
 *
 *   PS1  after Broken the connection is gone for good: what the server still does with what was
 *        asked cannot be heard. Only `open` makes another: what was asked in a transaction that is
 *        gone is never asked again outside of it;
 *   PS2  a server that does not answer within REPLY_MS is Broken: the socket is cut.
 */
import pg from 'pg';
import { customTypes } from './columns.ts';

const CONNECT_MS = 5_000;
const REPLY_MS = 15_000;

/** The connection broke, or there is none: whether what was asked was done is not known. */
export class Broken extends Error {}
/** There is none to be had, since another process has what we would need alone. */
export class InUse extends Broken {}

export interface SessionOptions {
  readonly url: string;
  /** Said once to every new connection, e.g. its search path. */
  readonly setup: string;
  /** What this connection holds while it lives, alone or with all who `share` it. Null: none. */
  readonly lock: { readonly space: number; readonly name: string; readonly share: boolean } | null;
}

export class Session {
  readonly #options: SessionOptions;
  #client: pg.Client | null = null;
  #closed = false;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Throws the server's refusal (`pg.DatabaseError`), or Broken. */
  async ask(
    query: string | pg.QueryArrayConfig,
  ): Promise<pg.QueryArrayResult<unknown[]> | pg.QueryArrayResult<unknown[]>[]> {
    const client = this.#client;
    if (client === null) throw new Broken('the connection broke');
    try {
      const config = typeof query === 'string' ? { text: query, rowMode: 'array' as const } : query;
      return await client.query(config);
    } catch (error) {
      if (error instanceof pg.DatabaseError && !isFarewell(error)) throw error;
      this.cut();
      throw new Broken(messageOf(error), { cause: error });
    }
  }

  /** Breaks the connection without a word, as a dying process would. */
  cut(): void {
    const client = this.#client;
    this.#client = null;
    if (client !== null) socketOf(client).destroy();
  }

  async close(): Promise<void> {
    this.#closed = true;
    const client = this.#client;
    this.#client = null;
    await client?.end().catch(() => {});
  }

  /** Connects where there is no connection. Throws Broken where none can be had. */
  async open(): Promise<void> {
    if (this.#client !== null) return;
    if (this.#closed) throw new Broken('the store is closed');
    const { url, setup, lock } = this.#options;
    const client = new pg.Client({
      connectionString: url,
      application_name: 'plimsoll',
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: REPLY_MS,
      keepAlive: true,
      types: customTypes,
    });
    client.on('error', () => {
      if (this.#client === client) this.#client = null;
    });
    try {
      await client.connect();
      await client.query(setup);
      if (lock !== null) await takeLock(client, lock);
    } catch (error) {
      socketOf(client).destroy();
      if (error instanceof InUse) throw error;
      throw new Broken(messageOf(error), { cause: error });
    }
    this.#client = client;
  }
}

async function takeLock(
  client: pg.Client,
  { space, name, share }: NonNullable<SessionOptions['lock']>,
): Promise<void> {
  const take = share ? 'pg_try_advisory_lock_shared' : 'pg_try_advisory_lock';
  const text = `SELECT ${take}($1, hashtext($2)) AS ours`;
  const { rows } = await client.query<{ ours: boolean }>(text, [space, name]);
  if (rows[0]?.ours !== true) throw new InUse('another process uses this database');
}

/** The server ended the session: shut down, or it waited for us too long. */
const isFarewell = ({ code = '', severity }: pg.DatabaseError): boolean =>
  severity === 'FATAL' || /^(57P0|08|25P03)/.test(code);

/** A server that cannot be reached under several addresses is told about in one message. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}

const socketOf = (client: pg.Client): { destroy(): void } =>
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream;
