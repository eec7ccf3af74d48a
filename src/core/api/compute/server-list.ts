/** Lists of servers: in brief and in detail; filtered, sorted, in pages. */
import { byText } from '../../base/order.ts';
import { type Decision, done } from '../../ports/reply.ts';
import type { ServerRow } from '../../servers/rows.ts';
import { type HttpResponse, json } from '../http.ts';
import { type Refused, refuse } from '../refused.ts';
import { answered, fault } from './faults.ts';
import { type Page, pageOf, pageView } from './pages.ts';
import type { ComputeRooms } from './rooms.ts';
import type { Ask, ComputeRoute } from './route.ts';
import { inScope, testOf } from './server-filter.ts';
import { serverBrief, serverView, shownOf } from './server-view.ts';

async function brief(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const page = await ledger.read((view) => pageOfServers(ask, [...inScope(view, ask)]));
  return answered(page, (page) => {
    const items = page.items.map((row) => serverBrief(row, ask));
    return json(200, pageView('servers', items, page));
  });
}

async function detail(ask: Ask, { ledger, digests }: ComputeRooms): Promise<HttpResponse> {
  const found = await ledger.read((view) => {
    const page = pageOfServers(ask, [...inScope(view, ask)]);
    if (page.is === 'no') return page;
    return done({ page: page.value, shown: page.value.items.map((row) => shownOf(view, row)) });
  });
  if (found.is === 'no') return fault(found.why.status, found.why.message);
  const items = found.value.shown.map((one) => serverView(one, ask, digests));
  return json(200, pageView('servers', items, found.value.page));
}

function pageOfServers(ask: Ask, rows: readonly ServerRow[]): Decision<Page<ServerRow>, Refused> {
  const test = testOf(ask);
  if (test.is === 'no') return test;
  const sorted = sort(ask, rows.filter(test.value));
  return sorted.is === 'no' ? sorted : pageOf(ask, sorted.value, (row) => row.uuid);
}

type Key = string | number;
const sortKeys: Readonly<Record<string, (row: ServerRow) => Key>> = {
  created_at: (row) => row.created_at_ms,
  updated_at: (row) => row.updated_at_ms,
  launched_at: (row) => row.launched_at_ms ?? 0,
  display_name: (row) => row.name,
  hostname: (row) => row.name,
  display_description: (row) => row.description ?? '',
  uuid: (row) => row.uuid,
  vm_state: (row) => row.vm_state,
  task_state: (row) => row.task_state ?? '',
  host: (row) => row.host ?? '',
  node: (row) => row.host ?? '',
  availability_zone: (row) => row.availability_zone ?? '',
  image_ref: (row) => row.image_id ?? '',
  instance_type_id: (row) => row.flavor.id,
  key_name: (row) => row.key_name ?? '',
  project_id: (row) => row.project_id,
  user_id: (row) => row.user_id,
};

/** By each key in turn, the newest first unless something else is said; at last by UUID. */
function sort(ask: Ask, rows: readonly ServerRow[]): Decision<readonly ServerRow[], Refused> {
  const keys = ask.query.get('sort_key') ?? ['created_at'];
  const dirs = ask.query.get('sort_dir') ?? [];
  const orders: { of: (row: ServerRow) => Key; sign: number }[] = [];
  for (const [at, key] of keys.entries()) {
    const of = Object.hasOwn(sortKeys, key) ? sortKeys[key] : undefined;
    const dir = dirs[at] ?? 'desc';
    if (of === undefined) return refuse(400, `Sort key ${key} is not known.`);
    if (dir !== 'asc' && dir !== 'desc') return refuse(400, `Sort direction ${dir} is not known.`);
    orders.push({ of, sign: dir === 'asc' ? 1 : -1 });
  }
  // Each row's keys are taken once, not at every comparison.
  const keyed = rows.map((row) => ({ row, keys: orders.map(({ of }) => of(row)) }));
  keyed.sort((a, b) => {
    for (let at = 0; at < orders.length; at++) {
      const [one, other] = [a.keys[at] as Key, b.keys[at] as Key];
      if (one !== other) return (one < other ? -1 : 1) * (orders[at]?.sign ?? 1);
    }
    return byText(a.row.uuid, b.row.uuid);
  });
  return done(keyed.map(({ row }) => row));
}

export const serverListRoutes: readonly ComputeRoute[] = [
  { method: 'GET', path: '/servers', who: 'reader', handle: brief },
  { method: 'GET', path: '/servers/detail', who: 'reader', handle: detail },
];
