/**
 * Logs that an older program left behind, gone on with by this one.
 *
 *   record   a scenario is played up to a commit, and what its run wrote by then is kept as JSON
 *   replay   the same scenario up to the same commit; the process dies; what its run wrote is
 *            exchanged for what was kept; this program's next process goes on with that
 *
 * Only what the run wrote is exchanged, under the ids of now: the world around it is that of now.
 * So a step that is called otherwise, or makes something else than it did, shows.
 */
import { present } from '../core/base/units.ts';
import { ended, type RunRow, type RunStepRow, runSteps, runs } from '../core/conductor/rows.ts';
import { LittleWorld } from './little-world.ts';
import type { Scenario } from './scenarios-of-sagas.ts';
import type { Drain } from './timeline.ts';

/** What one run had written after so many commits. */
export interface OldLog {
  readonly scenario: string;
  readonly commits: number;
  readonly run: RunRow;
  readonly lines: readonly RunStepRow[];
}

/** The log as it stands when its run has asked a host for something, or is half through. */
export async function record(scenario: Scenario, drain: Drain): Promise<OldLog> {
  const logs: OldLog[] = [];
  await play(scenario, drain, (commits, world) => {
    const run = runOf(world, scenario);
    if (run === undefined || ended(run)) return;
    logs.push({ scenario: scenario.name, commits, run, lines: linesOf(world, run) });
  });
  const asking = logs.findLast(({ lines }) => lines.some(isAsked));
  return present(asking ?? logs[logs.length >> 1], `a log of ${scenario.name}`);
}

const isAsked = ({ kind, state }: RunStepRow): boolean => kind === 'ask' && state === 'started';

/** What is broken once this program has gone on with that log. */
export async function replay(
  old: OldLog,
  scenario: Scenario,
  drain: Drain,
): Promise<readonly string[]> {
  const state = { exchanged: false };
  const world = await play(scenario, drain, (commits, struck) => {
    if (commits !== old.commits || state.exchanged) return;
    struck.crash();
    state.exchanged = exchange(struck, scenario, old);
  });
  const end = world.ends(scenario.saga);
  return [
    ...(state.exchanged ? [] : ['there is no such run at that commit']),
    ...(/^(done|undone)(,(done|undone))*$/.test(end) ? [] : [`it ended ${end}`]),
    ...world.broken(),
  ];
}

async function play(
  scenario: Scenario,
  drain: Drain,
  after: (commits: number, world: LittleWorld) => void,
): Promise<LittleWorld> {
  const { shelved_offload_s = 0, resize_to_same_host = false, reclaim_after_s = 0 } = scenario;
  const options = { shelved_offload_s, resize_to_same_host, reclaim_after_s };
  const committed = (count: number, at: LittleWorld) => {
    after(count, at);
    return 'heard' as const;
  };
  const world = await LittleWorld.open({
    drain,
    ...options,
    committed,
    steps_per_request_max: 1,
  });
  const server = await scenario.prepare(world);
  world.arm();
  await scenario.begin(world, server);
  await world.rest();
  return world;
}

const rowsOn = (world: LittleWorld, table: string): Map<string, object> =>
  world.disk.rows.get(table) ?? new Map<string, object>();

const runOf = (world: LittleWorld, { saga }: Scenario): RunRow | undefined =>
  ([...rowsOn(world, runs.name).values()] as RunRow[]).findLast((run) => run.saga === saga);

const linesOf = (world: LittleWorld, { id }: RunRow): RunStepRow[] =>
  ([...rowsOn(world, runSteps.name).values()] as RunStepRow[]).filter((one) => one.run_id === id);

/** What a newer store gives an old row for columns that it has not. */
const blank = Object.fromEntries(
  Object.entries(runs.columns)
    .filter(([, type]) => type.endsWith('?'))
    .map(([name]) => [name, null]),
);

/** False: there is no run to be exchanged. */
function exchange(world: LittleWorld, scenario: Scenario, old: OldLog): boolean {
  const now = runOf(world, scenario);
  if (now === undefined || ended(now)) return false;
  const here = <T>(row: T): T => named(row, old.run, now);
  const { owner, fence, started_at_ms } = now;
  const row = { ...blank, ...here(old.run), owner, fence, started_at_ms };
  rowsOn(world, runs.name).set(now.id, row);
  const lines = rowsOn(world, runSteps.name);
  for (const [key, line] of lines) if ((line as RunStepRow).run_id === now.id) lines.delete(key);
  for (const line of old.lines.map(here)) lines.set(runSteps.key(line), line);
  return true;
}

/** The same row, with the ids of now. */
function named<T>(row: T, then: RunRow, now: RunRow): T {
  const text = JSON.stringify(row).replaceAll(then.id, now.id);
  const [was, is] = [then.server_uuid, now.server_uuid];
  return JSON.parse(was === null || is === null ? text : text.replaceAll(was, is)) as T;
}
