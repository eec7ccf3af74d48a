/**
 * Runs a saga with every two mishaps that can meet in one run of it, each time in a fresh world.
 *
 *   one alone ─► where does its run come by? ─► with each mishap of each of those places, both
 *
 * Places and mishaps are those of planned.ts: what is asked, undone and settled, on the wire, and
 * the commits around it. Worlds are alike up to the first mishap: so two of which neither leads to
 * where the other would strike never meet, and leaving them out loses nothing. Of two at one place
 * the second strikes once the first is over, and each of them is the first once.
 */

import { byText } from '../core/base/order.ts';
import type { Chance } from '../core/base/seeded.ts';
import { allSagas } from '../core/sagas/all.ts';
import { play, Tally, type Ways } from './every-way.ts';
import type { LittleWorld } from './little-world.ts';
import { type Mishap, machineMishaps, mishaps, oftenOf, type Plan } from './planned.ts';
import type { Scenario } from './scenarios-of-sagas.ts';

type Pair = readonly [first: Plan, second: Plan];

/** One mishap alone: where the run came by, and whether once more at its own place. */
interface Single {
  readonly plan: Plan;
  readonly passed: ReadonlySet<string>;
  readonly again: boolean;
}

const everyMishap: readonly Mishap[] = [...mishaps, ...machineMishaps];

const asks = new Map(
  allSagas.map(({ name, steps }) => [
    name,
    new Set(steps.filter(({ kind }) => kind === 'ask').map((step) => step.name)),
  ]),
);

/** On the wire all can happen; a commit knows no machines, and one refusal is like another. */
function mishapsAt(saga: string, place: string): readonly Mishap[] {
  const [step = '', phase] = place.split('/');
  const onWire = asks.get(saga)?.has(step) === true && phase !== 'asked' && phase !== 'heard';
  return onWire ? everyMishap : mishaps.filter((one) => one !== 'spoil' && one !== 'fickle');
}

export const plansAt = ({ saga }: Scenario, place: string): Plan[] =>
  mishapsAt(saga, place).map((mishap) => ({ saga, step: place, mishap }));

/** Every two that can meet in this scenario; also each of them alone. */
export async function everyTwo(scenario: Scenario, ways: Ways): Promise<Tally> {
  const tally = new Tally();
  for (const pair of pairsOf(scenario, await everySingle(tally, scenario, ways))) {
    judge(tally, scenario, pair, await playBoth(scenario, ways, pair));
  }
  return tally;
}

/** The same, of the pairs of each two kinds of mishap only the first that chance has meet. */
export async function someTwo(scenario: Scenario, ways: Ways, chance: Chance): Promise<Tally> {
  const tally = new Tally();
  const pairs = pairsOf(scenario, await everySingle(tally, scenario, ways));
  for (const [kinds, alike] of byKinds(pairs)) {
    const met = await firstToMeet(tally, scenario, { ways, pairs: alike, chance });
    if (!met) tally.unmet.push(kinds);
  }
  return tally;
}

/** Few pairs do not meet: the first mishap leads away from the second more than it is to. */
const DRAWS_MAX = 12;

async function firstToMeet(
  tally: Tally,
  scenario: Scenario,
  { ways, pairs, chance }: { ways: Ways; pairs: readonly Pair[]; chance: Chance },
): Promise<boolean> {
  for (let draws = 0; draws < DRAWS_MAX; draws++) {
    const pair = chance.pick(pairs);
    const world = await playBoth(scenario, ways, pair);
    judge(tally, scenario, pair, world);
    if (world.fate.allStruck) return true;
  }
  return false;
}

const kindsOf = (pair: Pair): string =>
  pair
    .map(({ mishap }) => mishap)
    .toSorted(byText)
    .join(' and ');

/** Which of the two is the first makes no other kind. */
function byKinds(pairs: readonly Pair[]): ReadonlyMap<string, readonly Pair[]> {
  const found = new Map<string, Pair[]>();
  for (const pair of pairs) {
    const alike = found.get(kindsOf(pair)) ?? [];
    found.set(kindsOf(pair), [...alike, pair]);
  }
  return found;
}

async function everySingle(tally: Tally, scenario: Scenario, ways: Ways): Promise<Single[]> {
  const { fate } = await play(scenario, one(ways));
  const singles: Single[] = [];
  for (const plan of [...fate.passed].flatMap((place) => plansAt(scenario, place))) {
    const world = await settled(await play(scenario, { ...one(ways), plan }));
    tally.add(`${scenario.name}: ${plan.step} ${plan.mishap}`, scenario, world, []);
    const { passed, struck } = world.fate;
    singles.push({ plan, passed, again: struck > oftenOf(plan.mishap) });
  }
  return singles;
}

function pairsOf(scenario: Scenario, singles: readonly Single[]): Pair[] {
  const smooth = new Map(singles.map((single) => [keyOf(single.plan), single]));
  return singles.flatMap((first) =>
    [...new Set([...first.passed, ...singles.map(({ plan }) => plan.step)])]
      .flatMap((place) => plansAt(scenario, place))
      .filter((plan) => meets(first, plan, smooth.get(keyOf(plan))))
      .map((second): Pair => [first.plan, second]),
  );
}

const keyOf = ({ step, mishap }: Plan): string => `${step} ${mishap}`;

/** Of two at different places on the smooth way one order is enough: they strike when they may. */
function meets(first: Single, plan: Plan, second: Single | undefined): boolean {
  if (first.plan.step === plan.step) return first.again;
  if (second === undefined) return first.passed.has(plan.step);
  if (first.plan.step > plan.step) return false;
  return first.passed.has(plan.step) || second.passed.has(first.plan.step);
}

const playBoth = async (scenario: Scenario, ways: Ways, [plan, also]: Pair): Promise<LittleWorld> =>
  settled(await play(scenario, { ...one(ways), plan, also }));

/** A commit for each step, so that each can be struck. */
const one = (ways: Ways): Ways => ({ ...ways, steps_per_request_max: 1 });

/** Hosts that lost power are looked at, as an operator's audit would. */
export async function settled(world: LittleWorld): Promise<LittleWorld> {
  world.arm(false);
  for (const host of [...world.struckHosts, ...world.struckHosts]) {
    await world.comesBack(host);
    await world.rest();
  }
  return world;
}

function judge(tally: Tally, scenario: Scenario, pair: Pair, world: LittleWorld): void {
  tally.add(`${scenario.name}: ${pair.map(keyOf).join(', ')}`, scenario, world, []);
  if (world.fate.allStruck) tally.met++;
}
