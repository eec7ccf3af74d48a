/**
 * Whether two answers are the same to a client: status, body and the headers that matter, without
 * the order of what has none, and without times and request ids.
 *
 * Of an error the status, the title and the code are compared; the sentence is each server's own.
 */
import type { Answered } from './request.ts';

/** What tells the two apart; null: nothing. */
export function difference(ours: Answered, theirs: Answered): string | null {
  if (ours.status !== theirs.status) return `status ${ours.status}, theirs ${theirs.status}`;
  const [a, b] = [canonical(ours.body), canonical(theirs.body)];
  if (a !== b) return `body ${firstDifference(JSON.parse(a), JSON.parse(b), '$')}`;
  for (const name of ['openstack-api-version', 'allow', 'cache-control', 'location']) {
    const [one, other] = [header(ours, name), header(theirs, name)];
    if (one !== other) return `${name} ${one}, theirs ${other}`;
  }
  const dated = (answered: Answered) => answered.headers['last-modified'] !== undefined;
  return dated(ours) === dated(theirs) ? null : `last-modified ${dated(ours)}`;
}

const header = ({ headers }: Answered, name: string): string | undefined =>
  headers[name]?.replace(/^http:\/\/[^/]+/, '');

/** The body as a text in which equal bodies are equal. */
export function canonical(body: unknown): string {
  if (isErrors(body)) {
    return JSON.stringify(body.errors.map(({ status, title, code }) => ({ status, title, code })));
  }
  return JSON.stringify(typeof body === 'string' ? '(text)' : ordered(body));
}

interface Errors {
  readonly errors: readonly { status: number; title: string; code?: string; detail: string }[];
}
export const isErrors = (body: unknown): body is Errors =>
  typeof body === 'object' && body !== null && 'errors' in body;

/** Lists and fields in the order of their text: no list of Placement's has a promised order. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(ordered).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields.map(([name, part]) => [name, ordered(part)]));
}

/** Where two values part, and what is there. */
function firstDifference(ours: unknown, theirs: unknown, path: string): string {
  const [a, b] = [JSON.stringify(ours), JSON.stringify(theirs)];
  if (!isMap(ours) || !isMap(theirs)) {
    return `${path}: ${a?.slice(0, TOLD_MAX)}\n    theirs ${b?.slice(0, TOLD_MAX)}`;
  }
  for (const name of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
    const [one, other] = [ours[name], theirs[name]];
    if (JSON.stringify(one) === JSON.stringify(other)) continue;
    return firstDifference(one, other, `${path}.${name}`);
  }
  return path;
}

const TOLD_MAX = 400;
const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
