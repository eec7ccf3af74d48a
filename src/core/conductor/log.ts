/**
 * The log of one run, and the two small machines that say what may follow what.
 *
 *   a run                     fail, cancel
 *      running ───────────────────────────────► undoing ──unwound──► undone
 *       │  ▲ └─elsewhere─► retreating ──fail, cancel─►┘
 *       │  └────turned────────┘
 *       └─finish─► done              stick, from any of the three ──► stuck ──lay down──► undone
 *                                    resume, return, undo ◄────────────┘
 *                                      (to one of the three, as a person says: reset.ts)
 *
 *   a line of it   ┌─settle─► settling ─┐
 *      started ────┴───────────────────►┴─ done ──┐
 *         ├─ refused    (it changed nothing)      ├─ undo ─► undoing ─┬─► undone
 *         ├─ unanswered (it may have happened) ───┘                   └─► waived (host given up)
 *         └─ waived     (forward, or settling: host given up; of a run that is laid down: any)
 *
 * The tables are the same pictures without their gaps. Replaying the log is recovery: what comes
 * next follows from the rows alone (advance.ts), whichever process reads them.
 *
 *   R1  a line is written 'started' before its errand is given;
 *   R2  a run's row and lines change only in the request that changes the books;
 *   R3  an ended run never changes again.
 */
import { assert } from '../base/units.ts';
import type { Draft } from '../ledger/draft.ts';
import {
  type Fault,
  type LineState,
  type RunRow,
  type RunState,
  type RunStepRow,
  runSteps,
  runs,
  type Stuck,
} from './rows.ts';
import type { Step } from './saga.ts';

export type RunEvent =
  | 'fail'
  | 'cancel'
  | 'elsewhere'
  | 'turned'
  | 'unwound'
  | 'finish'
  | 'stick'
  | 'resume'
  | 'return'
  | 'undo'
  | 'lay down';
export type LineEvent = 'answered' | 'refuse' | 'give up' | 'settle' | 'undo' | 'undone' | 'waive';

const same = 'same'; // heard twice, or too late: harmless
const bug = 'bug'; //   our own code must never say this here

// biome-ignore format: a table
const runTable: Record<RunEvent, Record<RunState, RunState | typeof same | typeof bug>> = {
  fail:      { running: 'undoing',    retreating: 'undoing', undoing: same,     done: bug,  undone: bug,  stuck: bug  },
  cancel:    { running: 'undoing',    retreating: 'undoing', undoing: same,     done: same, undone: same, stuck: same },
  elsewhere: { running: 'retreating', retreating: bug,       undoing: bug,      done: bug,  undone: bug,  stuck: bug  },
  turned:    { running: bug,          retreating: 'running', undoing: bug,      done: bug,  undone: bug,  stuck: bug  },
  unwound:   { running: bug,          retreating: bug,       undoing: 'undone', done: bug,  undone: bug,  stuck: bug  },
  finish:    { running: 'done',       retreating: bug,       undoing: bug,      done: bug,  undone: bug,  stuck: bug  },
  stick:     { running: 'stuck',      retreating: 'stuck',   undoing: 'stuck',  done: bug,  undone: bug,  stuck: same },
  resume:    { running: bug,          retreating: bug,       undoing: bug,      done: bug,  undone: bug,  stuck: 'running' },
  return:    { running: bug,          retreating: bug,       undoing: bug,      done: bug,  undone: bug,  stuck: 'retreating' },
  undo:      { running: bug,          retreating: bug,       undoing: bug,      done: bug,  undone: bug,  stuck: 'undoing' },
  'lay down':{ running: bug,          retreating: bug,       undoing: bug,      done: bug,  undone: bug,  stuck: 'undone' },
};

// biome-ignore format: a table
const lineTable: Record<LineState, Record<LineEvent, LineState | typeof same | typeof bug>> = {
  started:    { answered: 'done', refuse: 'refused', 'give up': 'unanswered', settle: 'settling', undo: bug,       undone: bug,      waive: 'waived' },
  settling:   { answered: 'done', refuse: 'refused', 'give up': bug,          settle: same,       undo: bug,       undone: bug,      waive: 'waived' },
  done:       { answered: same,   refuse: bug,       'give up': bug,          settle: bug,        undo: 'undoing', undone: 'undone', waive: 'waived' },
  refused:    { answered: bug,    refuse: same,      'give up': bug,          settle: bug,        undo: bug,       undone: bug,      waive: bug      },
  unanswered: { answered: same,   refuse: same,      'give up': same,         settle: bug,        undo: 'undoing', undone: 'undone', waive: 'waived' },
  undoing:    { answered: same,   refuse: same,      'give up': bug,          settle: bug,        undo: same,      undone: 'undone', waive: 'waived' },
  undone:     { answered: same,   refuse: same,      'give up': bug,          settle: bug,        undo: bug,       undone: same,     waive: same     },
  waived:     { answered: same,   refuse: same,      'give up': bug,          settle: bug,        undo: bug,       undone: same,     waive: same     },
};

