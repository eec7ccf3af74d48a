/**
 * A boot storm in one process: 2,000 servers on 200 simulated hosts, asked for by 16 clients by the
 * API, each awaited until it is ACTIVE (scheduler.boot.ts). A fleet in several: tools/scale-fleet.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figure } from './figure.ts';
import { boots } from './scheduler.boot.ts';

const CLIENTS = 16;

export async function* figures(): AsyncGenerator<Figure> {
  const directory = mkdtempSync(join(tmpdir(), 'plimsoll-bench-'));
  try {
    yield* boots(directory, CLIENTS);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
