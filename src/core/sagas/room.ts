/**
 * Which changes of the books can have made room for a server: what those who wait are woken by.
 *
 *   what was held is free     a hold, pin or slot that is gone; a server that is gone, or at rest
 *   a host takes more         its inventory, cells, traits, aggregates, state, status or zone
 *   a rule is another         a group, an aggregate, an image's properties
 *
 * Said the other way round, since a change too many costs a look, and one too few a server that
 * waits for ever: every change counts but those that are known to take room, or to be about
 * something else. A host that beats is written again and again, and counts only when it differs.
 */
import type { Change } from '../base/table.ts';
import { conductorTables } from '../conductor/rows.ts';
import { type HostRow, hostReports, hosts } from '../fleet/rows.ts';
import { deviceHolds } from '../ledger/device-rows.ts';
import * as ledger from '../ledger/rows.ts';
import type { Batch } from '../ports/store.ts';
import { explanations } from '../scheduler/rows.ts';
import { quotaTables } from '../servers/quota-rows.ts';
import { flavors, type ServerRow, servers } from '../servers/rows.ts';

/** About something else, whatever becomes of them. */
const elsewhere: ReadonlySet<string> = new Set([
  ...[...conductorTables, ...quotaTables].map(({ name }) => name),
  ...[explanations.name, hostReports.name, flavors.name],
]);

/** They take room when they come, and make some when they go. */
const holds: ReadonlySet<string> = new Set([
  ...[ledger.consumers.name, ledger.allocations.name, ledger.cellHolds.name],
  ...[ledger.cpuPins.name, ledger.slots.name, ledger.pageHolds.name, deviceHolds.name],
  // Written with every claim, for its generation; what it offers is in rows of its own.
  ledger.providers.name,
]);

const IDENTITY = 'identity_';

/** Has to see every batch, so that it knows how hosts stood. */
export function roomWatch(): (batch: Batch) => boolean {
  const stood = new Map<string, string>();
  const makesRoom = ({ table, row, gone }: Change): boolean => {
    if (elsewhere.has(table) || table.startsWith(IDENTITY)) return false;
    if (holds.has(table)) return gone;
    if (table === servers.name) return gone || (row as ServerRow).task_state === null;
    if (table !== hosts.name) return true;
    return differs(stood, row as HostRow);
  };
  return ({ changes }) => changes.filter(makesRoom).length > 0;
}

function differs(stood: Map<string, string>, host: HostRow): boolean {
  const { name, heard_at_ms: _, ...about } = host;
  const now = JSON.stringify(about);
  const before = stood.get(name);
  stood.set(name, now);
  return before !== now;
}
