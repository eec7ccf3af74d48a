/**
 * The rows of a fleet of any size: one host and one server that were really made, copied under
 * other names. What all hosts share (classes, traits, flavors, users) is there once.
 *
 *   a simulated installation ─► its change records ─► rows of one host, of one server
 *                                                       × hosts      × servers
 */

import type { Table } from '../src/core/base/table.ts';
import { present } from '../src/core/base/units.ts';
import { hosts as hostTable } from '../src/core/fleet/rows.ts';
import { allTables } from '../src/core/replica.ts';
import { servers as serverTable } from '../src/core/servers/rows.ts';
import { admin, boot, flavor, openCompute, rested } from '../src/sim/compute-client.ts';

/** What a row may be known by. */
interface Row {
  readonly id?: unknown;
  readonly uuid?: unknown;
  readonly name?: unknown;
  readonly host?: unknown;
  readonly provider_id?: unknown;
  readonly consumer_uuid?: unknown;
  readonly server_uuid?: unknown;
}
type Rows = Map<Table, object[]>;

/** Which host, and which server of it: what stands in their rows in place of those they have. */
type Names = ReadonlyMap<unknown, unknown>;

/** Columns that name a host, a provider, or a server; a number elsewhere may be anything. */
const NAMING = new Set([
  ...['id', 'uuid', 'name', 'host', 'provider_id', 'root_id', 'consumer_uuid', 'server_uuid'],
]);
/** What was done, and is let go of after a while. */
const HISTORY = ['run', 'run_step', 'choice', 'explanation', 'ended_server'];

export interface Copies {
  readonly hosts: number;
  readonly servers: number;
}

/** Every table's rows, for a store to be filled with. */
export async function fleetOf({ hosts, servers }: Copies): Promise<ReadonlyMap<Table, object[]>> {
  const made = await template();
  const fleet: Rows = new Map();
  const add = (table: Table, row: object) => {
    const rows = fleet.get(table) ?? [];
    rows.push(row);
    fleet.set(table, rows);
  };
  for (const [table, row] of made.shared) add(table, row);
  const ids = Array.from({ length: hosts }, (_, at) => ({ name: `host-${at + 1}`, at: at + 1 }));
  for (const [table, row] of made.host) {
    for (const { name, at } of ids) {
      const uuid = `aaaaaaaa-0000-4000-8000-${String(at).padStart(12, '0')}`;
      const names = [
        [made.names.host, name],
        [made.names.uuid, uuid],
        [made.names.provider, at],
      ];
      add(table, renamed(row, new Map(names as [unknown, unknown][])));
    }
  }
  for (const [table, row] of made.server) {
    for (let at = 0; at < servers; at++) {
      const on = present(ids[(at * 7_919) % hosts], 'a host');
      const uuid = uuidOf(at);
      const names = [
        [made.names.host, on.name],
        [made.names.provider, on.at],
      ];
      add(
        table,
        renamed(row, new Map([...names, [made.names.server, uuid]] as [unknown, unknown][])),
      );
    }
  }
  return fleet;
}

/** In no order, as random ones are. */
function uuidOf(at: number): string {
  const mixed = (Math.imul(at + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0');
  return `${mixed}-0000-4000-9000-${String(at).padStart(12, '0')}`;
}

function renamed(row: object, names: Names): object {
  const next: Record<string, unknown> = { ...row };
  for (const [column, value] of Object.entries(row)) {
    if (NAMING.has(column) && names.has(value)) next[column] = names.get(value);
  }
  return next;
}

type Line = readonly [Table, Row];

interface Template {
  readonly names: Readonly<Record<'host' | 'uuid' | 'provider' | 'server', unknown>>;
  readonly host: readonly Line[];
  readonly server: readonly Line[];
  readonly shared: readonly Line[];
}

/** One installation with a server that runs, taken apart. */
async function template(): Promise<Template> {
  const trial = await openCompute(() => new Promise((resolve) => setImmediate(resolve)));
  const client = await admin(trial);
  const server = await boot(client, await flavor(client));
  await rested(client, server);
  const lines = await rowsIn(trial.rooms.ledger);
  const of = (table: { readonly name: string }) =>
    lines.filter(([{ name }]) => name === table.name).map(([, row]) => row);
  const { host } = present(
    of(serverTable).find(({ uuid }) => uuid === server),
    'the server',
  );
  const its = present(
    of(hostTable).find(({ name }) => name === host),
    'its host',
  );
  const others = of(hostTable).filter(({ name }) => name !== host);
  const away = new Set(others.flatMap(({ name, uuid, provider_id: id }) => [name, uuid, id]));
  const split: Record<'host' | 'server' | 'shared' | 'none', Line[]> = {
    ...{ host: [], server: [], shared: [], none: [] },
  };
  for (const line of lines) split[whose(line, server, its, away)].push(line);
  const names = { host, uuid: its.uuid, provider: its.provider_id, server };
  return { names, ...split };
}

function whose([table, row]: Line, server: string, host: Row, away: ReadonlySet<unknown>) {
  if (HISTORY.includes(table.name)) return 'none';
  if ([row.uuid, row.consumer_uuid, row.server_uuid].includes(server)) return 'server';
  const provider = table.name === 'resource_provider' ? row.id : row.provider_id;
  const named = [row.host, table.name === 'host' ? row.name : null];
  if (away.has(provider) || named.some((name) => away.has(name))) return 'none';
  return provider === host.provider_id || named.includes(host.name) ? 'host' : 'shared';
}

/** Whatever was ever written and is there still. */
async function rowsIn(ledger: Awaited<ReturnType<typeof openCompute>>['rooms']['ledger']) {
  const read = await ledger.records(0, ledger.sequence);
  if (read.is !== 'done') throw new Error('no records');
  const tables = new Map(allTables.map((table) => [table.name, table]));
  const found = new Map<string, Line>();
  for (const { table: name, row, gone } of read.value.flatMap(({ changes }) => changes)) {
    const table = present(tables.get(name), name);
    const key = `${name} ${table.key(row)}`;
    if (gone) found.delete(key);
    else found.set(key, [table, row as Row]);
  }
  return [...found.values()];
}
