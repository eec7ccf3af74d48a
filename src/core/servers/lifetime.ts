/**
 * How long a server is expected to be there, where its flavor or a hint says: `30m`, `12h`, `90d`.
 *
 *   class   0     1       2       …  6        …  10         the power of two below its minutes
 *           1 m   2–3 m   4–7 m   …  1–2 h    …  17–34 h
 */
import { type Decision, done, no } from '../ports/reply.ts';
import type { ServerRow } from './rows.ts';

/** The extra spec of a flavor, and the hint of a request, which comes first. */
export const LIFETIME_KEY = 'plimsoll:lifetime';
export const LIFETIME = /^([1-9]\d{0,4})([mhd])$/;
export const LIFETIME_WORDS = 'a time such as 30m, 12h or 90d';

const MINUTES = { m: 1, h: 60, d: 24 * 60 } as const;

/** Null: nobody says. */
export function lifetimeOf({
  flavor,
  hints,
}: Pick<ServerRow, 'flavor' | 'hints'>): Decision<number | null, string> {
  const said = hints[LIFETIME_KEY] ?? flavor.extra_specs[LIFETIME_KEY];
  if (said === undefined) return done(null);
  const [, count, unit] = LIFETIME.exec(String(said)) ?? [];
  if (count === undefined) return no(`${LIFETIME_KEY} is ${LIFETIME_WORDS}`);
  const minutes = Number(count) * MINUTES[unit as keyof typeof MINUTES];
  return done(31 - Math.clz32(minutes));
}
