/**
 * Going on: the next step of a run, and what came of the one that was asked.
 *
 *   book   decided here and now: done, refused, or refused for now: then it waits for its turn
 *   ask    'started' is written and the errand handed out; its answer is heard in a later request
 *   wait   done when what it waits for holds
 *
 * A `lost` answer before the pivot is asked again under the same key, ATTEMPTS_MAX times or until
 * the host is known to be down, and then undone. At the pivot it is settled, for as long as it
 * takes. After the pivot it is asked again until it is answered, or the host is given up.
 */
import { assert, millis, never } from '../base/units.ts';
import type { Draft } from '../ledger/draft.ts';
import {
  type Act,
  ATTEMPTS_MAX,
  fault,
  faultOf,
  giveErrand,
  type Heard,
  isPivot,
  knownBy,
  noAnswer,
  pace,
  stepKey,
  stepNamed,
  stick,
  type Task,
} from './act.ts';
import type { Fault, RunStepRow } from './rows.ts';
import type { AskStep, BookStep, Refused, Step } from './saga.ts';

export const cancelled = fault('it was cancelled', 409);

export function goOn<World>(act: Act<World>): Task | null {
  const { log } = act;
  const { cursor } = log.run;
  if (cursor === null) {
    log.say('finish');
    return null;
  }
  const step = stepNamed(act.saga, cursor);
  if (step === undefined) return stick(log, `${log.run.saga} has no step named ${cursor}`);
  if (log.run.cancel_requested && canTurnBack(step, log.open)) return cancel(act);
  switch (step.kind) {
    case 'book':
      return doBook(act, step);
    case 'ask':
      return ask(act, step, log.open ?? log.begin(step, null));
    case 'wait':
      return waitFor(act, step);
    default:
      return never(step);
  }
}

/** Up to the pivot's errand there is a way back. */
const canTurnBack = (step: Step, open: RunStepRow | undefined): boolean =>
  !step.forward && !(step.kind === 'ask' && isPivot(step) && open !== undefined);

function cancel<World>({ log }: Act<World>): null {
  const { open } = log;
  if (open !== undefined) log.fail(open, open.kind === 'ask' ? 'give up' : 'refuse', cancelled);
  log.say('cancel', { error: cancelled });
  return null;
}

function doBook<World>(act: Act<World>, step: BookStep<World>): Task | null {
  const { draft, log } = act;
  const due_ms = log.run.waits?.until_ms ?? 0;
  if (!act.ushered && draft.now_ms < due_ms) return sleepUntil(draft, due_ms);
  const line = log.open ?? log.begin(step, null);
  const mark = draft.mark;
  const author = stepKey(log.run.id, line.name, line.round);
  const decision = draft.as(author, () => step.do(knownBy(log), draft, act.world));
  if (decision.is === 'done') {
    if (log.run.waits !== null) log.change({ waits: null });
    return stepDone(act, line, decision.value);
  }
  draft.rollback(mark);
  const { fault, record, waits_until_ms = 0 } = decision.why;
  if (draft.now_ms < waits_until_ms) return hold(act, line, decision.why, waits_until_ms);
  record?.(draft);
  log.fail(line, 'refuse', fault);
  log.say('fail', { error: fault });
  return null;
}

/** Refused for now. What it is said to wait for is written once, however often it is looked at. */
function hold<World>(
  { draft, log }: Act<World>,
  line: RunStepRow,
  { fault, record }: Refused,
  until_ms: number,
): Task {
  const { waits } = log.run;
  if (waits?.for_what !== fault.message || waits.until_ms !== until_ms) {
    record?.(draft);
    log.note(line, { error: fault });
    const since_ms = waits?.since_ms ?? draft.now_ms;
    log.change({ waits: { for_what: fault.message, since_ms, until_ms } });
  }
  return sleepUntil(draft, until_ms);
}

const sleepUntil = (draft: Draft, until_ms: number): Task => ({
  do: 'sleep',
  span_ms: millis(until_ms - draft.now_ms),
});

function waitFor<World>(
  act: Act<World>,
  step: Extract<Step<World>, { kind: 'wait' }>,
): Task | null {
  const { log } = act;
  const line = log.open ?? log.begin(step, null);
  if (!step.until(knownBy(log), act.draft, act.world)) return { do: 'park' };
  return stepDone(act, line, null);
}

/** Hands out the errand of an open line. What may not be given twice is settled instead. */
function ask<World>(act: Act<World>, step: AskStep, line: RunStepRow): Task | null {
  const { log } = act;
  const known = knownBy(log);
  if (step.settle !== null && line.attempts > 0) {
    const fresh = line.state === 'started';
    const to = fresh ? log.tell(line, 'settle', { attempts: 0 }) : line;
    const meanwhile = step.meanwhile?.(known) ?? null;
    return giveErrand(log, to, 'settling', step.settle(known), meanwhile);
  }
  const errand = step.do(known);
  if (errand === null) return stepDone(act, line, null);
  return giveErrand(log, line, 'started', errand);
}

