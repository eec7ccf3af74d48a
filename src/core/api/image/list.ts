/**
 * The list of images: what the caller may see, filtered, sorted, in pages.
 *
 *   ?name=a&status=active&id=in:A,B&visibility=public&tag=t&os_type=linux   filters
 *   &sort_key=name&sort_dir=asc (or sort=name:asc,id:desc)&limit=2&marker=ID
 *
 * A filter that is no base attribute is a property's. A `marker` that is not there is refused.
 */
import { byText } from '../../base/order.ts';
import { type ImageRow, images } from '../../servers/rows.ts';
import { type Caller, type HttpRequest, type HttpResponse, json } from '../http.ts';
import { lastOf, type Query, readQuery } from '../query.ts';
import { problem } from './answers.ts';
import { maySee, on } from './images.ts';
import type { ImageRooms } from './rooms.ts';
import { imageView } from './view.ts';

const LIMIT_DEFAULT = 25;
const LIMIT_MAX = 1000;
const PAGING = new Set(['limit', 'marker', 'sort', 'sort_key', 'sort_dir']);
/** Filters that say who is asked about, and not what the image is. */
const SCOPES = new Set(['visibility', 'member_status', 'os_hidden', 'size_min', 'size_max', 'tag']);

type View = Readonly<Record<string, unknown>>;

async function list(
  request: HttpRequest,
  caller: Caller,
  { ledger }: ImageRooms,
): Promise<HttpResponse> {
  const query = readQuery(request.query);
  const rows = await ledger.read((view) => [...view.rows(images).values()]);
  const wanted = rows.filter((row) => listed(row, caller, query) && passes(row, query));
  const sorted = sort(wanted, query);
  if (sorted === null) return problem(400, 'The sort key or direction is not known.');
  const marker = lastOf(query, 'marker');
  const from = marker === undefined ? 0 : sorted.findIndex((row) => row.id === marker) + 1;
  if (marker !== undefined && from === 0) return problem(400, `There is no marker ${marker}.`);
  const asked = lastOf(query, 'limit') ?? String(LIMIT_DEFAULT);
  if (!/^\d+$/.test(asked)) return problem(400, 'limit must be a whole number from 0.');
  const page = sorted.slice(from, from + Math.min(Number(asked), LIMIT_MAX));
  return json(200, listView(request, query, page, from + page.length < sorted.length));
}

function listView(request: HttpRequest, query: Query, page: readonly ImageRow[], more: boolean) {
  const others = request.query.split('&').filter((pair) => pair !== '' && !/^marker=/.test(pair));
  const path = '/v2/images';
  const rest = others.length === 0 ? '' : `?${others.join('&')}`;
  const last = page.at(-1);
  const next = last === undefined ? '' : `${path}?${[...others, `marker=${last.id}`].join('&')}`;
  return {
    images: page.map(imageView),
    first: `${path}${rest}`,
    schema: '/v2/schemas/images',
    ...(more && last !== undefined && query !== null ? { next } : {}),
  };
}

/** Community images are listed only for those who ask for them. */
function listed(row: ImageRow, caller: Caller, query: Query): boolean {
  if (!maySee(row, caller)) return false;
  const wanted = lastOf(query, 'visibility') ?? 'unsaid';
  if (wanted !== 'unsaid' && wanted !== 'all') return row.visibility === wanted;
  const hidden = row.visibility === 'community' && row.owner !== caller.project_id;
  return !hidden || wanted === 'all' || query.has('id');
}

function passes(row: ImageRow, query: Query): boolean {
  const view = imageView(row) as View;
  for (const [name, values] of query) {
    if (PAGING.has(name) || SCOPES.has(name)) continue;
    if (!values.every((value) => matches(view[name], value))) return false;
  }
  const tags = query.get('tag') ?? [];
  const size = row.size_bytes ?? 0;
  const bounded =
    size >= Number(lastOf(query, 'size_min') ?? 0) &&
    size <= Number(lastOf(query, 'size_max') ?? Infinity);
  const hidden = lastOf(query, 'os_hidden')?.toLowerCase() === 'true';
  return bounded && !hidden && tags.every((tag) => row.tags.includes(tag));
}

/** e.g. `in:a,b`, `in:"with, comma",b`, or the value itself. */
function matches(value: unknown, wanted: string): boolean {
  const text = value === null || value === undefined ? null : String(value);
  if (!wanted.startsWith('in:')) return text === wanted || text === wanted.toLowerCase();
  const choices = wanted.slice(3).match(/"[^"]*"|[^,]+/g) ?? [];
  return choices.some((choice) => choice.replaceAll('"', '') === text);
}

const KEYS = [
  'created_at',
  'name',
  'status',
  'id',
  'updated_at',
  'size',
  'disk_format',
  'container_format',
];

/** By each key in turn; at last by id, so that pages never overlap. Null: not known. */
function sort(rows: readonly ImageRow[], query: Query): readonly ImageRow[] | null {
  const orders = ordersOf(query);
  const bad = orders.some(([key, dir]) => !KEYS.includes(key) || !['asc', 'desc'].includes(dir));
  if (bad) return null;
  return rows.toSorted((a, b) => {
    for (const [key, dir] of orders) {
      const order = byText(sortText(a, key), sortText(b, key));
      if (order !== 0) return dir === 'asc' ? order : -order;
    }
    return byText(a.id, b.id);
  });
}

const sortText = (row: ImageRow, key: string): string => {
  if (key === 'created_at') return String(row.created_at_ms).padStart(20, '0');
  if (key === 'updated_at') return String(row.updated_at_ms).padStart(20, '0');
  if (key === 'size') return String(row.size_bytes ?? 0).padStart(20, '0');
  return String((imageView(row) as View)[key] ?? '');
};

function ordersOf(query: Query): readonly (readonly [string, string])[] {
  const sort = lastOf(query, 'sort');
  if (sort !== undefined) {
    return sort.split(',').map((part) => {
      const [key = '', dir = 'desc'] = part.split(':');
      return [key, dir] as const;
    });
  }
  const dirs = query.get('sort_dir') ?? [];
  const keys = query.get('sort_key') ?? ['created_at'];
  return keys.map((key, at) => [key, dirs[at] ?? dirs[0] ?? 'desc'] as const);
}

export const listRoutes = [on('GET', '/v2/images', list)];
