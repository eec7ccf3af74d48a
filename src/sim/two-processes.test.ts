/**
 * Goal: two equal control planes on one disk, with crashes of either and all other faults, break no
 * promise; what one leaves the other takes over; each answers for what the other did.
 * Method: seeds in a world with two processes: clients, reports and beats come to whichever the lot
 * says; the checkers are those of one process. Counts show that runs did change their owner while
 * their old one or the other was up, and that both wrote.
 *
 * Mutant that this killed, by hand: a lease that never runs out (a run never ends).
 */
import { equal, ok } from 'node:assert/strict';
import test from 'node:test';
import { type RunRow, runs } from '../core/conductor/rows.ts';
import { render } from './render.ts';
import { runSeed } from './run.ts';
import type { SimWorld } from './world.ts';

const SEEDS = 4;

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Sees the runs that each commit writes. */
function onlooker(see: (run: RunRow) => void): (world: SimWorld) => void {
  let seen = 0;
  return ({ disk }) => {
    if (disk.sequence === seen) return;
    const fresh = disk.records.filter(({ sequence }) => sequence > seen);
    seen = disk.sequence;
    for (const { table, row } of fresh.flatMap(({ changes }) => changes)) {
      if (table === runs.name) see(row as RunRow);
    }
  };
}

test(`${SEEDS} seeds with two processes on one disk break no promise`, async () => {
  let taken = 0;
  const seen = { crashes: 0, seconds: 0 };
  for (let seed = 3000; seed < 3000 + SEEDS; seed++) {
    const owners = new Map<string, string>();
    const watched = onlooker(({ id, owner }) => {
      if ((owners.get(id) ?? owner) !== owner) taken++;
      owners.set(id, owner);
    });
    const outcome = await runSeed(String(seed), { drain, processes: 2, watched });
    equal(outcome.violations.length, 0, `\n${render(outcome)}`);
    ok(new Set(owners.values()).size >= 2, 'both carried something on');
    const lines = outcome.trace.join('\n');
    if (/crash of the control plane/.test(lines)) seen.crashes++;
    if (/control plane 2: run ended/.test(lines)) seen.seconds++;
  }
  ok(taken > 4, `${taken} runs were taken over`);
  ok(seen.crashes > 0 && seen.seconds > 0, JSON.stringify(seen));
});
