/**
 * The hint `query`: an expression over facts of the host (facts.ts).
 *
 *   ["and", [">=", "$free_ram_mb", 1024], ["not", ["=", "$host", "h3"]]]
 *
 * What cannot be read as one passes nowhere; a fact that nobody knows compares as false.
 */
import { factOf } from '../facts.ts';
import type { HostView } from '../host-view.ts';
import { type Filter, plainly, type Request } from '../plugin.ts';

export const jsonQuery: Filter<Request> = {
  name: 'query',
  wakes: ['host.added', 'host.changed', 'server.gone'],
  allows: ({ ask }, host) => {
    const { query } = ask.about.hints;
    return query === undefined || holds(expressionOf(query), host, 0);
  },
  objection: ({ ask }) => {
    const { query } = ask.about.hints;
    const known = Array.isArray(expressionOf(query));
    return plainly(known ? 'is not what the query asks for' : 'cannot be asked: no such query');
  },
};

/** Deeper than anybody means. */
const DEPTH_MAX = 32;

function expressionOf(query: unknown): unknown {
  if (typeof query !== 'string') return query;
  try {
    return JSON.parse(query);
  } catch {
    return null;
  }
}

type Compare = (a: unknown, b: unknown) => boolean;
const ordered =
  (compare: (a: number, b: number) => boolean): Compare =>
  (a, b) =>
    a !== undefined && b !== undefined && compare(Number(a), Number(b));
const alike: Compare = (a, b) => a !== undefined && String(a) === String(b);

/** Each holds between the first argument and all that follow; `in`, any of them. */
const COMPARE: Readonly<Record<string, Compare>> = {
  '=': alike,
  '<': ordered((a, b) => a < b),
  '>': ordered((a, b) => a > b),
  '<=': ordered((a, b) => a <= b),
  '>=': ordered((a, b) => a >= b),
};

function holds(expression: unknown, host: HostView, depth: number): boolean {
  if (!Array.isArray(expression) || depth > DEPTH_MAX) return false;
  const [operator, ...parts] = expression as unknown[];
  if (operator === 'and') return parts.every((part) => holds(part, host, depth + 1));
  if (operator === 'or') return parts.some((part) => holds(part, host, depth + 1));
  if (operator === 'not') return parts.length === 1 && !holds(parts[0], host, depth + 1);
  const [first, ...others] = parts.map((part) => saidBy(part, host));
  if (operator === 'in') return others.some((other) => alike(first, other));
  const compare = Object.hasOwn(COMPARE, String(operator)) ? COMPARE[String(operator)] : undefined;
  return compare !== undefined && others.length > 0 && others.every((one) => compare(first, one));
}

const saidBy = (part: unknown, host: HostView): unknown =>
  typeof part === 'string' && part.startsWith('$') ? factOf(host, part.slice(1).split('.')) : part;
