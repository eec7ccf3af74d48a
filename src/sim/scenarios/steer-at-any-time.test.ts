/**
 * Goal: a live migration can be told to stop, or to come to its end, in every state that it has:
 * what is answered then, and what becomes of it, is the table below, and nothing is lost by it.
 * Method: each is asked after every commit of a move in turn, in a little world of its own, and the
 * answers are noted by the state that the move had.
 * Mutants that this killed: one that is steered once it is over; an abort that only a run which is
 * sending takes; one that is hastened before it sends, or stopped when it has left.
 */
import { deepEqual, ok } from 'node:assert/strict';
import { runs } from '../../core/conductor/rows.ts';
import { liveMigrate } from '../../core/sagas/live-migrate.ts';
import type { Steering } from '../../core/sagas/operations.ts';
import type { LittleWorld } from '../little-world.ts';
import { linesOf, type Open, seen, serverIn, tell } from './tale.fixture.ts';

const moveIn = (world: LittleWorld) =>
  [...seen(world).rows(runs).values()].find(({ saga }) => saga === liveMigrate.name);

/** The last step that it has begun, or how it has ended. */
function stateOf(world: LittleWorld): string {
  const run = moveIn(world);
  if (run === undefined) return 'none';
  if (run.ended_at_ms !== null) return run.state;
  const begun = liveMigrate.steps.filter(({ name }) => linesOf(world, name).length > 0);
  return begun.at(-1)?.name ?? 'asked for';
}

interface Moment {
  readonly commits: number;
  /** So much later. */
  readonly after_ms: number;
}
/** At once, and when what was asked for is under way. */
const LATER_MS = [0, 40];

/** Steered then; null: it makes no more commits. */
async function played(
  open: Open,
  { commits, after_ms }: Moment,
  steering: Steering,
): Promise<string | null> {
  const said = { when: '', reply: '' };
  const world = await open('none', 'refuse', 1, {
    steps_per_request_max: 1,
    committed: (count, one) => {
      if (count === commits) one.between(() => void ask(one), after_ms);
      return 'heard';
    },
  });
  const ask = async (one: LittleWorld) => {
    const { server_uuid, id } = moveIn(one) ?? { server_uuid: null, id: '' };
    said.when = stateOf(one);
    const reply = await one.steer(server_uuid ?? '', id, steering);
    said.reply = reply?.is === 'no' ? reply.why.why : (reply?.is ?? 'nothing');
  };
  const uuid = await world.create();
  await world.rest();
  world.arm();
  await world.migrate(uuid);
  await world.rest();
  deepEqual(world.guestsOn(serverIn(world, uuid).host ?? ''), [uuid]);
  if (world.commits < commits) return null;
  return `${said.when}: ${said.reply}, ${world.ends(liveMigrate.name)}`;
}

/** Every answer that there was, in the order of the states. */
async function everywhere(open: Open, steering: Steering): Promise<string[]> {
  const all: string[] = [];
  for (let commits = 1; ; commits++) {
    const told = [];
    for (const after_ms of LATER_MS) told.push(await played(open, { commits, after_ms }, steering));
    const said = told.filter((one) => one !== null);
    all.push(...said);
    if (said.length === 0) break;
  }
  ok(all.length > 16, `only ${all.length} moments`);
  return [...new Set(all)].sort();
}

/** Too late at once: the guest has left, or nothing is being sent yet. */
const late = ['leave: unfit, done', 'switchover: unfit, done'];
const over = 'done: unknown-move, done';

tell({
  'ACC-053 abort, at any moment: it turns back until the guest has left': async (open) => {
    const said = await everywhere(open, { how: 'abort', only_running: false });
    deepEqual(said, [over, 'landing: done, undone', late[0], 'switchover: done, undone', late[1]]);
  },

  'ACC-053 abort, at any moment, of one that runs: not before it is being sent': async (open) => {
    const said = await everywhere(open, { how: 'abort', only_running: true });
    deepEqual(said, [over, 'landing: unfit, done', late[0], 'switchover: done, undone', late[1]]);
  },

  'ACC-053 force complete, at any moment: only of one that is being sent': async (open) => {
    const said = await everywhere(open, { how: 'hasten', only_running: true });
    deepEqual(said, [over, 'landing: unfit, done', late[0], 'switchover: done, done', late[1]]);
  },
});
