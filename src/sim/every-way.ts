/**
 * Runs one saga once for every way that one step can go wrong, each time in a fresh world.
 *
 *   refuse, drop, forget, crash, twice, late, deaf     at each step (planned.ts says what they are)
 *   killed                                             after each commit that the run makes
 *   deleted                                            the server, after each commit of the run
 *
 * Whichever way, every run must end, and every promise must still hold: no hold without an owner,
 * the guest on exactly one side, no server left on its way.
 */
import type { Saga } from '../core/conductor/saga.ts';
import type { World } from '../core/sagas/world.ts';
import { LittleWorld, type LittleWorldAbout } from './little-world.ts';
import { mishaps, type Plan } from './planned.ts';
import type { Drain } from './timeline.ts';

/** How a saga is tried: what must be there before it, and what sets it off. */
export interface Scenario {
  readonly saga: string;
  prepare(world: LittleWorld): Promise<string>;
  begin(world: LittleWorld, server: string): Promise<void>;
}

const made = async (world: LittleWorld): Promise<string> => {
  const server = await world.create();
  await world.rest();
  return server;
};

export const scenarios: readonly Scenario[] = [
  {
    saga: 'create-server',
    prepare: async () => '',
    begin: async (world) => void (await world.create()),
  },
  {
    saga: 'live-migrate',
    prepare: made,
    begin: (world, server) => world.migrate(server),
  },
  {
    saga: 'delete-server',
    prepare: made,
    begin: (world, server) => world.destroy(server),
  },
];

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
}

/** Each step of the saga × each mishap. */
export async function everyWay(scenario: Scenario, saga: Saga<World>, ways: Ways) {
  const tally = new Tally();
  for (const { name: step } of saga.steps) {
    for (const mishap of mishaps) {
      const plan: Plan = { saga: saga.name, step, mishap };
      const world = await play(scenario, { ...ways, plan, steps_per_request_max: 1 });
      const none = world.fate.struck === 0 ? ['never struck'] : [];
      tally.add(`${saga.name} ${step} ${mishap}`, scenario, world, none);
    }
  }
  return tally.outcome;
}

/** The process dies after each commit in turn, until a run makes no more of them. */
export function everyKill(scenario: Scenario, ways: Ways): Promise<Outcome> {
  return atEveryCommit(scenario, ways, 'killed', (world) => world.crash());
}

/** A delete arrives after each commit in turn. */
export function everyDelete(scenario: Scenario, ways: Ways): Promise<Outcome> {
  return atEveryCommit(scenario, ways, 'deleted', (world) => world.destroyAll());
}

async function atEveryCommit(
  scenario: Scenario,
  ways: Ways,
  what: string,
  strike: (world: LittleWorld) => void,
): Promise<Outcome> {
  const tally = new Tally();
  for (let at = 1; ; at++) {
    const committed = (count: number, world: LittleWorld) => {
      if (count === at) strike(world);
    };
    const world = await play(scenario, { ...ways, committed, steps_per_request_max: 1 });
    if (world.commits < at) return tally.outcome;
    tally.add(`${scenario.saga} ${what} after commit ${at}`, scenario, world, []);
  }
}

async function play(scenario: Scenario, about: LittleWorldAbout): Promise<LittleWorld> {
  const world = await LittleWorld.open(about);
  const server = await scenario.prepare(world);
  world.arm();
  await scenario.begin(world, server);
  await world.rest();
  return world;
}

class Tally {
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
