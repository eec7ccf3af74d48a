/**
 * Has each saga get stuck in every way in which it can, and then has it helped on.
 *
 *   a program with a bug ─► stuck ─► nothing else begins ─► the same program: stuck again, or it
 *     says why not ─► a program without it: undone, retried, or its server is deleted; and then
 *     something goes wrong once more, wherever the run comes by
 *
 *   bug in    do until        before it happened            undo              on the way back
 *             made            after it                      settle settled    when nobody knows
 *
 * Whichever way: nothing is stuck at the end, and every promise holds, on the way there, too.
 */
import type { Chance } from '../core/base/seeded.ts';
import { BrokenInvariant, present } from '../core/base/units.ts';
import type { ResetHow } from '../core/conductor/reset.ts';
import { isStuck, isUnderWay, type RunRow, runs } from '../core/conductor/rows.ts';
import type { Saga, Step } from '../core/conductor/saga.ts';
import { hosts } from '../core/fleet/rows.ts';
import { allSagas } from '../core/sagas/all.ts';
import { evacuable } from '../core/sagas/evacuate-server.ts';
import type { World } from '../core/sagas/world.ts';
import { servers } from '../core/servers/rows.ts';
import { opened, Tally, type Ways } from './every-way.ts';
import { HOSTS } from './little-desk.ts';
import type { LittleWorld } from './little-world.ts';
import type { Plan } from './planned.ts';
import type { Scenario } from './scenarios-of-sagas.ts';
import { plansAt, settled } from './two-mishaps.ts';

type Bug = 'do' | 'until' | 'made' | 'undo' | 'settle' | 'settled';
type Help = Extract<ResetHow, 'undo' | 'retry'> | 'delete';
const helps: readonly Help[] = ['undo', 'retry', 'delete'];

interface Way {
  readonly step: string;
  readonly bug: Bug;
  /** What has to happen for the bug to show. */
  readonly plans: readonly Plan[];
}

/** Every way, each help; `chance` draws one mishap each besides, left out: all that can be. */
export async function everyStuck(scenario: Scenario, ways: Ways, chance?: Chance): Promise<Tally> {
  const tally = new Tally();
  for (const way of waysOf(scenario)) {
    for (const help of helps) {
      const passed = await playAndJudge(tally, scenario, ways, { way, help, plan: null });
      const plans = passed.flatMap((place) => plansAt(scenario, place));
      const tried = chance === undefined || plans.length === 0 ? plans : [chance.pick(plans)];
      for (const plan of tried) await playAndJudge(tally, scenario, ways, { way, help, plan });
    }
  }
  return tally;
}

interface Played {
  readonly way: Way;
  readonly help: Help;
  readonly plan: Plan | null;
}

/** By which places the helped run came. */
async function playAndJudge(
  tally: Tally,
  scenario: Scenario,
  ways: Ways,
  { way, help, plan }: Played,
): Promise<readonly string[]> {
  const world = await stuckIn(scenario, ways, way);
  const stuck = stuckRuns(world);
  if (stuck.length === 0) return [];
  const wrong = [...(await undisturbed(world, stuck)), ...(await notCured(world, stuck, help))];
  await world.upgrade();
  world.befall(plan === null ? [] : [plan]);
  const passed = world.fate.passed;
  for (const run of stuck) wrong.push(...(await helped(world, run, help)));
  await world.rest();
  await settled(world);
  const left = stuckRuns(world).map(({ saga, error }) => `${saga} is stuck: ${error?.message}`);
  const struck = plan === null ? '' : `, then ${plan.step} ${plan.mishap}`;
  const name = `${scenario.name}: bug in ${way.bug} of ${way.step}, ${help}${struck}`;
  tally.add(name, scenario, world, [...wrong, ...left]);
  if (world.fate.allStruck && plan !== null) tally.met++;
  return [...passed];
}

/**
 * Every way, and then the server's host burns down while its run is stuck: that is undone, or goes
 * on where there is no way back, and the server is made anew elsewhere. `met`: how many were.
 */
export async function everyBurnt(scenario: Scenario, ways: Ways): Promise<Tally> {
  const tally = new Tally();
  for (const way of waysOf(scenario)) {
    const world = await stuckIn(scenario, ways, way);
    const stuck = stuckRuns(world);
    const host = hostOf(world, stuck[0]?.server_uuid ?? null);
    if (host === null) continue;
    await world.fence(host);
    for (const other of HOSTS) if (other !== host) await world.open(other);
    await world.upgrade();
    world.befall([]);
    const wrong: string[] = [];
    for (const run of stuck) wrong.push(...(await helped(world, run, 'undo')));
    for (const run of stuck) wrong.push(...(await madeAnew(world, run, tally)));
    world.struckHosts.add(host);
    await settled(world);
    tally.add(`${scenario.name}: bug in ${way.bug} of ${way.step}, burnt`, scenario, world, wrong);
  }
  return tally;
}

const hostOf = (world: LittleWorld, server: string | null): string | null =>
  world
    .view()
    ?.rows(servers)
    .get(server ?? '')?.host ?? null;

