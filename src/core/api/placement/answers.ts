/** The answers of reads and writes, with the headers that 1.15 brought. */
import type { HttpResponse } from '../http.ts';
import type { Ask } from './route.ts';

export const NO_CONTENT: HttpResponse = { status: 204 };

const CACHE_HEADERS_SINCE = 15;

/** A JSON answer that says when its content last changed, to those who know these headers. */
export const fresh = (
  ask: Ask,
  body: unknown,
  modified_ms: number | null = null,
  status = 200,
): HttpResponse => ({
  status,
  headers: { 'content-type': 'application/json', ...freshness(ask, modified_ms) },
  body: JSON.stringify(body),
});

const none: Readonly<Record<string, string>> = {};

/** Null stands for now: what was read has no date of its own. */
export function freshness(
  { minor, rooms }: Ask,
  modified_ms: number | null = null,
): Readonly<Record<string, string>> {
  if (minor < CACHE_HEADERS_SINCE) return none;
  const at_ms = modified_ms ?? rooms.clock.wall();
  return { 'last-modified': httpDate(at_ms), 'cache-control': 'no-cache' };
}

let second = -1;
let text = '';

/** e.g. Sat, 21 Nov 2026 10:21:09 GMT; most answers of one second say the same. */
function httpDate(at_ms: number): string {
  const asked = Math.floor(at_ms / 1000);
  if (asked !== second) {
    second = asked;
    text = new Date(at_ms).toUTCString();
  }
  return text;
}

/** The newest of these moments; null of none. */
export const newest = (moments_ms: Iterable<number>): number | null => {
  let max: number | null = null;
  for (const at_ms of moments_ms) if (max === null || at_ms > max) max = at_ms;
  return max;
};

/** An absolute address below this service, as `Location` has it. */
export const location = ({ request, settings }: Ask, path: string): string =>
  `${request.origin}${settings.prefix}${path}`;