export function runAfter(state: RunState, event: RunEvent): RunState {
  const to = runTable[event][state];
  assert(to !== bug, `${event} while the run is ${state}`);
  return to === same ? state : to;
}

export function lineAfter(state: LineState, event: LineEvent): LineState {
  const to = lineTable[state][event];
  assert(to !== bug, `${event} while the step is ${state}`);
  return to === same ? state : to;
}

/** Lines that wait for an answer of their step (not of its undo). */
export const isOpen = (line: RunStepRow): boolean =>
  line.state === 'started' || line.state === 'settling';

/** Lines that going back has to deal with. */
export const toUndo = (line: RunStepRow): boolean =>
  line.state === 'done' || line.state === 'unanswered' || line.state === 'undoing';

/** One run's rows while a request works on them; `write` puts those that changed (R2). */
export class Log {
  run: RunRow;
  readonly lines: RunStepRow[];
  readonly #draft: Draft;
  readonly #before: RunRow;
  readonly #changed = new Set<number>();

  constructor(draft: Draft, run: RunRow) {
    this.#draft = draft;
    this.run = run;
    this.#before = run;
    this.lines = draft.rows(runSteps).by('run_id', run.id).toSorted(byPosition);
  }

  get round(): number {
    return this.run.tried.length + 1;
  }

  /** The line under way: a run has one at the most. */
  get open(): RunStepRow | undefined {
    const last = this.lines.at(-1);
    return last !== undefined && isOpen(last) ? last : undefined;
  }

  change(about: Partial<RunRow>): void {
    this.run = { ...this.run, ...about };
  }

  say(event: RunEvent, about: Partial<RunRow> = {}): void {
    const state = runAfter(this.run.state, event);
    const over = state === 'done' || state === 'undone';
    const ended_at_ms = over ? this.#draft.now_ms : null;
    const waits = state === 'running' ? this.run.waits : null;
    const stuck = state === 'stuck' ? this.#stuck() : null;
    this.change({ ...about, state, ended_at_ms, waits, stuck });
  }

  #stuck(): Stuck | null {
    const { state, error, stuck } = this.run;
    if (state === 'done' || state === 'undone' || state === 'stuck') return stuck;
    return { was: state, since_ms: this.#draft.now_ms, error };
  }

  begin(step: Pick<Step, 'name' | 'kind'>, host: string | null): RunStepRow {
    const line: RunStepRow = {
      run_id: this.run.id,
      position: this.lines.length,
      name: step.name,
      kind: step.kind,
      round: this.round,
      state: 'started',
      attempts: 0,
      host,
      error: null,
      started_at_ms: this.#draft.now_ms,
      ended_at_ms: null,
    };
    this.#put(line);
    return line;
  }

  tell(line: RunStepRow, event: LineEvent, about: Partial<RunStepRow> = {}): RunStepRow {
    const state = lineAfter(line.state, event);
    const over = state !== 'settling' && state !== 'undoing';
    const ended_at_ms = over ? this.#draft.now_ms : null;
    return this.note(line, { state, ended_at_ms, ...about });
  }

  note(line: RunStepRow, about: Partial<RunStepRow>): RunStepRow {
    const changed = { ...line, ...about };
    this.#put(changed);
    return changed;
  }

  fail(line: RunStepRow, event: LineEvent, fault: Fault): RunStepRow {
    return this.tell(line, event, { error: fault });
  }

  write(): void {
    if (this.run !== this.#before) this.#draft.put(runs, this.run);
    for (const at of this.#changed) this.#draft.put(runSteps, this.lines[at] as RunStepRow);
  }

  #put(line: RunStepRow): void {
    this.lines[line.position] = line;
    this.#changed.add(line.position);
  }
}

const byPosition = (a: RunStepRow, b: RunStepRow): number => a.position - b.position;
