/** What a benchmark finds: one number, what it was found on, and what it is to be held against. */
export interface Figure {
  readonly name: string;
  /** How large the fleet was, in hosts or providers; null where it does not matter. */
  readonly size: number | null;
  readonly value: number;
  readonly unit: string;
  /** The figure of the same run that `ratio` compares with; null: none. */
  readonly ratio_to: string | null;
  readonly ratio: number | null;
}

export const figure = (name: string, size: number | null, value: number, unit: string): Figure => ({
  name,
  size,
  value,
  unit,
  ratio_to: null,
  ratio: null,
});

/** The figure with its ratio to another of the same run; `ratio`: where rounds were compared. */
export const against = (one: Figure, other: Figure, ratio = one.value / other.value): Figure => ({
  ...one,
  ratio_to: other.size === null ? other.name : `${other.name} at ${other.size}`,
  ratio,
});

export function median(values: readonly number[]): number {
  const rising = values.toSorted((a, b) => a - b);
  return rising[Math.floor(rising.length / 2)] ?? Number.NaN;
}
