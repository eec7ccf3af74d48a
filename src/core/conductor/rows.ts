/**
 * The tables of runs: what a saga was started with, how far it is, and the lines of its log.
 *
 * They are the ledger's neighbours in one store, so a log line commits together with the change of
 * the books that it tells of. Steps and sagas are known by name, never by number: a run that began
 * under an older program goes on under a newer one, as long as the names live.
 */
import { table } from '../base/table.ts';

/** How a run stands; log.ts has the picture. */
export type RunState = 'running' | 'retreating' | 'undoing' | 'done' | 'undone' | 'stuck';

/** Why a run or a step failed, in the words that its server's owner may see. */
export interface Fault {
  /** As an HTTP status: 500 where the fleet could not, 409 where somebody changed their mind. */
  readonly code: number;
  readonly message: string;
  /** Stable, for programs: what a decision refused (`no-room` …), or what a host did. */
  readonly reason?: string;
  readonly explanation_id: string | null;
}

/** What a run waits for, in words, and until when. */
export interface Waits {
  readonly for_what: string;
  readonly since_ms: number;
  readonly until_ms: number;
}

/** A run that stands still until a person says how it is to go on (reset.ts). */
export interface Stuck {
  /** What it was doing. */
  readonly was: 'running' | 'retreating' | 'undoing';
  readonly since_ms: number;
  /** Why it was going back, if it was; `error` of the run says why it is stuck. */
  readonly error: Fault | null;
}

export interface RunRow {
  readonly id: string;
  readonly saga: string;
  /** The server that it is about; null: none. */
  readonly server_uuid: string | null;
  readonly input: Readonly<Record<string, unknown>>;
  readonly state: RunState;
  /** The step that is under way or comes next; null: none is left. */
  readonly cursor: string | null;
  /** What each finished step made, by its name. */
  readonly known: Readonly<Record<string, unknown>>;
  /** What earlier rounds tried in vain, e.g. hosts; each round adds one. */
  readonly tried: readonly string[];
  /** While `retreating`: the step that the next round begins with. */
  readonly retreat_to: string | null;
  readonly error: Fault | null;
  /** Its server is to be deleted: it turns back where it still can, and settles no more. */
  readonly cancel_requested: boolean;
  /** It waits for the books to change: what it lacks, and until when it does without; null: no. */
  readonly waits: Waits | null;
  /** Null: it is not stuck, or has been since an older program. */
  readonly stuck: Stuck | null;
  /** The process that carries it on. */
  readonly owner: string;
  /** Rises with each change of owner: a former owner's writes are refused. */
  readonly fence: number;
  /** What began it, as a `traceparent`; null: nobody traces it. */
  readonly trace: string | null;
  readonly started_at_ms: number;
  readonly ended_at_ms: number | null;
}

/** How one line of a run's log stands; log.ts has the picture. */
export type LineState =
  | 'started'
  | 'settling'
  | 'done'
  | 'refused'
  | 'unanswered'
  | 'undoing'
  | 'undone'
  | 'waived';

export type StepKind = 'book' | 'ask' | 'wait';

export interface RunStepRow {
  readonly run_id: string;
  /** The line's place in the log. A step that is done again in a later round has a later line. */
  readonly position: number;
  readonly name: string;
  readonly kind: StepKind;
  /** 1, and one more each time that the run went back to try elsewhere. Part of the step's key. */
  readonly round: number;
  readonly state: LineState;
  /** How often it was asked, in this state. Past the first while it still goes on: it waits. */
  readonly attempts: number;
  readonly host: string | null;
  readonly error: Fault | null;
  readonly started_at_ms: number;
  readonly ended_at_ms: number | null;
}

export const runs = table<RunRow>({
  name: 'run',
  columns: {
    id: 'text',
    saga: 'text',
    server_uuid: 'text?',
    input: 'json',
    state: 'text',
    cursor: 'text?',
    known: 'json',
    tried: 'json',
    retreat_to: 'text?',
    error: 'json?',
    cancel_requested: 'boolean',
    waits: 'json?',
    stuck: 'json?',
    owner: 'text',
    fence: 'integer',
    trace: 'text?',
    started_at_ms: 'integer',
    ended_at_ms: 'integer?',
  },
  primary: ['id'],
  indexes: ['server_uuid', 'state'],
});

export const runSteps = table<RunStepRow>({
  name: 'run_step',
  columns: {
    run_id: 'text',
    position: 'integer',
    name: 'text',
    kind: 'text',
    round: 'integer',
    state: 'text',
    attempts: 'integer',
    host: 'text?',
    error: 'json?',
    started_at_ms: 'integer',
    ended_at_ms: 'integer?',
  },
  primary: ['run_id', 'position'],
  indexes: ['run_id'],
});

/** A process that carries runs on, where there may be several; leases.ts has its rules. */
export interface ProcessRow {
  /** Names one life of one process. */
  readonly name: string;
  /** Until when others must leave its runs alone. */
  readonly lease_until_ms: number;
  /** The version of the shape that its program knows; null: from before anybody asked. */
  readonly schema_version: number | null;
  readonly started_at_ms: number;
}

export const processes = table<ProcessRow>({
  name: 'process',
  columns: {
    name: 'text',
    lease_until_ms: 'integer',
    schema_version: 'integer?',
    started_at_ms: 'integer',
  },
  primary: ['name'],
});

export const conductorTables = [runs, runSteps, processes] as const;

/** The states of a run that a process carries on. */
export const underWay: readonly RunState[] = ['running', 'retreating', 'undoing'];

/** Not so one that is stuck, which waits for a person, and holds what it holds. */
export const isUnderWay = (run: RunRow): boolean => underWay.includes(run.state);
export const isStuck = (run: RunRow): boolean => run.state === 'stuck';
/** For good: it holds nothing, and changes no more. */
export const ended = (run: RunRow): boolean => run.state === 'done' || run.state === 'undone';
