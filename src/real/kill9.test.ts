/**
 * Goal: L7. Whenever the process is killed, what it had answered is there after the restart, what
 * it had not is there whole or not at all, and the books are right.
 * Method: fifty times on one database, a child process (kill9.child.ts) claims under load and tells
 * what it asks and what was answered; it gets SIGKILL at a random instant, also while it opens.
 * Then the database is opened here, and each consumer compared with the last thing told of it.
 *
 * Shown mutants, each noticed: answers given before the commit; allocations written outside of the
 * transaction of their consumers.
 *
 * This is the death of a process; the death of a machine is fsync's to survive (synchronous FULL).
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { millis } from '../core/base/units.ts';
import { checkBooks, overFull } from '../core/ledger/audit.ts';
import type { View } from '../core/ledger/draft.ts';
import { Ledger } from '../core/ledger/ledger.ts';
import { ledgerTables } from '../core/ledger/rows.ts';
import { openSqliteStore } from './sqlite-store.ts';

const KILLS = 50;
/** The source beside us, or what it was compiled to. */
const child = fileURLToPath(new URL(import.meta.url)).replace(/test(\.[jt]s)$/, 'child$1');
const clock = { now: () => millis(0), wall: () => 0, sleep: () => Promise.resolve() };

/** What was last told of a consumer: `generation host`; '' for one that holds nothing. */
interface Told {
  answered: string;
  asked: string;
}

/** Runs a child until it is killed; gives the whole lines that it said. */
async function killed(path: string): Promise<string[]> {
  const log = `${path}.log`;
  const out = openSync(log, 'w');
  const process = spawn(execPath, [child, path], { stdio: ['ignore', out, 'pipe'] });
  closeSync(out);
  const early = randomInt(5) === 0;
  const kill = (span_ms: number) => {
    AbortSignal.timeout(span_ms).onabort = () => process.kill('SIGKILL');
  };
  if (early) kill(randomInt(40, 300));
  let complaint = '';
  process.stderr?.on('data', (bytes) => {
    if (complaint === '' && !early) kill(randomInt(150));
    complaint += bytes;
  });
  const [code, signal] = await once(process, 'close');
  equal(signal, 'SIGKILL', `the child ended by itself (${code}): ${complaint}`);
  return readFileSync(log, 'utf8').split('\n').slice(0, -1);
}

function note(told: Map<string, Told>, lines: readonly string[]): number {
  let answers = 0;
  for (const line of lines) {
    const [mark, consumer, generation, host] = line.split(' ');
    if (consumer === undefined) continue;
    const entry = told.get(consumer) ?? { answered: '', asked: '' };
    const what = host === '0' ? '' : `${generation} ${host}`;
    if (mark === '!') answers++;
    told.set(consumer, mark === '!' ? { answered: what, asked: what } : { ...entry, asked: what });
  }
  return answers;
}

/** What the books say, in the words of `Told`. */
function found({ books }: View, consumer: string): string {
  const entry = books.consumers.get(consumer);
  if (entry === undefined) return '';
  const { row, allocations, cellHolds } = entry;
  equal(allocations.length, 1);
  deepEqual([cellHolds[0]?.provider_id, cellHolds.length], [allocations[0]?.provider_id, 1]);
  return `${row.generation} ${allocations[0]?.provider_id}`;
}

/** Opens the database as the next life would, and holds it against what was told. */
async function look(path: string, told: Map<string, Told>): Promise<number> {
  const opened = openSqliteStore(path, ledgerTables);
  ok(opened.is === 'opened', JSON.stringify(opened));
  const ledger = await Ledger.open(ledgerTables, opened.store, clock);
  await ledger.read((view) => {
    deepEqual([...checkBooks(view), ...overFull(view)], []);
    for (const [consumer, entry] of told) {
      const now = found(view, consumer);
      ok(
        now === entry.answered || now === entry.asked,
        `${consumer}: ${now}, ${JSON.stringify(entry)}`,
      );
      told.set(consumer, { answered: now, asked: now });
    }
    for (const consumer of view.books.consumers.keys()) ok(told.has(consumer), 'never asked for');
  });
  await ledger.close();
  return ledger.sequence;
}

test(`L7: killed ${KILLS} times under load, nothing answered is lost`, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'plimsoll-kill9-'));
  const path = join(directory, 'ledger.db');
  const told = new Map<string, Told>();
  let answers = 0;
  let sequence = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    answers += note(told, await killed(path));
    const now = await look(path, told);
    ok(now >= sequence);
    sequence = now;
  }
  t.diagnostic(`${answers} writes answered in ${sequence} batches, ${told.size} consumers`);
  ok(answers > 20 * KILLS, `only ${answers} writes were answered`);
  rmSync(directory, { recursive: true });
});
