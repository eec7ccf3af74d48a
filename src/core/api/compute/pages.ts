/** Pages of a list: `limit` and `marker` in, a slice and a link to the next one out. */
import { type Decision, done } from '../../ports/reply.ts';
import { lastOf } from '../query.ts';
import { type Refused, refuse } from '../refused.ts';
import type { Ask } from './route.ts';

export const LIMIT_MAX = 1000;

export interface Page<T> {
  readonly items: readonly T[];
  /** Under `<things>_links`; nothing on the last page. */
  readonly links: readonly { readonly rel: 'next'; readonly href: string }[] | undefined;
}

/** The page of `items` (sorted already) that the query asks for; a full one has a next. */
export function pageOf<T>(
  ask: Ask,
  items: readonly T[],
  idOf: (item: T) => string,
): Decision<Page<T>, Refused> {
  const limit = limitOf(ask);
  if (limit.is === 'no') return limit;
  const marker = lastOf(ask.query, 'marker');
  const from = marker === undefined ? 0 : items.findIndex((item) => idOf(item) === marker) + 1;
  if (marker !== undefined && from === 0)
    return refuse(400, `Marker ${marker} could not be found.`);
  const page = items.slice(from, from + limit.value);
  const last = page.at(-1);
  const full = last !== undefined && page.length === limit.value;
  return done({ items: page, links: full ? [nextLink(ask, idOf(last))] : undefined });
}

function limitOf({ query }: Ask): Decision<number, Refused> {
  const text = lastOf(query, 'limit');
  if (text === undefined) return done(LIMIT_MAX);
  if (!/^\d+$/.test(text)) return refuse(400, `Invalid input for query parameter limit: ${text}.`);
  return done(Math.min(Number(text) || LIMIT_MAX, LIMIT_MAX));
}

function nextLink({ request, url }: Ask, marker: string) {
  const others = request.query.split('&').filter((pair) => pair !== '' && !/^marker=/.test(pair));
  const query = [...others, `marker=${encodeURIComponent(marker)}`].join('&');
  return { rel: 'next' as const, href: `${url}${request.path.slice('/v2.1'.length)}?${query}` };
}

/** `{name: items}` and its link, e.g. `flavors` and `flavors_links`. */
export const pageView = (name: string, items: readonly unknown[], { links }: Page<unknown>) => ({
  [name]: items,
  ...(links === undefined ? {} : { [`${name}_links`]: links }),
});
