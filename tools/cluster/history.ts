/**
 * The history: every request and its answer, in the order and at the times in which clients saw
 * them. The checker (judge.ts) knows nothing else of what was asked.
 *
 *   done     answered, and carried out
 *   refused  answered, or never sent: nothing of it may ever be seen
 *   lost     no answer, or one that says nobody knows: it may have happened, or happen yet
 */

export type Outcome = 'done' | 'refused' | 'lost';

interface Timed {
  readonly began_ms: number;
  readonly ended_ms: number;
}

/** A claim of `value` for a consumer whose generation was `generation`. */
export interface Write extends Timed {
  readonly is: 'write';
  readonly consumer: string;
  readonly generation: number;
  readonly value: number;
  readonly outcome: Outcome;
}

/** What a consumer was seen to hold, in which generation. */
export interface Read extends Timed {
  readonly is: 'read';
  readonly consumer: string;
  readonly generation: number;
  readonly value: number;
}

/** The generation that a provider was seen in. */
export interface Glance extends Timed {
  readonly is: 'glance';
  readonly provider: string;
  readonly generation: number;
}

/** A server was asked for, or asked to be gone, or looked for by its id. */
export interface Birth extends Timed {
  readonly is: 'birth';
  readonly name: string;
  readonly id: string | null;
  readonly outcome: Outcome;
}
export interface Sight extends Timed {
  readonly is: 'sight';
  readonly id: string;
  readonly there: boolean;
}
export interface Death extends Timed {
  readonly is: 'death';
  readonly id: string;
}

export type Event = Write | Read | Glance | Birth | Sight | Death;

/** Outlives the wall clock's jumps. */
export const now_ms = (): number => performance.now();