function stepDone<World>({ log, saga }: Act<World>, line: RunStepRow, made: unknown): null {
  log.tell(line, 'answered', { error: null });
  const at = saga.steps.findIndex((step) => step.name === line.name);
  const cursor = saga.steps[at + 1]?.name ?? null;
  log.change({ cursor, known: { ...log.run.known, [line.name]: made } });
  return null;
}

// ── what came of it ────────────────────────────────────────────────────────────────────────────

export function hearStep<World>(
  act: Act<World>,
  step: AskStep,
  line: RunStepRow,
  { reply }: Heard,
): Task | null {
  const settling = line.state === 'settling';
  if (reply.is === 'done') {
    if (!settling) return stepDone(act, line, step.made(reply.value));
    const made = step.settled(reply.value);
    if (made !== null) return stepDone(act, line, made);
    return refused(act, step, line, fault(`${line.name} did not happen`));
  }
  if (settling) return stillUnsettled(act, step, line, reply);
  if (step.forward) return keepAsking(act, line, reply);
  if (reply.is === 'no') {
    // What is wrong with the image is so on every host: nobody else is asked.
    const others = reply.why.why !== 'bad-image';
    return refused(act, step, line, faultOf(line, reply.why), others);
  }
  return unanswered(act, step, line);
}

/**
 * The other side says no, and changed nothing; or, at the pivot, it is settled that nothing
 * happened. If an earlier attempt got no answer the step is undone all the same, to be sure.
 */
function refused<World>(
  act: Act<World>,
  step: AskStep,
  line: RunStepRow,
  why: Fault,
  others = true,
): null {
  const certain = isPivot(step) || line.attempts === 1;
  act.log.fail(line, certain ? 'refuse' : 'give up', why);
  if (others) return elsewhere(act, step, why);
  act.log.say('fail', { error: why });
  return null;
}

function unanswered<World>(act: Act<World>, step: AskStep, line: RunStepRow): Task | null {
  const { log } = act;
  const why = noAnswer(line);
  if (isPivot(step)) return ask(act, step, log.note(line, { error: why }));
  if (line.attempts < ATTEMPTS_MAX && !down(act, line)) {
    log.note(line, { error: why });
    return pace(line.attempts);
  }
  log.fail(line, 'give up', why);
  return elsewhere(act, step, why);
}

/** Goes back to make another choice where the step has one left; otherwise all the way. */
function elsewhere<World>({ log }: Act<World>, step: AskStep, why: Fault): null {
  const other = step.elsewhere;
  const without =
    other !== null && log.round < other.rounds_max ? other.without(knownBy(log)) : null;
  if (other === null || without === null) {
    log.say('fail', { error: why });
  } else {
    const tried = [...log.run.tried, without];
    log.say('elsewhere', { retreat_to: other.from, tried, error: why });
  }
  return null;
}

type Unhelpful = Exclude<Heard['reply'], { is: 'done' }>;

/**
 * Nobody may guess which side of the pivot we are on. Nobody needs to know once the run is
 * cancelled (its server is deleted, or made anew elsewhere); nor, of a move above all, once the
 * host is fenced: a person has said that nothing runs there. Then it turns back.
 */
function stillUnsettled<World>(
  act: Act<World>,
  step: AskStep,
  line: RunStepRow,
  reply: Unhelpful,
): Task | null {
  const { log } = act;
  const needless = log.run.cancel_requested || (step.lost_when_fenced && fenced(act, line));
  if (needless && down(act, line)) {
    log.fail(line, 'waive', noAnswer(line));
    log.say('fail', { error: noAnswer(line) });
    return null;
  }
  return askAnew(act, line, reply);
}

function keepAsking<World>(act: Act<World>, line: RunStepRow, reply: Unhelpful): Task | null {
  if (reply.is === 'no' || !down(act, line)) return askAnew(act, line, reply);
  act.log.fail(line, 'waive', noAnswer(line));
  return skipTo(act, line);
}

function skipTo<World>(act: Act<World>, line: RunStepRow): null {
  const at = act.saga.steps.findIndex((step) => step.name === line.name);
  act.log.change({ cursor: act.saga.steps[at + 1]?.name ?? null });
  return null;
}

/** Comes back to it later. Ends and decisions that were refused now may be carried out then. */
export function askAnew<World>({ log }: Act<World>, line: RunStepRow, reply: Unhelpful): Task {
  assert(line.attempts > 0, 'an answer to what was never asked');
  log.note(line, { error: reply.is === 'lost' ? noAnswer(line) : faultOf(line, reply.why) });
  return pace(line.attempts);
}

const fenced = <World>({ draft, fenced: isFenced }: Act<World>, line: RunStepRow): boolean =>
  line.host !== null && isFenced(draft, line.host);

export const down = <World>({ draft, unreachable }: Act<World>, line: RunStepRow): boolean =>
  line.host !== null && unreachable(draft, line.host);
