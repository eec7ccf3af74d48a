/** Looks into the database itself: who is heard, and what became of servers. */
import pg from 'pg';

/** When a server became active, on the wall clock; null: it is not, or is in error. */
export interface Booted {
  readonly uuid: string;
  readonly vm_state: string;
  readonly launched_at_ms: number | null;
}

export class Rows {
  readonly #client: pg.Client;

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  static async open(url: string): Promise<Rows> {
    const client = new pg.Client(url);
    client.on('error', () => {}); // the database ends before we do
    await client.connect();
    await client.query('SET search_path = plimsoll');
    return new Rows(client);
  }

  hostsUp(): Promise<number> {
    return this.#count(`SELECT count(*) FROM host WHERE state = 'up'`);
  }

  /** Operations that are not at their end. */
  underWay(): Promise<number> {
    return this.#count('SELECT count(*) FROM run WHERE ended_at_ms IS NULL');
  }

  async servers(): Promise<readonly Booted[]> {
    const { rows } = await this.#client.query('SELECT uuid, vm_state, launched_at_ms FROM server');
    return rows.map((row) => ({ ...row, launched_at_ms: Number(row.launched_at_ms) || null }));
  }

  close(): Promise<void> {
    return this.#client.end();
  }

  async #count(query: string): Promise<number> {
    return Number((await this.#client.query(query)).rows[0].count);
  }
}
