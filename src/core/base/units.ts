/**
 * The words that every room uses: quantities with their unit in the type, and the two ways to say
 * that our own code is wrong.
 *
 * A MiB is never added to a ms. The unit is also the last word of every name that holds one:
 * `memory_mib`, `timeout_ms`.
 */
declare const unit: unique symbol;
type Quantity<U extends string> = number & { readonly [unit]: U };

/** A span of the process's own clock; never a wall-clock date. */
export type Millis = Quantity<'ms'>;
export const millis = (count: number): Millis => count as Millis;

/** A broken promise of our own code. Only `main` may catch it: no ledger beats a wrong ledger. */
export class BrokenInvariant extends Error {
  override readonly name = 'BrokenInvariant';
}

export function assert(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new BrokenInvariant(otherwise);
}

/** The value, where our own code knows that there is one. */
export function present<T>(value: T | undefined | null, otherwise: string): T {
  if (value === undefined || value === null) throw new BrokenInvariant(otherwise);
  return value;
}

/** The last `else` of a union: the compiler refuses it while any case is left. */
export function never(left: never): never {
  throw new BrokenInvariant(`unhandled case ${JSON.stringify(caseOf(left))}`);
}

/** By what cases are told apart: the rest may be what somebody sent, and this is logged. */
function caseOf(left: unknown): unknown {
  if (typeof left !== 'object' || left === null) return left;
  const { is, do: does, verb, kind, type } = left as Readonly<Record<string, unknown>>;
  return { is, do: does, verb, kind, type };
}
