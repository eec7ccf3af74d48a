/**
 * One seed, one history, two phases.
 *
 *   safety     faults fly while clients work; every checker is asked after every event
 *   liveness   faults stop, everybody is healed; within REST_WITHIN_MS of virtual time all must
 *              have come to rest: runs ended, books equal to hosts, nobody left with a task
 */
import { Chance } from '../core/base/seeded.ts';
import { calm } from './faults.ts';
import { type Options, optionsFrom } from './swarm.ts';
import type { Drain } from './timeline.ts';
import type { Violation } from './watch.ts';
import { SimWorld } from './world.ts';

/** The first phase ends when clients are done and this has passed; it never goes on for longer. */
const SAFETY_MS_MIN = 60_000;
const SAFETY_MS_MAX = 900_000;
export const REST_WITHIN_MS = 3_600_000;
const LOOK_AGAIN_MS = 1_000;

export interface Outcome {
  readonly seed: string;
  readonly options: Options;
  readonly operations: number;
  /** How many of each kind. */
  readonly faults: ReadonlyMap<string, number>;
  readonly events: number;
  readonly virtual_ms: number;
  readonly answers: ReadonlyMap<string, number>;
  readonly violations: readonly Violation[];
  readonly trace: readonly string[];
  readonly digest: string;
  /** The fleet as it stood at the end, a line a host. */
  readonly fleet: readonly string[];
}

export interface RunAbout {
  readonly drain: Drain;
  /** How many control planes share the disk; left out: one has it alone. */
  readonly processes?: number;
  /** Changes a world before it starts: how mutants are planted. */
  readonly tamper?: (world: SimWorld) => void;
  /** Shown every so often, for `--watch`. */
  readonly watched?: (world: SimWorld) => void;
}

export async function runSeed(seed: string, about: RunAbout): Promise<Outcome> {
  const chance = new Chance(seed);
  const options = optionsFrom(chance.fork('options'));
  const world = new SimWorld(chance, options, about.drain, about.processes);
  about.tamper?.(world);
  try {
    await safety(world, about);
    await liveness(world, about);
  } catch (bug) {
    world.watch.complain('bug', bug instanceof Error ? (bug.stack ?? bug.message) : String(bug));
  }
  return outcomeOf(seed, world);
}

async function safety(world: SimWorld, about: RunAbout): Promise<void> {
  const { timeline } = world;
  await world.start();
  await steps(world, about, SAFETY_MS_MAX, () => {
    return world.workload.busy === 0 && timeline.now_ms >= SAFETY_MS_MIN;
  });
}

async function liveness(world: SimWorld, about: RunAbout): Promise<void> {
  const { timeline, watch } = world;
  const until_ms = timeline.now_ms + REST_WITHIN_MS;
  world.heal(calm);
  let unrest = ['never looked'];
  let look_ms = timeline.now_ms;
  const rested = () => {
    if (timeline.now_ms < look_ms || world.workload.busy > 0) return false;
    look_ms = timeline.now_ms + LOOK_AGAIN_MS;
    unrest = world.unrest();
    return unrest.length === 0;
  };
  if (!(await steps(world, about, until_ms, rested)) && watch.violations.length === 0) {
    for (const what of unrest) watch.complain('R', what);
  }
  world.lookHard();
}

/** Steps, asking every checker after each event, until `finished` or the first violation. */
async function steps(
  world: SimWorld,
  { drain, watched }: RunAbout,
  until_ms: number,
  finished: () => boolean,
): Promise<boolean> {
  const { timeline, watch } = world;
  while (watch.violations.length === 0) {
    await drain();
    watch.look();
    world.raiseBugs();
    watched?.(world);
    if (finished()) return true;
    if ((timeline.next_ms ?? Infinity) > until_ms) return false;
    timeline.step();
  }
  return false;
}

function outcomeOf(seed: string, world: SimWorld): Outcome {
  const { timeline, watch, history, options, faults } = world;
  return {
    seed,
    options,
    operations: history.operations,
    faults,
    events: timeline.happened,
    virtual_ms: timeline.now_ms,
    answers: history.answers,
    violations: watch.violations,
    trace: timeline.trace.lines,
    digest: timeline.trace.digest,
    fleet: world.picture(),
  };
}