/** One that is on a dead host, and may be evacuated, is. */
async function madeAnew(world: LittleWorld, { server_uuid }: RunRow, tally: Tally) {
  await world.rest();
  const server = world
    .view()
    ?.rows(servers)
    .get(server_uuid ?? '');
  const dead = server?.host ?? '';
  const fenced = world.view()?.rows(hosts).get(dead)?.forced_down === true;
  if (server === undefined || !fenced || !evacuable.includes(server.vm_state)) return [];
  const reply = await world.evacuate(server.uuid);
  await world.rest();
  if (hostOf(world, server.uuid) === dead) return [`it stays on ${dead}: ${JSON.stringify(reply)}`];
  tally.met++;
  return [];
}

async function stuckIn(scenario: Scenario, ways: Ways, way: Way): Promise<LittleWorld> {
  const world = await opened(scenario, { ...ways, steps_per_request_max: 1 });
  world.excused = ['O4'];
  const server = await scenario.prepare(world);
  await world.upgrade(
    allSagas.map((saga) => (saga.name === scenario.saga ? buggy(saga, way) : saga)),
  );
  world.arm();
  world.befall(way.plans);
  await scenario.begin(world, server);
  await world.rest();
  return world;
}

const stuckRuns = (world: LittleWorld): RunRow[] =>
  [...present(world.view(), 'books').rows(runs).values()].filter(isStuck);

/** While it is stuck no other operation begins at its server. */
async function undisturbed(world: LittleWorld, stuck: readonly RunRow[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const { server_uuid } of stuck) {
    const asked = [
      await world.migrate(server_uuid ?? ''),
      await world.switchPower(server_uuid ?? '', 'reboot-hard'),
      await world.evacuate(server_uuid ?? ''),
    ];
    if (asked.some((reply) => reply?.is !== 'no')) wrong.push('another operation began');
  }
  return wrong;
}

/** The program with the bug cannot help: it sticks again, or says why it does nothing. */
async function notCured(
  world: LittleWorld,
  stuck: readonly RunRow[],
  help: Help,
): Promise<string[]> {
  if (help === 'delete') return [];
  for (const { id } of stuck) await world.reset(id, help);
  await world.rest();
  const lost = stuck.filter(({ id }) => {
    const now = world.view()?.rows(runs).get(id);
    return now === undefined || isUnderWay(now);
  });
  return lost.map(({ id }) => `${id} neither stuck again nor ended`);
}

async function helped(world: LittleWorld, { id, server_uuid }: RunRow, help: Help) {
  if (world.view() === null) await world.rest();
  const now = world.view()?.rows(runs).get(id);
  if (now === undefined || !isStuck(now)) return [];
  if (help === 'delete') {
    await untilAnswered(world, () => world.destroyForGood(server_uuid ?? ''));
    return [];
  }
  const reply = await untilAnswered(world, () => world.reset(id, help));
  if (reply.is !== 'no' || reply.why.why !== 'no-way') return [];
  const other = await untilAnswered(world, () => world.reset(id, 'either'));
  return other.is === 'no' ? [`it can neither go on nor back: ${JSON.stringify(other.why)}`] : [];
}

/** The process that was asked may die of what was planned. */
async function untilAnswered<T>(world: LittleWorld, ask: () => Promise<T | undefined>): Promise<T> {
  const reply = await ask();
  if (reply !== undefined) return reply;
  await world.rest();
  return untilAnswered(world, ask);
}

// ── the bugs ───────────────────────────────────────────────────────────────────────────────────

const broken = (): never => {
  throw new BrokenInvariant('a bug, as planned');
};

const buggy = (saga: Saga<World>, { step, bug }: Way): Saga<World> => ({
  ...saga,
  steps: saga.steps.map((one) => (one.name === step ? { ...one, [bug]: broken } : one)),
});

function waysOf(scenario: Scenario): Way[] {
  const { steps } = present(
    allSagas.find(({ name }) => name === scenario.saga),
    scenario.saga,
  );
  const able = steps.filter(({ name }) => scenario.idle?.includes(name) !== true);
  return able.flatMap((step) => waysAt(scenario, steps, step));
}

function waysAt({ saga }: Scenario, steps: readonly Step<World>[], step: Step<World>): Way[] {
  const { name, kind } = step;
  const way = (bug: Bug, ...plans: readonly Plan[]): Way => ({ step: name, bug, plans });
  if (kind === 'wait') return [way('until')];
  const back = turnsBack(saga, steps, step);
  const undo = step.undo !== null && back !== null;
  const undone = undo ? [way('undo', back)] : [];
  if (kind === 'book') return [way('do'), ...undone];
  const dropped: Plan = { saga, step: name, mishap: 'drop' };
  const pivot = step.settle === null ? [] : [way('settle', dropped), way('settled', dropped)];
  return [way('do'), way('made'), ...undone, ...pivot];
}

/** What has the run go back over that step. */
function turnsBack(saga: string, steps: readonly Step<World>[], step: Step<World>): Plan | null {
  if (step.kind === 'ask') return { saga, step: step.name, mishap: 'deaf' };
  const next = steps.slice(steps.indexOf(step) + 1).find((one) => one.kind === 'ask');
  if (next === undefined || (next.forward && next.settle === null)) return null;
  return { saga, step: next.name, mishap: 'refuse', times: 99 };
}
