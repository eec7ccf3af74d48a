/**
 * `npm run sim`: plays histories of the simulated world, and says whether any promise was broken.
 *
 *   npm run sim                              as many seeds as fit in a minute
 *   npm run sim -- --seed 42 [--watch]       one of them, with its trace; the same to the byte
 *   npm run sim -- --from 1 --seeds 500 [--format json]
 *   npm run sim -- --pairs [--only resize]   every two mishaps of every saga, or of one
 *   npm run sim -- --fleet DIRECTORY [--hosts 20] [--faulty]   a recorded fleet
 *   npm run sim -- --scale 1000,10000        what each thing costs in fleets of these sizes
 *
 * Ends with 1 when a promise was broken; the run is then shown on one screen, with its seed.
 */
import { parseArgs } from 'node:util';
import { headline, render, total } from '../sim/render.ts';
import { type Outcome, type RunAbout, runSeed } from '../sim/run.ts';
import type { SimWorld } from '../sim/world.ts';
import { drainFleet } from './fleet-drain.ts';
import { playPairs } from './mishap-pairs.ts';
import { playScale } from './scale.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const PROGRESS_EVERY_MS = 1_000;
const FRAME_EVERY_MS = 100;

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));

interface Totals {
  seeds: number;
  operations: number;
  faults: number;
  faults_by_kind: Record<string, number>;
  violations: number;
  /** Of virtual time, in all histories together. */
  simulated_hours: number;
  wall_ms: number;
  simulated_hours_per_minute: number;
}

const { values: flags } = parseArgs({
  options: {
    seed: { type: 'string' },
    watch: { type: 'boolean', default: false },
    from: { type: 'string' },
    seeds: { type: 'string' },
    pairs: { type: 'boolean', default: false },
    only: { type: 'string' },
    format: { type: 'string', default: 'text' },
    fleet: { type: 'string' },
    hosts: { type: 'string' },
    faulty: { type: 'boolean', default: false },
    quiet: { type: 'boolean', default: false },
    scale: { type: 'string' },
    'servers-each': { type: 'string' },
  },
});

process.exitCode = await play();

function play(): Promise<number> {
  const { seed, fleet: directory, faulty, pairs, only } = flags;
  if (pairs) return playPairs(drain, only);
  if (flags.scale !== undefined) {
    const sizes = flags.scale.split(',').map((size) => count(size, 0));
    return playScale({ sizes, servers_each: count(flags['servers-each'], 10), drain });
  }
  const hosts = count(flags.hosts, Number.POSITIVE_INFINITY);
  if (directory !== undefined) return drainFleet({ directory, hosts, faulty, drain });
  return seed === undefined ? playMany() : playOne(seed);
}

/** One history, shown whole: the trace on stdout, so that two runs can be compared as text. */
async function playOne(seed: string): Promise<number> {
  const about: RunAbout = flags.watch ? { drain: paced(), watched: frame() } : { drain };
  const begun_ms = performance.now();
  const outcome = await runSeed(seed, about);
  if (flags.format === 'json') {
    report(add(nothing(), outcome), performance.now() - begun_ms);
  } else {
    if (!flags.quiet) for (const line of outcome.trace) console.log(line);
    console.log(outcome.violations.length === 0 ? headline(outcome) : render(outcome));
  }
  return outcome.violations.length === 0 ? 0 : 1;
}

async function playMany(): Promise<number> {
  const totals = nothing();
  const begun_ms = performance.now();
  const seeds = count(flags.seeds, Number.POSITIVE_INFINITY);
  const limit_ms = flags.seeds === undefined ? MINUTE_MS : Number.POSITIVE_INFINITY;
  const progress = progressTo(process.stderr);
  for (let at = 0; at < seeds && performance.now() - begun_ms < limit_ms; at++) {
    const outcome = await runSeed(String(count(flags.from, 1) + at), { drain });
    add(totals, outcome);
    if (outcome.violations.length > 0) console.error(`\n${render(outcome)}\n`);
    progress(totals);
  }
  report(totals, performance.now() - begun_ms);
  return totals.violations === 0 ? 0 : 1;
}

function report(played: Totals, wall_ms: number): void {
  const totals = timed(played, wall_ms);
  if (flags.format === 'json') {
    console.log(JSON.stringify(totals));
    return;
  }
  const { seeds, operations, faults, violations } = totals;
  const rate = ((seeds * 1000) / wall_ms).toFixed(1);
  console.log(
    `${seeds} seeds (${rate} a second), ${operations} operations, ${faults} faults, ` +
      `${violations} violations, ${totals.simulated_hours} simulated hours ` +
      `(${totals.simulated_hours_per_minute} a minute)`,
  );
}

function timed(totals: Totals, wall_ms: number): Totals {
  const hours = totals.simulated_hours;
  return {
    ...totals,
    faults_by_kind: Object.fromEntries(
      Object.entries(totals.faults_by_kind).sort(([, a], [, b]) => b - a),
    ),
    simulated_hours: Number(hours.toFixed(1)),
    wall_ms: Math.round(wall_ms),
    simulated_hours_per_minute: Number(((hours * MINUTE_MS) / wall_ms).toFixed(1)),
  };
}

function nothing(): Totals {
  return {
    ...{ seeds: 0, operations: 0, faults: 0, faults_by_kind: {}, violations: 0 },
    ...{ simulated_hours: 0, wall_ms: 0, simulated_hours_per_minute: 0 },
  };
}

function add(totals: Totals, outcome: Outcome): Totals {
  totals.seeds++;
  totals.operations += outcome.operations;
  totals.faults += total(outcome.faults);
  totals.simulated_hours += outcome.virtual_ms / HOUR_MS;
  for (const [kind, count] of outcome.faults) {
    totals.faults_by_kind[kind] = (totals.faults_by_kind[kind] ?? 0) + count;
  }
  totals.violations += outcome.violations.length;
  return totals;
}

function count(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  console.error(`expected a whole number, got ${text}`);
  process.exit(2);
}

/** A line that is written over on a terminal, and left out of a file. */
function progressTo(stream: NodeJS.WriteStream): (totals: Totals) => void {
  let last_ms = 0;
  return ({ seeds, operations, faults, violations }) => {
    const now_ms = performance.now();
    if (!stream.isTTY || now_ms - last_ms < PROGRESS_EVERY_MS) return;
    last_ms = now_ms;
    stream.write(
      `\r${seeds} seeds, ${operations} operations, ${faults} faults, ${violations} violations `,
    );
  };
}

// ── watching one ───────────────────────────────────────────────────────────────────────────────

/** Slow enough for eyes. */
function paced(): () => Promise<void> {
  return () => new Promise((resolve) => setTimeout(resolve, 2));
}

function frame(): (world: SimWorld) => void {
  let last_ms = 0;
  return (world) => {
    if (performance.now() - last_ms < FRAME_EVERY_MS) return;
    last_ms = performance.now();
    const tail = world.timeline.trace.lines.slice(-15);
    console.log(`\u001b[2J\u001b[H${[...world.picture(), '', ...tail].join('\n')}`);
  };
}
