/**
 * Runs one saga once for every way that one step can go wrong, each time in a fresh world.
 *
 *   refuse, drop, forget, crash, twice, late, …        at each step (planned.ts says what they are)
 *   killed                                             after each commit that the run makes
 *   deleted                                            the server, after each commit of the run
 *   unheard                                            each commit in turn is done, and nobody can
 *                                                      tell: its requests are decided once more
 *
 * The server has a CPU and pages of its own, so that these are carried along every way.
 * Whichever way, every run must end, and every promise must still hold: no hold without an owner,
 * the guest on exactly one side, no server left on its way.
 */
import type { Saga } from '../core/conductor/saga.ts';
import type { World } from '../core/sagas/world.ts';
import { littleExact, littleWithCard } from './flavors.ts';
import type { LittleWorldAbout } from './little-about.ts';
import { LittleWorld } from './little-world.ts';
import { type Fortune, mishaps, type Plan } from './planned.ts';
import type { Scenario } from './scenarios-of-sagas.ts';
import type { Drain } from './timeline.ts';

export interface Outcome {
  readonly tried: number;
  /** How the runs ended, e.g. { done: 50, undone: 6 }. */
  readonly ends: Readonly<Record<string, number>>;
  readonly failures: readonly string[];
}

export interface Ways {
  readonly drain: Drain;
  /** Left out: the product's. */
  readonly sagas?: readonly Saga<World>[];
  /** Left out: as in the product, where book steps share a commit. */
  readonly steps_per_request_max?: number;
  /** A mishap that strikes besides; and another one. */
  readonly plan?: Plan;
  readonly also?: Plan;
}

/** Each step of the saga × each mishap. */
export async function everyWay(scenario: Scenario, saga: Saga<World>, ways: Ways) {
  const tally = new Tally();
  for (const { name: step } of saga.steps) {
    if (scenario.idle?.includes(step)) continue;
    for (const mishap of mishaps) {
      const plan: Plan = { saga: saga.name, step, mishap };
      const world = await play(scenario, { ...ways, plan, steps_per_request_max: 1 });
      const none = world.fate.struck === 0 ? ['never struck'] : [];
      tally.add(`${scenario.name}: ${step} ${mishap}`, scenario, world, none);
    }
  }
  return tally.outcome;
}

/** The process dies after each commit in turn, until a run makes no more of them. */
export const everyKill = (scenario: Scenario, ways: Ways): Promise<Outcome> =>
  atEveryCommit(scenario, ways, 'killed', (world) => {
    world.crash();
    return 'heard';
  });

/** A delete arrives after each commit in turn. */
export const everyDelete = (scenario: Scenario, ways: Ways): Promise<Outcome> =>
  atEveryCommit(scenario, ways, 'deleted', (world) => {
    world.destroyAll();
    return 'heard';
  });

/** Whether a commit was done cannot be told: what it answered is asked again. */
export const everyUnheard = (scenario: Scenario, ways: Ways): Promise<Outcome> =>
  atEveryCommit(scenario, ways, 'unheard', () => 'lost for good');

async function atEveryCommit(
  scenario: Scenario,
  ways: Ways,
  what: string,
  strike: (world: LittleWorld) => Fortune,
): Promise<Outcome> {
  const tally = new Tally();
  for (let at = 1; ; at++) {
    const committed = (count: number, world: LittleWorld) =>
      count === at ? strike(world) : 'heard';
    const world = await play(scenario, { ...ways, committed });
    if (world.commits < at) return tally.outcome;
    tally.add(`${scenario.name}: ${what} after commit ${at}`, scenario, world, []);
  }
}

/** A world as the scenario wants it; what stays on its host has the only card there (D-RT4). */
export function opened(scenario: Scenario, about: LittleWorldAbout): Promise<LittleWorld> {
  const { shelved_offload_s = 0, resize_to_same_host = false, reclaim_after_s = 0 } = scenario;
  const options = { shelved_offload_s, resize_to_same_host, reclaim_after_s };
  const flavor = resize_to_same_host ? littleWithCard : littleExact;
  return LittleWorld.open({ flavor, cards_per_cell: 1, ...about, ...options });
}

export async function play(scenario: Scenario, about: LittleWorldAbout): Promise<LittleWorld> {
  const world = await opened(scenario, about);
  const server = await scenario.prepare(world);
  world.arm();
  await scenario.begin(world, server);
  await world.rest();
  return world;
}

export class Tally {
  /** In how many worlds two mishaps met; which kinds could have, and did not. */
  met = 0;
  readonly unmet: string[] = [];
  #tried = 0;
  readonly #ends: Record<string, number> = {};
  readonly #failures: string[] = [];

  add(name: string, { saga }: Scenario, world: LittleWorld, more: readonly string[]): void {
    this.#tried++;
    const end = world.ends(saga);
    this.#ends[end] = (this.#ends[end] ?? 0) + 1;
    const broken = [...more, ...world.broken()];
    if (broken.length === 0) return;
    this.#failures.push(
      `${name} (${end}): ${broken.join('; ')}\n    ${world.log().join('\n    ')}`,
    );
  }

  get outcome(): Outcome {
    return { tried: this.#tried, ends: this.#ends, failures: this.#failures };
  }
}
