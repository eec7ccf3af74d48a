/**
 * How a saga is written down: steps that can be undone, then at most one pivot, then steps that can
 * only go on.
 *
 *   step ─► step ─► step ─► pivot ─► forward ─► forward ─► done
 *    ◄────── undo ──────┘     │
 *                             └─ from here there is no way back, only on
 *
 * A step is one of three:
 *
 *   book   a decision on the ledger's draft. It commits in one request with its log line, so it is
 *          never lost and never half done;
 *   ask    an errand to an agent. *Started* is committed before it is given, its outcome after;
 *          it goes out under the run's key and may end three ways;
 *   wait   until something holds on the ledger (before the first step, or after the pivot: nothing
 *          waits halfway).
 *
 * A book step that is refused for now may be waited for, holding nothing; whoever waits is let in
 * by a change of the books, the oldest first (usher.ts).
 *
 * The types hold the order, and give each step what the steps before it made, under their names.
 * They refuse, and saga.types.test.ts shows it:
 *
 *   T1  an undo, or a refusal, after the pivot;
 *   T2  an undoable step that neither undoes nor says 'nothing to undo';
 *   T3  a pivot without `settle`;
 *   T4  a step that uses what no earlier step made;
 *   T5  an undo that uses what its own step made: the step's reply may have been lost;
 *   T6  an ask that must not be given twice, anywhere but at the pivot.
 */
import { assert } from '../base/units.ts';
import type { Draft } from '../ledger/draft.ts';
import type { StepKey } from '../ports/order.ts';
import type { Decision } from '../ports/reply.ts';
import type { Errand, Repeatable, Result, Verb } from './errand.ts';
import type { Fault } from './rows.ts';

/** What a step knows: what the run was started with, what was made before, and of its own run. */
export type Known<Input, Made, Names = keyof Made> = Made & {
  readonly input: Input;
  readonly run: {
    readonly id: string;
    /** What earlier rounds tried in vain (`elsewhere`). */
    readonly tried: readonly string[];
    /** What the hosts that were asked in vain said, in their order. */
    readonly refusals: readonly string[];
    /** It waits, or has waited, in this step: now its turn has come. */
    readonly waits: boolean;
    /** Why the run goes back; null while it goes on. */
    readonly fault: Fault | null;
    /** The key under which a step is asked in this round. */
    readonly key: (step: Names & string) => StepKey;
  };
};

/** A refused book step: what it wrote is taken back, then `record` may write down why. */
export interface Refused {
  readonly fault: Fault;
  readonly record?: (draft: Draft) => void;
  /** Not for good: until then it waits, and is done again when the books may allow it. */
  readonly waits_until_ms?: number;
}

export type Undone<K, World> = (known: K, draft: Draft, world: World) => Decision<void, Fault>;

/** Where to go on when the other side refuses: back to an earlier step, for another choice. */
export interface Elsewhere<From, K> {
  readonly from: From;
  readonly rounds_max: number;
  /** What to leave out next time; null: there is no other choice. */
  readonly without: (known: K) => string | null;
}

/** Before its first step a run may wait: there is nothing yet to be undone. */
export interface Beginning<Input, World> extends Undoable<Input, World, unknown> {
  wait<Name extends string>(
    name: Name,
    about: { until(known: Known<Input, unknown, Name>, draft: Draft, world: World): boolean },
  ): Undoable<Input, World, Record<Name, null>>;
}

export interface Undoable<Input, World, Made> {
  book<Name extends string, Product>(
    name: Name,
    about: {
      do(known: Known<Input, Made>, draft: Draft, world: World): Decision<Product, Refused>;
      undo: Undone<Known<Input, Made, keyof Made | Name>, World> | 'nothing to undo';
      /** Of one that waits, whether doing it again would do any good: asked often, so cheap. */
      again?(known: Known<Input, Made>, draft: Draft, world: World): boolean;
    },
  ): Undoable<Input, World, Made & Record<Name, Product>>;

  ask<Name extends string, V extends Repeatable, Product>(
    name: Name,
    about: {
      do(known: Known<Input, Made>): Errand<V>;
      made(result: Result<V>): Product;
      undo:
        | ((known: Known<Input, Made, keyof Made | Name>) => Errand<Repeatable>)
        | 'nothing to undo';
      elsewhere?: Elsewhere<keyof Made & string, Known<Input, Made>>;
    },
  ): Undoable<Input, World, Made & Record<Name, Product>>;

