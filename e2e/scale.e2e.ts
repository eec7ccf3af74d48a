/**
 * Goal: the measurement of a fleet comes to its end, and its line is of what happened: every server
 * is there, every agent beats, each part has taken something.
 * Method: a small fleet over NATS with two control planes, which is every part that there is.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const PROGRAM = join(import.meta.dirname, '../tools/scale-fleet');
const PARTS = ['agents', 'broker', 'control plane', 'database', 'load'];
const BEAT_EVERY_S = 10;

test('a small fleet is measured, every part of it', async () => {
  const size = { agents: 12, servers: 40, processes: 2, wire: 'nats' };
  const flags = Object.entries(size).flatMap(([flag, value]) => [`--${flag}`, String(value)]);
  const quiet = ['--quiet-seconds', String(BEAT_EVERY_S)];
  const { stdout } = await promisify(execFile)(PROGRAM, [...flags, ...quiet]);
  const { lost, refused, at_rest, ...found } = JSON.parse(stdout);
  deepEqual({ ...size, ...found }, found);
  deepEqual({ lost, refused, at_rest }, { lost: 0, refused: 0, at_rest: true });
  ok(found.servers_per_s > 0 && found.p99_ms >= found.p50_ms && found.p50_ms > 0);
  const beats = found.heartbeats_per_s * BEAT_EVERY_S;
  ok(beats >= size.agents / 2 && beats <= size.agents * 2, `${beats} beats`);
  for (const about of [found.cpu_s, found.rss_mib, found.quiet_cpu_s_per_s]) {
    deepEqual(Object.keys(about).toSorted(), PARTS);
  }
  for (const part of PARTS) ok(found.rss_mib[part] > 0, part);
  equal(found.cpu_s['control plane'] > 0, true);
});
