/**
 * Goal: the history of a live migration that fails at its worst step reads as worst-step.md says:
 * nothing is guessed, and in the end the guest runs where it was, which is all that is held.
 * Method: the source's answer to the switchover is lost, the process dies with it, the destination
 * never gets the guest. Each commit prints a line. `PRINT_HISTORY=1` writes the document anew.
 */
import { deepEqual, equal } from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { type RunRow, runSteps, runs } from '../../core/conductor/rows.ts';
import type { View } from '../../core/ledger/draft.ts';
import type { LittleWorld } from '../little-world.ts';
import { everyHold, serverIn, worldWith } from './tale.fixture.ts';

const document = join(
  fileURLToPath(new URL('../../../src', import.meta.url)),
  'sim/scenarios/worst-step.md',
);

const moveIn = (view: View): RunRow | undefined =>
  [...view.rows(runs).values()].find((run) => run.saga === 'live-migrate');

/** The newest step, who holds which hosts, and where the guest is. */
function pictured(view: View, world: LittleWorld): string | null {
  const run = moveIn(view);
  if (run === undefined) return null;
  const last = view.rows(runSteps).by('run_id', run.id).at(-1);
  const undone = view
    .rows(runSteps)
    .by('run_id', run.id)
    .filter((line) => line.state === 'undone');
  const step = undone[0] ?? last;
  const holds = everyHold(view);
  const of = (uuid: string) => Object.keys(holds[uuid] ?? {}).join(' ') || '–';
  const guests = ['h1', 'h2', 'h3'].filter((host) => world.guestsOn(host).length > 0);
  const why = step?.error === null || step === undefined ? '' : step.error.message;
  const cells = [run.state, step === undefined ? '–' : `${step.name} ${step.state}`];
  return `| ${[...cells, of(run.server_uuid ?? ''), of(run.id), guests.join(' '), why].join(' | ')} |`;
}

async function history(): Promise<{ lines: readonly string[]; world: LittleWorld; home: string }> {
  const lines: string[] = [];
  const held: { world: LittleWorld | null } = { world: null };
  const watching = (view: View) => {
    const line = held.world === null ? null : pictured(view, held.world);
    if (line !== null && line !== lines.at(-1)) lines.push(line);
  };
  const about = { watching, steps_per_request_max: 1 };
  const world = await worldWith('switchover', 'late', 99, about);
  held.world = world;
  const uuid = await world.create();
  await world.rest();
  const home = serverIn(world, uuid).host ?? '';
  const dies = { is: false };
  world.onStrike = () => {
    if (dies.is) return;
    dies.is = true;
    lines.push('| | *the order is held up, and the process dies* | | | | |');
    world.crash();
  };
  world.arm();
  await world.migrate(uuid);
  await world.rest();
  lines.push('| | *the order arrives after all: it is closed, and nothing happens* | | | | |');
  equal(serverIn(world, uuid).host, home);
  return { lines, world, home };
}

test('worst-step.md is what happens', async () => {
  const { lines, world, home } = await history();
  deepEqual(world.broken(), []);
  deepEqual(world.guestsOn(home).length, 1);
  equal(world.ends('live-migrate'), 'undone');
  const text = [
    '# A live migration that fails at its worst step',
    '',
    'Printed by `worst-step.test.ts`, a line for each commit. The order to hand the guest over is held',
    'up on the wire, and the process dies before anybody could know. The next process does not guess:',
    'it has the landing sealed, by which the guest is on one side for good, and turns back.',
    '',
    '| Run | Its step | The server holds | The run holds | Guests on | Because |',
    '|---|---|---|---|---|---|',
    ...lines,
    '',
  ].join('\n');
  if (process.env['PRINT_HISTORY'] === '1') writeFileSync(document, text);
  equal(readFileSync(document, 'utf8'), text);
});
