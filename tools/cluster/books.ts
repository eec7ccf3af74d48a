/**
 * Looks into the database itself, by SQL of its own: whether the books add up, and who carries
 * what. It goes round the proxies, so that no fault blinds it but that of the database.
 */
import pg from 'pg';

/** Each selects what must not be there; rows that it finds are violations. */
const rules: Readonly<Record<string, string>> = {
  'an inventory of which more is used than it has': `
    SELECT a.provider_id, a.resource_class_id, sum(a.used) FROM allocation a
      JOIN inventory i USING (provider_id, resource_class_id)
      GROUP BY a.provider_id, a.resource_class_id, i.total, i.reserved, i.allocation_ratio
      HAVING sum(a.used) > floor((i.total - i.reserved) * i.allocation_ratio::numeric)`,
  'an allocation of what nobody offers': `
    SELECT a.* FROM allocation a LEFT JOIN inventory i USING (provider_id, resource_class_id)
      WHERE i.provider_id IS NULL`,
  'an allocation without its consumer': `
    SELECT a.* FROM allocation a LEFT JOIN consumer c ON c.uuid = a.consumer_uuid
      WHERE c.uuid IS NULL`,
  'a server on a host that holds nothing there': `
    SELECT s.uuid, s.host FROM server s JOIN host h ON h.name = s.host WHERE s.vm_state = 'active'
      AND NOT EXISTS (SELECT 1 FROM allocation a
        WHERE a.consumer_uuid = s.uuid AND a.provider_id = h.provider_id)`,
  'a server that is worked on by nobody': `
    SELECT s.uuid, s.run_id FROM server s LEFT JOIN run r ON r.id = s.run_id
      WHERE s.run_id IS NOT NULL AND (r.id IS NULL OR r.ended_at_ms IS NOT NULL)`,
  'two operations under way on one server, none of them a delete': `
    SELECT server_uuid FROM run WHERE ended_at_ms IS NULL AND server_uuid IS NOT NULL
      AND NOT cancel_requested AND saga <> 'delete-server' GROUP BY server_uuid HAVING count(*) > 1`,
  'records with a gap': `
    SELECT min(sequence), max(sequence), count(*) FROM change_record
      HAVING count(*) > 0 AND max(sequence) - min(sequence) + 1 <> count(*)`,
  'a head that is not the last record': `
    SELECT h.sequence, max(r.sequence) FROM head h, change_record r GROUP BY h.sequence
      HAVING max(r.sequence) <> h.sequence`,
};

export class Books {
  readonly #url: string;
  #client: pg.Client | null = null;

  constructor(url: string) {
    this.#url = url;
  }

  /** What is wrong in the database, all as of one moment; null: it does not answer. */
  async wrongs(): Promise<readonly string[] | null> {
    if ((await this.#rows('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')) === null) return null;
    const wrong: string[] = [];
    for (const [what, query] of Object.entries(rules)) {
      for (const row of (await this.#rows(query)) ?? []) {
        wrong.push(`${what}: ${JSON.stringify(row)}`);
      }
    }
    await this.#rows('COMMIT');
    return wrong;
  }

  /** The processes that have said that they are there. */
  async processes(): Promise<readonly string[]> {
    const rows = await this.#rows<{ name: string }>('SELECT name FROM process');
    return (rows ?? []).map(({ name }) => name);
  }

  /** How many operations are under way, of `owner` or of all; null: it does not answer. */
  async underWay(owner?: string): Promise<number | null> {
    const of = owner === undefined ? [] : [owner];
    const whose = owner === undefined ? '' : 'AND owner = $1';
    const query = `SELECT count(*)::int AS n FROM run WHERE ended_at_ms IS NULL ${whose}`;
    return (await this.#rows<{ n: number }>(query, of))?.[0]?.n ?? null;
  }

  /** The servers that are somewhere, with their hosts. */
  async servers(): Promise<readonly { uuid: string; name: string; host: string | null }[]> {
    return (await this.#rows('SELECT uuid, name, host FROM server')) ?? [];
  }

  async close(): Promise<void> {
    await this.#client?.end().catch(() => {});
  }

  async #rows<Row extends object>(query: string, values: unknown[] = []): Promise<Row[] | null> {
    try {
      const client = this.#client ?? (await this.#open());
      return (await client.query<Row>(query, values)).rows;
    } catch (error) {
      if (error instanceof pg.DatabaseError && /^(42|22|25001)/.test(error.code ?? '')) throw error;
      this.#client?.end().catch(() => {});
      this.#client = null;
      return null;
    }
  }

  async #open(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.#url, query_timeout: 10_000 });
    client.on('error', () => {});
    await client.connect();
    await client.query('SET search_path = plimsoll');
    this.#client = client;
    return client;
  }
}
