/**
 * The next thing that a run's log calls for: a reducer, in one ledger request.
 *
 *   heard ─► hear ─► go on ─► go on ─► … ─► a task for the executor (ask, sleep, end)
 *                    └ book steps, decided here ┘
 *
 * All book steps up to the next errand, the answer before them, and the log of it all commit
 * together; so a create costs three requests, not twelve. Which process calls, and how often, makes
 * no difference: an answer to a line that is no longer open is passed over.
 */
import { assert, never } from '../base/units.ts';
import type { Act, Heard, Task } from './act.ts';
import { stepNamed } from './act.ts';
import { goBack, hearUndo } from './backward.ts';
import { goOn, hearStep } from './onward.ts';

export function advance<World>(act: Act<World>, heard: Heard | null, steps_max: number): Task {
  let task = heard === null ? null : hear(act, heard);
  for (let steps = 0; task === null && steps < steps_max; steps++) task = next(act);
  act.log.write();
  return task ?? { do: 'again' };
}

function next<World>(act: Act<World>): Task | null {
  const { state } = act.log.run;
  switch (state) {
    case 'running':
      return goOn(act);
    case 'retreating':
    case 'undoing':
      return goBack(act);
    case 'done':
    case 'undone':
    case 'stuck':
      return { do: 'end' };
    default:
      return never(state);
  }
}

function hear<World>(act: Act<World>, heard: Heard): Task | null {
  const { position, state, attempts } = heard.of;
  const line = act.log.lines[position];
  assert(line !== undefined, `run ${act.log.run.id} has no line ${position}`);
  if (line.state !== state || line.attempts !== attempts) return null;
  if (state === 'undoing') return hearUndo(act, line, heard);
  const step = stepNamed(act.saga, line.name);
  assert(step?.kind === 'ask', `${line.name} asked nobody`);
  return hearStep(act, step, line, heard);
}
