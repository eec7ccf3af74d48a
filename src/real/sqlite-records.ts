/**
 * Change records: what each batch changed, for whoever has to catch up. One row a batch, JSON.
 *
 *   [["allocation", 0, consumer_uuid, provider_id, …], ["consumer", 1, …], …]
 *     table         └─ 1: the row is gone               values as in the table's own columns
 *
 * They are kept to a bound in number and in size, and pruned some hundred at a time.
 */
import type Database from 'better-sqlite3';
import type { Change } from '../core/base/table.ts';
import { present } from '../core/base/units.ts';
import type { Batch } from '../core/ports/store.ts';
import type { Line, SqliteRows, Value } from './sqlite-rows.ts';

export const RECORDS_KEPT = 10_000;
const RECORDS_KEPT_CHARACTERS = 64 * 2 ** 20;
/** How many records (or what share of the characters) too many there may be before a pruning. */
const PRUNED_AT_ONCE = 256;
const SLACK_CHARACTERS = RECORDS_KEPT_CHARACTERS / 8;

interface Kept {
  readonly sequence: number;
  readonly size: number;
}
type Recorded = readonly [table: string, gone: 0 | 1, ...values: Value[]];

export class SqliteRecords {
  readonly #rows: ReadonlyMap<string, SqliteRows>;
  readonly #insert: Database.Statement;
  readonly #prune: Database.Statement;
  readonly #after: Database.Statement;
  /** The records there are, oldest first. */
  #kept: Kept[];
  #characters: number;

  constructor(db: Database.Database, rows: ReadonlyMap<string, SqliteRows>) {
    this.#rows = rows;
    this.#insert = db.prepare('INSERT INTO change_record VALUES (?, ?, ?)');
    this.#prune = db.prepare('DELETE FROM change_record WHERE sequence <= ?');
    this.#after = db
      .prepare(
        'SELECT sequence, changes FROM change_record WHERE sequence > ? ORDER BY sequence LIMIT ?',
      )
      .raw();
    const kept = db.prepare('SELECT sequence, size FROM change_record ORDER BY sequence').all();
    this.#kept = kept as Kept[];
    this.#characters = sum(this.#kept);
  }

  /** Writes the record of a batch, inside its transaction. */
  add(sequence: number, lines: readonly Line[]): void {
    const text = JSON.stringify(lines.map(recorded));
    this.#pruneIfMany();
    this.#insert.run(sequence, text.length, text);
    this.#kept.push({ sequence, size: text.length });
    this.#characters += text.length;
  }

  /** Forgets what a transaction that was taken back had added: all after `sequence`. */
  forget(sequence: number): void {
    while ((this.#kept.at(-1)?.sequence ?? 0) > sequence) {
      this.#characters -= (this.#kept.pop() as Kept).size;
    }
  }

  /** The batches from `since` to `head`, or the first of them; null when some are not there. */
  after(since: number, head: number, limit = head - since): Batch[] | null {
    if (since === head) return [];
    const found = this.#after.all(since, limit) as [number, string][];
    if (found.length !== Math.min(limit, head - since)) return null;
    if ((found[0]?.[0] ?? since + 1) !== since + 1) return null;
    return found.map(([sequence, text]) => ({
      sequence,
      changes: (JSON.parse(text) as Recorded[]).map((line) => this.#change(line)),
    }));
  }

  #change([table, gone, ...values]: Recorded): Change {
    const rows = present(this.#rows.get(table), `table ${table} was not declared`);
    return { table, row: rows.decode(values), gone: gone === 1 };
  }

  #pruneIfMany(): void {
    const many = this.#kept.length > RECORDS_KEPT + PRUNED_AT_ONCE;
    const large = this.#characters > RECORDS_KEPT_CHARACTERS + SLACK_CHARACTERS;
    if (!many && !large) return;
    let drop = 0;
    let characters = this.#characters;
    while (this.#kept.length - drop > RECORDS_KEPT || characters > RECORDS_KEPT_CHARACTERS) {
      characters -= (this.#kept[drop++] as Kept).size;
    }
    this.#prune.run((this.#kept[drop - 1] as Kept).sequence);
    this.#kept = this.#kept.slice(drop);
    this.#characters = characters;
  }
}

const recorded = ({ rows, change, values }: Line): Recorded => [
  rows.table.name,
  change.gone ? 1 : 0,
  ...values,
];

const sum = (kept: readonly Kept[]): number => kept.reduce((total, { size }) => total + size, 0);
