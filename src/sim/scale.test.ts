/**
 * Goal: what is told of a fleet's costs is of that fleet: all hosts are heard and beat, all servers
 * are booted, and each cost is that of its own part.
 * Method: a small fleet with a machine whose clock is told: each look at it is a millisecond, and a
 * MiB, later than the one before. So a decision costs what lies between two looks, and no less.
 * Mutants that this killed: commits are not watched; only the last decision counts.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import { measureScale } from './scale.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));

test('every part of a small fleet is measured', async () => {
  let looks = 0;
  let heap_mib = 0;
  const probes = { cpu_ms: () => ++looks, heap_mib: () => ++heap_mib };
  const found = await measureScale({ hosts: 12, servers: 30, drain, probes });
  const { hosts, servers, decision_us, commit_us_a_server, server_us } = found;
  deepEqual({ hosts, servers }, { hosts: 12, servers: 30 });
  equal(decision_us, 1_000, 'one decision a server, between two looks');
  ok(commit_us_a_server > 0);
  ok(server_us >= 2 * decision_us + commit_us_a_server, 'a server is more than its parts');
  ok(found.record_characters_a_server > 1_000, 'what is written of a server');
  ok(found.heartbeat_us > 0);
  ok(found.audit_round_virtual_s > 0);
  equal(found.server_kib, 1024 / 30);
});
