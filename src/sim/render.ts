/**
 * A run on one screen, for a person who wants to know what went wrong.
 *
 *   seed 42 · 5 hosts · 48 operations · 213 faults · 9 120 events in 312 s          what it was
 *   faults: drop before 12‰, …                                                      how bad
 *   the fleet at the end, a line a host
 *   the last things that happened, oldest first
 *   what was broken, and how to see it again
 */
import type { Outcome } from './run.ts';

const LINES_MAX = 24;
const WIDTH_MAX = 150;

export function render(outcome: Outcome): string {
  const { violations, trace, fleet } = outcome;
  return [
    headline(outcome),
    ...faultLines(outcome),
    '',
    ...fleet,
    '',
    `the last ${Math.min(LINES_MAX, trace.length)} of ${trace.length} lines (ms of virtual time):`,
    ...trace.slice(-LINES_MAX),
    '',
    ...violations.map(({ invariant, message, at_ms }) => `✗ ${at_ms} ms  ${invariant}: ${message}`),
    violations.length === 0 ? 'no violation' : `again: npm run sim -- --seed ${outcome.seed}`,
  ]
    .map(cut)
    .join('\n');
}

export function headline(outcome: Outcome): string {
  const { seed, options, operations, faults, events, virtual_ms, digest } = outcome;
  const seconds = Math.round(virtual_ms / 1000);
  return [
    `seed ${seed}`,
    `${options.hosts} hosts`,
    `${operations} operations`,
    `${total(faults)} faults`,
    `${events} events in ${seconds} s`,
    digest,
  ].join(' · ');
}

export const total = (faults: ReadonlyMap<string, number>): number =>
  [...faults.values()].reduce((sum, count) => sum + count, 0);

/** Only the rates that are not nothing. */
function faultLines({ options }: Outcome): string[] {
  return Object.entries(options.faults).map(([port, rates]) => {
    const said = Object.entries(rates as Record<string, number>)
      .filter(([, rate]) => rate > 0)
      .map(([name, rate]) => `${name} ${rate}`);
    return `${port}: ${said.join(', ')}`;
  });
}

/** A stack trace keeps its lines; each of them is cut. */
const cut = (text: string): string =>
  text
    .split('\n')
    .map((line) => (line.length <= WIDTH_MAX ? line : `${line.slice(0, WIDTH_MAX - 1)}…`))
    .join('\n');
