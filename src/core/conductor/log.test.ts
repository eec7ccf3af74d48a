/**
 * Goal: the two tables of log.ts are the pictures above them, and an ended run stays ended (R3);
 * one that is stuck goes on only as a person says.
 * Method: the whole tables, compared with the few arrows that the pictures have.
 */
import { equal, throws } from 'node:assert/strict';
import test from 'node:test';
import { type LineEvent, lineAfter, type RunEvent, runAfter } from './log.ts';
import type { LineState, RunState } from './rows.ts';

const runStates: RunState[] = ['running', 'retreating', 'undoing', 'done', 'undone', 'stuck'];
const runArrows: Record<RunEvent, Partial<Record<RunState, RunState>>> = {
  fail: { running: 'undoing', retreating: 'undoing' },
  cancel: { running: 'undoing', retreating: 'undoing' },
  elsewhere: { running: 'retreating' },
  turned: { retreating: 'running' },
  unwound: { undoing: 'undone' },
  finish: { running: 'done' },
  stick: { running: 'stuck', retreating: 'stuck', undoing: 'stuck' },
  resume: { stuck: 'running' },
  return: { stuck: 'retreating' },
  undo: { stuck: 'undoing' },
  'lay down': { stuck: 'undone' },
};

const lineStates: LineState[] = [
  'started',
  'settling',
  'done',
  'refused',
  'unanswered',
  'undoing',
  'undone',
  'waived',
];
const lineArrows: Record<LineEvent, Partial<Record<LineState, LineState>>> = {
  answered: { started: 'done', settling: 'done' },
  refuse: { started: 'refused', settling: 'refused' },
  'give up': { started: 'unanswered' },
  settle: { started: 'settling' },
  undo: { done: 'undoing', unanswered: 'undoing' },
  undone: { done: 'undone', unanswered: 'undone', undoing: 'undone' },
  waive: {
    started: 'waived',
    settling: 'waived',
    undoing: 'waived',
    done: 'waived',
    unanswered: 'waived',
  },
};

/** Where there is no arrow, nothing moves: it is passed over, or it is a bug. */
function check<State extends string, Event extends string>(
  arrows: Record<Event, Partial<Record<State, State>>>,
  states: readonly State[],
  after: (state: State, event: Event) => State,
): number {
  let bugs = 0;
  for (const event of Object.keys(arrows) as Event[]) {
    for (const state of states) {
      const to = arrows[event][state];
      if (to !== undefined) equal(after(state, event), to, `${event} while ${state}`);
      else bugs += isBug(() => equal(after(state, event), state)) ? 1 : 0;
    }
  }
  return bugs;
}

function isBug(tried: () => void): boolean {
  try {
    tried();
    return false;
  } catch (bug) {
    equal((bug as Error).name, 'BrokenInvariant', (bug as Error).message);
    return true;
  }
}

test('a run goes only where the picture says', () => {
  equal(check(runArrows, runStates, runAfter), 45);
});

test('a line goes only where the picture says', () => {
  equal(check(lineArrows, lineStates, lineAfter), 23);
});

test('an ended run is never taken up again', () => {
  throws(() => runAfter('done', 'fail'));
  throws(() => runAfter('undone', 'turned'));
  equal(runAfter('done', 'cancel'), 'done');
});
