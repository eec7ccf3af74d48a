/**
 * Going back: undoes the newest line that may have had an effect, until none is left.
 *
 *   undoing      to the beginning; then the run is 'undone'
 *   retreating   to the step where there was another choice; then the run goes on from there
 *
 * The undo of an ask is asked until it is answered, for as long as that takes; the run is seen to
 * wait. Only a host that is known to be down is not waited for: the line is 'waived', and what may
 * be left there is for the host's audit when it comes back. After a waived undo no other choice is
 * tried, since the same guest must not run twice.
 */
import { never } from '../base/units.ts';
import {
  type Act,
  giveErrand,
  type Heard,
  knownBy,
  noAnswer,
  stepKey,
  stepNamed,
  stick,
  type Task,
} from './act.ts';
import { type Log, toUndo } from './log.ts';
import { askAnew, down } from './onward.ts';
import type { RunStepRow } from './rows.ts';
import type { BookStep } from './saga.ts';

export function goBack<World>(act: Act<World>): Task | null {
  const { log } = act;
  const line = log.lines.findLast((one) => toUndo(one) && one.position >= goal(log));
  if (line === undefined) return arrived(log);
  const step = stepNamed(act.saga, line.name);
  if (step === undefined) return stick(log, `${log.run.saga} has no step named ${line.name}`);
  switch (step.kind) {
    case 'book':
      return undoBook(act, step, line);
    case 'ask':
      return step.undo === null
        ? undone(log, line)
        : giveErrand(log, begun(log, line), 'undoing', step.undo(knownBy(log)));
    case 'wait':
      return undone(log, line);
    default:
      return never(step);
  }
}

/** How far back: the position of the step to begin again with, or of the first of all. */
function goal(log: Log): number {
  if (log.run.state !== 'retreating') return 0;
  return log.lines.findLast((line) => line.name === log.run.retreat_to)?.position ?? 0;
}

function arrived(log: Log): null {
  if (log.run.state === 'undoing') {
    log.say('unwound');
  } else if (log.lines.some((line) => line.state === 'waived')) {
    log.say('fail');
  } else {
    log.say('turned', { cursor: log.run.retreat_to, retreat_to: null, error: null });
  }
  return null;
}

function begun(log: Log, line: RunStepRow): RunStepRow {
  if (line.state === 'undoing') return line;
  return log.tell(line, 'undo', { attempts: 0 });
}

function undoBook<World>(act: Act<World>, step: BookStep<World>, line: RunStepRow): null {
  const { log, draft } = act;
  const { undo } = step;
  if (undo === null) return undone(log, line);
  const mark = draft.mark;
  const author = `${stepKey(log.run.id, line.name, line.round)}/undo`;
  const decision = draft.as(author, () => undo(knownBy(log), draft, act.world));
  if (decision.is === 'done') return undone(log, line);
  draft.rollback(mark);
  return stick(log, `${line.name} cannot be undone: ${decision.why.message}`);
}

/** What the step made is known no longer. */
function undone(log: Log, line: RunStepRow): null {
  log.tell(line, 'undone');
  const { [line.name]: _, ...known } = log.run.known;
  log.change({ known });
  return null;
}

export function hearUndo<World>(act: Act<World>, line: RunStepRow, { reply }: Heard): Task | null {
  if (reply.is === 'done') return undone(act.log, line);
  if (reply.is === 'no' || !down(act, line)) return askAnew(act, line, reply);
  act.log.fail(line, 'waive', noAnswer(line));
  return null;
}
