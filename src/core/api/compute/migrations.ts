/**
 * Migrations: the runs that move servers. For operators.
 *
 *   /os-migrations                 all of them, newest first; filters by name; 2.59 pages,
 *                                  changes-since; 2.66 changes-before
 *   /servers/{id}/migrations       live ones under way of one server (2.23)
 *     DELETE …/{migration}           stops it (2.24; 2.65 also while it is prepared)
 *     POST …/{migration}/action      force_complete: has it come to its end (2.22)
 */
import { Type } from 'typebox';
import { type RunRow, runs, underWay } from '../../conductor/rows.ts';
import type { View } from '../../ledger/draft.ts';
import { type Decision, done } from '../../ports/reply.ts';
import type { Steering } from '../../sagas/operations.ts';
import { servers } from '../../servers/rows.ts';
import { bodyOf, strict } from '../body.ts';
import { type HttpResponse, json } from '../http.ts';
import { lastOf } from '../query.ts';
import { type Refused, refuse } from '../refused.ts';
import { changedWithin } from './changed-within.ts';
import { answered, fault, operated } from './faults.ts';
import {
  asSeen,
  changedAt,
  isMigration,
  LIVE_MIGRATE,
  type Moved,
  mayFetch,
  migrationId,
  migrationStatus,
  migrationView,
  serverMigrationView,
  sidesOf,
} from './migration-view.ts';
import { pageOf, pageView } from './pages.ts';
import type { ComputeRooms } from './rooms.ts';
import type { Ask, ComputeRoute } from './route.ts';
import { findServer } from './servers.ts';

/** Of a server that is gone nobody is told to have owned it: such moves are left out. */
function moved(view: View, ran: Iterable<RunRow>): readonly Moved[] {
  const all: Moved[] = [];
  for (const run of ran) {
    const server = view.rows(servers).get(run.server_uuid ?? '');
    if (!isMigration(run) || server === undefined) continue;
    const { project_id, user_id } = server;
    const status = migrationStatus(view, run);
    all.push({ run, owner: { project_id, user_id }, status, ...sidesOf(view, run) });
  }
  return all.toSorted((a, b) => b.run.started_at_ms - a.run.started_at_ms);
}

/** Hosts are asked only of those that the ledger cannot tell. */
const seenNow = (all: readonly Moved[], { operations }: ComputeRooms): Promise<Moved[]> =>
  Promise.all(
    all.map(async (one) =>
      mayFetch(one) ? asSeen(one, await operations.progressOf(one.run.server_uuid ?? '')) : one,
    ),
  );

async function list(ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> {
  const within = changedWithin(ask, 59);
  if (within.is === 'no') return fault(within.why.status, within.why.message);
  const all = await rooms.ledger.read((view) => moved(view, view.rows(runs).values()));
  const wanted = (await seenNow(all, rooms))
    .map((one) => ({ ...one, shown: migrationView(one, ask.version) }))
    .filter(({ run, shown }) => within.value(changedAt(run)) && passes(ask, shown));
  const paged = ask.version >= 59 ? ask : { ...ask, query: new Map() };
  return answered(
    pageOf(paged, wanted, ({ run }) => run.id),
    (page) => json(200, pageView('migrations', page.items.map(linked(ask)), page)),
  );
}

/** Those that are a thing of their server. */
const isLive = ({ saga, state }: RunRow): boolean =>
  saga === LIVE_MIGRATE && underWay.includes(state);

const linked =
  ({ version, url }: Ask) =>
  ({ run, shown }: { readonly run: RunRow; readonly shown: object }) => {
    if (version < 23 || !isLive(run)) return shown;
    const path = `servers/${run.server_uuid}/migrations/${migrationId(run)}`;
    const bookmark = `${url.slice(0, url.lastIndexOf('/'))}/${path}`;
    const links = [
      { rel: 'self', href: `${url}/${path}` },
      { rel: 'bookmark', href: bookmark },
    ];
    return { ...shown, links };
  };

type View1 = Readonly<Record<string, unknown>>;

function passes({ query }: Ask, shown: View1): boolean {
  const host = lastOf(query, 'host');
  if (host !== undefined && ![shown['source_compute'], shown['dest_compute']].includes(host)) {
    return false;
  }
  const names = [
    'status',
    'migration_type',
    'source_compute',
    'instance_uuid',
    'project_id',
    'user_id',
  ];
  return names.every((name) => {
    const wanted = lastOf(query, name);
    return wanted === undefined || shown[name] === undefined || shown[name] === wanted;
  });
}

function under(view: View, ask: Ask): Decision<readonly Moved[], Refused> {
  const server = findServer(view, ask.params['id'], ask.caller);
  if (server.is === 'no') return server;
  const ran = view.rows(runs).by('server_uuid', server.value.uuid);
  return done(moved(view, ran.filter(isLive)));
}

async function listOfServer(ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> {
  const found = await rooms.ledger.read((view) => under(view, ask));
  const seen = found.is === 'done' && found.value.length > 0 ? await progressIn(ask, rooms) : null;
  return answered(found, (all) => {
    const migrations = all.map((one) => serverMigrationView(one, ask.version, seen));
    return json(200, { migrations });
  });
}

const progressIn = ({ params }: Ask, { operations }: ComputeRooms) =>
  operations.progressOf(params['id'] ?? '');

function oneUnder(view: View, ask: Ask): Decision<Moved, Refused> {
  const { migration = '' } = ask.params;
  const all = under(view, ask);
  if (all.is === 'no') return all;
  const one = all.value.find(({ run }) => String(migrationId(run)) === migration);
  return one === undefined ? refuse(404, `Migration ${migration} is not under way.`) : done(one);
}

async function showOfServer(ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> {
  const found = await rooms.ledger.read((view) => oneUnder(view, ask));
  if (found.is === 'no') return fault(found.why.status, found.why.message);
  const seen = await progressIn(ask, rooms);
  return json(200, { migration: serverMigrationView(found.value, ask.version, seen) });
}

const ForceComplete = bodyOf(strict({ force_complete: Type.Null() }));

async function forceComplete(ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> {
  const body = ForceComplete(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  return steer(ask, rooms, { how: 'hasten', only_running: true });
}

const abort = (ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> =>
  steer(ask, rooms, { how: 'abort', only_running: ask.version < 65 });

async function steer(
  ask: Ask,
  { ledger, operations }: ComputeRooms,
  steering: Steering,
): Promise<HttpResponse> {
  const found = await ledger.read((view) => oneUnder(view, ask));
  if (found.is === 'no') return fault(found.why.status, found.why.message);
  const { id = '' } = ask.params;
  const reply = await operations.steerMigration(id, found.value.run.id, steering);
  return operated(reply, id, () => ({ status: 202 }));
}

const who = 'admin' as const;
const ROOT = '/servers/:id/migrations';
export const migrationRoutes: readonly ComputeRoute[] = [
  { method: 'GET', path: '/os-migrations', who, handle: list },
  { method: 'GET', path: ROOT, who, from: 23, handle: listOfServer },
  { method: 'GET', path: `${ROOT}/:migration`, who, from: 23, handle: showOfServer },
  { method: 'DELETE', path: `${ROOT}/:migration`, who, from: 24, handle: abort },
  { method: 'POST', path: `${ROOT}/:migration/action`, who, from: 22, handle: forceComplete },
];
