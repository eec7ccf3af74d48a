/**
 * What of a list changed within a time: `changes-since` and, from 2.66, `changes-before`. The two
 * may name one moment; the wrong way round they are refused.
 */
import { type Decision, done } from '../../ports/reply.ts';
import { lastOf } from '../query.ts';
import { type Refused, refuse } from '../refused.ts';
import { momentOf } from '../times.ts';
import type { Ask } from './route.ts';

const BEFORE_FROM = 66;

/** Whether a moment lies within what was asked for, from the version that began with `since`. */
export function changedWithin(
  { query, version }: Pick<Ask, 'query' | 'version'>,
  since_from: number,
): Decision<(at_ms: number) => boolean, Refused> {
  const ends: number[] = [];
  for (const [name, from, open] of [
    ['changes-since', since_from, -Infinity],
    ['changes-before', BEFORE_FROM, Infinity],
  ] as const) {
    const text = version < from ? undefined : lastOf(query, name);
    const at_ms = text === undefined ? open : momentOf(text);
    if (at_ms === null) return refuse(400, `Invalid time: ${text}`);
    ends.push(at_ms);
  }
  const [since_ms = -Infinity, before_ms = Infinity] = ends;
  if (since_ms > before_ms) {
    return refuse(400, 'The value of changes-since must not be later than that of changes-before.');
  }
  return done((at_ms) => at_ms >= since_ms && at_ms <= before_ms);
}
