/**
 * Goal: every change that can have made room wakes those who wait, and what happens all the time
 * and makes none (claims, heartbeats, the log of runs) does not.
 * Method: a table of changes, each shown to a fresh watch as a batch of its own.
 *
 * Mutants that were caught: holds that wake when they come instead of when they go; a host's beat
 * that counts as a change; hosts that never wake; all servers that wake; logins that do.
 */
import { equal } from 'node:assert/strict';
import test from 'node:test';
import type { Table } from '../base/table.ts';
import { runSteps, runs } from '../conductor/rows.ts';
import { aggregateHosts, aggregates } from '../fleet/aggregate-rows.ts';
import { hosts } from '../fleet/rows.ts';
import { tokens } from '../identity/rows.ts';
import { deviceHolds } from '../ledger/device-rows.ts';
import * as ledger from '../ledger/rows.ts';
import { images, servers } from '../servers/rows.ts';
import { roomWatch } from './room.ts';

const batch = (table: Pick<Table, 'name'>, gone: boolean, row: object = {}) => ({
  sequence: 1,
  changes: [{ table: table.name, row, gone }],
});

// biome-ignore format: a table
const changes: readonly [string, Pick<Table, 'name'>, boolean, object, boolean][] = [
  ['a hold comes',              ledger.allocations,       false, {},                          false],
  ['a hold goes',               ledger.allocations,       true,  {},                          true],
  ['a pin comes',               ledger.cpuPins,           false, {},                          false],
  ['a pin goes',                ledger.cpuPins,           true,  {},                          true],
  ['a cell is let go of',       ledger.cellHolds,         true,  {},                          true],
  ['a device is taken',         deviceHolds,              false, {},                          false],
  ['pages are let go of',       ledger.pageHolds,         true,  {},                          true],
  ['a slot is let go of',       ledger.slots,             true,  {},                          true],
  ['a generation rises',        ledger.providers,         false, {},                          false],
  ['an inventory changes',      ledger.inventories,       false, {},                          true],
  ['a trait is taken away',     ledger.providerTraits,    true,  {},                          true],
  ['a group has another rule',  ledger.slotGroups,        false, {},                          true],
  ['an aggregate changes',      aggregates,               false, {},                          true],
  ['a host leaves one',         aggregateHosts,           true,  {},                          true],
  ['an image changes',          images,                   false, {},                          true],
  ['a server is busy',          servers,                  false, { task_state: 'spawning' },  false],
  ['a server comes to rest',    servers,                  false, { task_state: null },        true],
  ['a server is gone',          servers,                  true,  { task_state: 'deleting' },  true],
  ['a run goes on',             runs,                     false, {},                          false],
  ['a line is written',         runSteps,                 false, {},                          false],
  ['somebody logs in',          tokens,                   false, {},                          false],
];

test('what makes room wakes, and nothing else does', () => {
  for (const [what, table, gone, row, wakes] of changes) {
    equal(roomWatch()(batch(table, gone, row)), wakes, what);
  }
});

test('a host wakes when it differs, however often it beats', () => {
  const watch = roomWatch();
  const host = { name: 'h1', state: 'up', status: 'enabled', heard_at_ms: 1 };
  equal(watch(batch(hosts, false, host)), true, 'it was never seen');
  equal(watch(batch(hosts, false, { ...host, heard_at_ms: 2 })), false, 'it beats');
  equal(watch(batch(hosts, false, { ...host, state: 'down', heard_at_ms: 2 })), true);
  equal(watch(batch(hosts, false, { ...host, heard_at_ms: 3 })), true, 'it is up again');
});
