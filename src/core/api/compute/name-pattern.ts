/**
 * Regular expressions that strangers send, made safe: `?name=^web-[0-9]+$`.
 *
 * A backtracking engine can be kept busy for hours by one such text, so only those are taken whose
 * cost is bounded: no groups (nothing nested), and at most REPEATS_MAX things that repeat, which
 * makes it the square of the name's length at worst.
 */
import { type Decision, done } from '../../ports/reply.ts';
import { type Refused, refuse } from '../refused.ts';

const LENGTH_MAX = 255;
const REPEATS_MAX = 2;

export function patternOf(text: string): Decision<RegExp, Refused> {
  const bare = text.replaceAll(/\\./g, '').replaceAll(/\[[^\]]*\]/g, 'c');
  const repeats = bare.match(/[*+?{]/g)?.length ?? 0;
  if (text.length > LENGTH_MAX || /[()]/.test(bare) || repeats > REPEATS_MAX) {
    return refuse(400, `Invalid filter: ${text.slice(0, 80)} is too long or has too many repeats.`);
  }
  if (/\\[1-9k]/.test(text)) return refuse(400, 'Invalid filter: no back references.');
  try {
    return done(new RegExp(text, 'i'));
  } catch {
    return refuse(400, `Invalid filter: ${text} is not a regular expression.`);
  }
}
