/** What the reducer works with in one ledger request, and the small words that its parts share. */
import type { Millis } from '../base/units.ts';
import { millis } from '../base/units.ts';
import type { Draft, View } from '../ledger/draft.ts';
import type { Order, OrderRefusal, StepKey } from '../ports/order.ts';
import type { Reply } from '../ports/reply.ts';
import { answer_timeout_ms, type Errand, keyed } from './errand.ts';
import type { Log } from './log.ts';
import type { Fault, LineState, RunStepRow } from './rows.ts';
import type { AnyKnown, AskStep, Saga, Step } from './saga.ts';

type Of<V extends Order['verb']> = Extract<Order, { verb: V }>;

export interface Act<World> {
  readonly draft: Draft;
  readonly log: Log;
  readonly saga: Saga<World>;
  readonly world: World;
  /** Whether a host is known to be down, so that an order there need not be waited for. */
  readonly unreachable: (view: View, host: string) => boolean;
  /** Whether it is down by a person's word, so that what it did last is lost with it. */
  readonly fenced: (view: View, host: string) => boolean;
  /** Its turn has come, if it waits. */
  readonly ushered: boolean;
}

/** Which asking an answer belongs to: one that comes twice is heard once. */
export interface Question {
  readonly position: number;
  readonly state: LineState;
  readonly attempts: number;
}

/** What the executor is to do next. */
export type Task =
  | {
      readonly do: 'ask';
      readonly of: Question;
      readonly host: string;
      readonly order: Order;
      readonly timeout_ms: Millis;
      /** Not before this is answered otherwise than by a transfer that goes on. */
      readonly after?: { readonly host: string; readonly order: Of<'progress'> };
    }
  /** No answer, or a no that is asked again: come back after `span`, or when woken. */
  | { readonly do: 'sleep'; readonly span_ms: Millis }
  /** Not yet: come back when a run has ended, or after a while. */
  | { readonly do: 'park' }
  | { readonly do: 'again' }
  | { readonly do: 'end' }
  /** Somebody else carries this run on. */
  | { readonly do: 'leave' };

/** What an agent answered to the errand of a line. */
export interface Heard {
  readonly of: Question;
  readonly reply: Reply<unknown, OrderRefusal>;
}

/** How often a step that can be undone is asked before it is given up and undone. */
export const ATTEMPTS_MAX = 4;
const PACE_FIRST_MS = 250;
const PACE_SLOWEST_MS = 30_000;

/** How long to wait before asking again: twice as long each time, e.g. 250, 500, … 30 000. */
export const pace = (attempts: number): Task => ({
  do: 'sleep',
  span_ms: millis(Math.min(PACE_SLOWEST_MS, PACE_FIRST_MS * 2 ** Math.min(attempts - 1, 10))),
});

export const stepNamed = <World>(saga: Saga<World>, name: string): Step<World> | undefined =>
  saga.steps.find((step) => step.name === name);

/** The key under which a step of a run is asked, and claims; each round has its own. */
export const stepKey = (run_id: string, step: string, round: number): StepKey =>
  round === 1 ? `${run_id}/${step}` : `${run_id}/${step}@${round}`;

/** The key of a step: that of its latest line, or of the line that it would get now. */
function keyOf(log: Log, name: string): StepKey {
  const latest = log.lines.findLast((line) => line.name === name);
  return stepKey(log.run.id, name, latest?.round ?? log.round);
}

export function knownBy(log: Log): AnyKnown {
  const { id, tried, error } = log.run;
  const refusals = log.lines.flatMap((line) =>
    line.kind === 'ask' && line.error !== null ? [line.error.message] : [],
  );
  const waits = log.run.waits !== null;
  const run = { id, tried, refusals, waits, fault: error, key: (step: string) => keyOf(log, step) };
  return { ...log.run.known, input: log.run.input, run };
}

const suffix = { started: '', settling: '/settle', undoing: '/undo' };

/** Gives the line's errand once more, under the same key. */
export function giveErrand(
  log: Log,
  line: RunStepRow,
  phase: keyof typeof suffix,
  what: Errand,
  meanwhile: Errand<'progress'> | null = null,
): Task {
  const order = keyed(what, keyOf(log, line.name) + suffix[phase]);
  const { host } = what;
  const { position, state, attempts } = log.note(line, { attempts: line.attempts + 1, host });
  const timeout_ms = answer_timeout_ms[what.verb];
  const of = { position, state, attempts };
  if (meanwhile === null) return { do: 'ask', of, host, order, timeout_ms };
  const key = `${order.key}/meanwhile`;
  const after = { host: meanwhile.host, order: keyed(meanwhile, key) as Of<'progress'> };
  return { do: 'ask', of, host, order, timeout_ms, after };
}

export const fault = (message: string, code = 500): Fault => ({
  code,
  message,
  explanation_id: null,
});

export const noAnswer = (line: RunStepRow): Fault => ({
  ...fault(`${line.host} gave no answer to ${line.name}`),
  reason: 'host-unanswered',
});

/** A refusal in words. */
export function faultOf(line: RunStepRow, refusal: OrderRefusal): Fault {
  switch (refusal.why) {
    case 'closed':
      return fault(`${line.host}: ${line.name} was undone meanwhile`);
    case 'unknown-guest':
      return fault(`${line.host} has no such guest`);
    case 'bad-image':
    case 'aborted':
      return { ...fault(`${line.host}: ${refusal.message}`), reason: refusal.why };
    case 'no-room':
    case 'hypervisor':
      return fault(`${line.host}: ${refusal.message}`);
  }
}

/** Ends the run where it stands: it needs a person, or a program that knows its steps. */
export function stick(log: Log, message: string): null {
  log.say('stick', { error: fault(message) });
  return null;
}

export const isPivot = (step: AskStep): boolean => step.settle !== null;
