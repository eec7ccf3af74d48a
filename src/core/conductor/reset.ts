/**
 * Resetting a run that got stuck: what a person may have it do.
 *
 *            ┌─ retry ─► goes on with what it was doing, by the program of now
 *   stuck ───┼─ undo ──► undoes all that its log says; not from its point of no return on
 *            └─ (its server is deleted) ─► laid down: the delete has seen to what it left
 *
 *   RS1  what it holds stays held until the undo of the step that took it is done: nothing is
 *        freed here, and the undo of an ask is asked until it is answered (backward.ts)
 *   RS2  a step that may have happened counts as happened, and is undone; so does the first step,
 *        whose undo ends what the desk began with the run
 *   RS3  nobody is past the pivot by guess: what is not known is found out by going on
 *   RS4  what cannot go on sticks again, and says why
 */
import { never } from '../base/units.ts';
import type { Draft } from '../ledger/draft.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import { fault, isPivot, stepNamed } from './act.ts';
import { isOpen, Log, toUndo } from './log.ts';
import { isStuck, type RunRow, type RunStepRow } from './rows.ts';
import type { Saga, Step } from './saga.ts';

/** `either`: undo, or retry where there is no way back. */
export type ResetHow = 'retry' | 'undo' | 'either';

/** No: why it cannot do that, in words. */
export function reset<World>(
  log: Log,
  saga: Saga<World> | undefined,
  how: ResetHow,
): Decision<void, string> {
  if (saga === undefined) return no(`This program knows no saga named ${log.run.saga}.`);
  const onward = noWayBack(log, saga);
  switch (how) {
    case 'undo':
      return onward === null ? turnBack(log, saga) : no(onward);
    case 'either':
      return onward === null ? turnBack(log, saga) : retry(log, onward);
    case 'retry':
      return retry(log, onward);
    default:
      return never(how);
  }
}

/** Of one that is stuck since an older program, only what is past its pivot is known to go on. */
function retry(log: Log, onward: string | null): Decision<void, string> {
  const { stuck } = log.run;
  const was = stuck?.was ?? (onward === null ? null : 'running');
  const error = stuck?.error ?? null;
  switch (was) {
    case null:
      return no('It is not known whether it was going on or back: undo it.');
    case 'running':
      return done(log.say('resume', { error }));
    case 'retreating':
      return done(log.say('return', { error }));
    case 'undoing':
      return done(log.say('undo', { error }));
    default:
      return never(was);
  }
}

/** Why it went back before is still why. */
function turnBack<World>(log: Log, { steps }: Saga<World>): Decision<void, string> {
  const { stuck, error } = log.run;
  const { open } = log;
  const why = { ...fault(error?.message ?? 'it was stuck'), reason: 'reset' };
  if (open !== undefined) log.fail(open, open.kind === 'wait' ? 'refuse' : 'give up', why);
  const first = steps.find(({ kind }) => kind === 'book');
  const begun = log.lines.some(({ name }) => name === first?.name);
  if (first !== undefined && !begun) log.fail(log.begin(first, null), 'give up', why);
  return done(log.say('undo', { error: stuck?.error ?? why }));
}

/** Why it can only go on; null: it can turn back. */
function noWayBack<World>({ run, lines }: Log, saga: Saga<World>): string | null {
  if (run.stuck?.was === 'undoing' || run.stuck?.was === 'retreating') return null;
  const past = lines.find((line) => isPast(line, stepNamed(saga, line.name)));
  if (past !== undefined) return onlyOnward(past.name);
  const next = run.cursor === null ? undefined : stepNamed(saga, run.cursor);
  if (run.cursor === null || next?.forward === true) return onlyOnward(run.cursor ?? 'its end');
  return null;
}

/** RS3. */
function isPast<World>(line: RunStepRow, step: Step<World> | undefined): boolean {
  const counts = isOpen(line) || toUndo(line) || line.state === 'waived';
  return counts && (step?.forward === true || (step?.kind === 'ask' && isPivot(step)));
}

const onlyOnward = (step: string): string =>
  `It came as far as ${step}, from where there is no way back: retry it.`;

/** Whoever took its server away has freed what it held, and cleared what it left on hosts. */
export function layDown(draft: Draft, run: RunRow): void {
  if (!isStuck(run)) return;
  const log = new Log(draft, run);
  for (const line of log.lines) if (isOpen(line) || toUndo(line)) log.tell(line, 'waive');
  log.say('lay down', { error: run.error });
  log.write();
}
