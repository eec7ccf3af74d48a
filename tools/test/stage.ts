/**
 * What `npm test` is made of: named stages, each of which counts what passed, failed and was left
 * out. The closing line adds them up, so nothing that was not run can look as if it had passed.
 */

export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Why something failed or was left out, or its figures; a line each, shown again at the end. */
  readonly notes: readonly string[];
}

export interface Stage {
  readonly name: string;
  /** What a newcomer reads in `npm test -- --list`. */
  readonly about: string;
  /** Also run by `npm run check`: what takes seconds and needs nothing but the packages. */
  readonly quick: boolean;
  /** Debian packages without which part of the stage cannot run. */
  readonly needs: readonly string[];
  /** `absent`: those of `needs` that are not here. */
  run(absent: readonly string[]): Promise<Outcome>;
}

export const passed: Outcome = { passed: 1, failed: 0, skipped: 0, notes: [] };
export const failed = (note: string): Outcome => ({
  passed: 0,
  failed: 1,
  skipped: 0,
  notes: [note],
});

/** Where CI runs, everything must be there: what is missing has failed. */
export const leftOut = (note: string): Outcome =>
  process.env['CI'] === 'true'
    ? failed(`${note} (missing where CI=true: a failure)`)
    : { passed: 0, failed: 0, skipped: 1, notes: [`skipped: ${note}`] };

export const sum = (outcomes: readonly Outcome[]): Outcome => ({
  passed: total(outcomes, 'passed'),
  failed: total(outcomes, 'failed'),
  skipped: total(outcomes, 'skipped'),
  notes: outcomes.flatMap(({ notes }) => notes),
});

const total = (outcomes: readonly Outcome[], what: 'passed' | 'failed' | 'skipped'): number =>
  outcomes.reduce((all, outcome) => all + outcome[what], 0);

export const inWords = ({ passed, failed, skipped }: Outcome): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;

/** Reads a closing line like our own. */
export function counted(name: string, line: string): Outcome {
  const found = /^(\d+) passed, (\d+) failed, (\d+) skipped$/.exec(line);
  if (found === null) return failed(`${name} ended without a closing line: ${line}`);
  const [, good = 0, bad = 0, out = 0] = found.map(Number);
  const notes = bad > 0 ? [`${name}: ${line}`] : [];
  return { passed: good, failed: bad, skipped: out, notes };
}