  /** `settle` decides for good which side of the pivot we are on, when its reply was lost. */
  pivot<Name extends string, V extends Verb, S extends Repeatable, Product>(
    name: Name,
    about: {
      do(known: Known<Input, Made>): Errand<V>;
      made(result: Result<V>): Product;
      settle(known: Known<Input, Made, keyof Made | Name>): Errand<S>;
      /** For as long as this tells of a transfer, it is under way, and nothing is settled yet. */
      meanwhile?(known: Known<Input, Made>): Errand<'progress'>;
      /** Null: it did not happen, and never will. */
      settled(result: Result<S>): Product | null;
      /** What a fenced host may have done is lost with it, and counts as not done. */
      lost_when_fenced?: true;
    },
  ): Onward<Input, World, Made & Record<Name, Product>>;

  /** From here on there is no way back, without an act of its own that says so. */
  onward(): Onward<Input, World, Made>;
  end(): Saga<World>;
}

export interface Onward<Input, World, Made> {
  book<Name extends string, Product>(
    name: Name,
    about: { do(known: Known<Input, Made>, draft: Draft, world: World): Product; undo?: never },
  ): Onward<Input, World, Made & Record<Name, Product>>;

  /** Asked until it is answered, or until its host is given up. Null: there is nobody to ask. */
  ask<Name extends string>(
    name: Name,
    about: { do(known: Known<Input, Made>): Errand<Repeatable> | null; undo?: never },
  ): Onward<Input, World, Made & Record<Name, null>>;

  wait<Name extends string>(
    name: Name,
    about: { until(known: Known<Input, Made>, draft: Draft, world: World): boolean },
  ): Onward<Input, World, Made & Record<Name, null>>;

  end(): Saga<World>;
}

// ── what the executor sees: the same, with the types of the products forgotten ─────────────────

export type AnyKnown = Known<unknown, Record<string, unknown>, string>;

export type Step<World = never> =
  | {
      readonly kind: 'book';
      readonly name: string;
      readonly forward: boolean;
      do(known: AnyKnown, draft: Draft, world: World): Decision<unknown, Refused>;
      readonly undo: Undone<AnyKnown, World> | null;
      again?(known: AnyKnown, draft: Draft, world: World): boolean;
    }
  | {
      readonly kind: 'ask';
      readonly name: string;
      readonly forward: boolean;
      do(known: AnyKnown): Errand | null;
      made(result: unknown): unknown;
      readonly undo: ((known: AnyKnown) => Errand) | null;
      readonly elsewhere: Elsewhere<string, AnyKnown> | null;
      readonly settle: ((known: AnyKnown) => Errand) | null;
      readonly meanwhile: ((known: AnyKnown) => Errand<'progress'>) | null;
      settled(result: unknown): unknown;
      readonly lost_when_fenced: boolean;
    }
  | {
      readonly kind: 'wait';
      readonly name: string;
      readonly forward: boolean;
      until(known: AnyKnown, draft: Draft, world: World): boolean;
    };

export type BookStep<World> = Extract<Step<World>, { kind: 'book' }>;
export type AskStep = Extract<Step, { kind: 'ask' }>;

export interface Saga<World = never> {
  readonly name: string;
  readonly steps: readonly Step<World>[];
}

type Loose = Record<string, unknown>;

export function saga<Input, World>(name: string): Beginning<Input, World> {
  const steps: Loose[] = [];
  let forward = false;
  const add = (step: Loose) => {
    assert(!steps.some((s) => s['name'] === step['name']), `${name} has two steps of one name`);
    steps.push(step);
    return chain;
  };
  const chain = {
    book: (step: string, about: Loose) => add(book(step, forward, about)),
    ask: (step: string, about: Loose) => add({ ...unsaid, name: step, forward, ...undoOf(about) }),
    wait: (step: string, about: Loose) => add({ kind: 'wait', name: step, forward, ...about }),
    pivot: (step: string, about: Loose) => {
      add({ ...unsaid, name: step, forward, ...about });
      forward = true;
      return chain;
    },
    onward: () => {
      forward = true;
      return chain;
    },
    end: () => ({ name, steps }),
  };
  return chain as unknown as Beginning<Input, World>;
}

/** What an ask is when its author says nothing of it. */
const unsaid = {
  kind: 'ask',
  made: () => null,
  undo: null,
  elsewhere: null,
  settle: null,
  meanwhile: null,
  settled: () => null,
  lost_when_fenced: false,
};

const undoOf = (about: Loose): Loose => ({
  ...about,
  undo: typeof about['undo'] === 'function' ? about['undo'] : null,
});

/** After the pivot a book step cannot refuse, and what it gives back is its product. */
function book(name: string, forward: boolean, about: Loose): Loose {
  const written = about['do'] as (...all: unknown[]) => unknown;
  const onward = (...all: unknown[]) => ({ is: 'done', value: written(...all) });
  return { kind: 'book', name, forward, ...undoOf(about), do: forward ? onward : written };
}
