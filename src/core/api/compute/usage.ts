/**
 * `/os-simple-tenant-usage`: what projects used in a period: for each server the hours that it was
 * there in the period, times its size. Counted from the rows of servers, those that have ended too.
 *
 *   launched ────────┬═══════════════┬──── ended        hours: the part within start … end
 *                  start            end
 *
 *   2.40 pages of servers: `limit`, `marker`
 */
import { byText } from '../../base/order.ts';
import type { View } from '../../ledger/draft.ts';
import { type Decision, done } from '../../ports/reply.ts';
import { endedServers } from '../../servers/ended.ts';
import { type ServerRow, servers } from '../../servers/rows.ts';
import { type HttpResponse, json } from '../http.ts';
import { lastOf } from '../query.ts';
import { type Refused, refuse } from '../refused.ts';
import { micros, momentOf } from '../times.ts';
import { fault } from './faults.ts';
import { type Page, pageOf } from './pages.ts';
import type { ComputeRooms } from './rooms.ts';
import { type Ask, type ComputeRoute, forbidden, isAdmin } from './route.ts';
import { truthIn } from './shapes.ts';

interface Period {
  readonly start_ms: number;
  readonly end_ms: number;
  readonly now_ms: number;
}
/** A server that was launched, and until when it was there; null: it still is. */
interface Life {
  readonly server: ServerRow;
  readonly launched_at_ms: number;
  readonly ended_at_ms: number | null;
}

const MS_PER_HOUR = 3_600_000;

function periodOf({ query }: Ask, { clock }: ComputeRooms): Decision<Period, Refused> {
  const now_ms = clock.wall();
  const moment = (name: string) => {
    const text = lastOf(query, name);
    return text === undefined ? now_ms : momentOf(text);
  };
  const [start_ms, end_ms] = [moment('start'), moment('end')];
  if (start_ms === null || end_ms === null) return refuse(400, 'Invalid format of start or end.');
  if (start_ms > end_ms) return refuse(400, 'Invalid start time: it is after the end time.');
  return done({ start_ms, end_ms, now_ms });
}

/** The lives that touch the period: of one project, or of all (null), project by project. */
function livesIn(view: View, period: Period, project: string | null): readonly Life[] {
  const [there, gone] = [view.rows(servers), view.rows(endedServers)];
  const rows = project === null ? there.values() : there.by('project_id', project);
  const past = project === null ? gone.values() : gone.by('project_id', project);
  const lives = [
    ...[...rows].flatMap((server) => lifeOf(server, null)),
    ...[...past].flatMap(({ server, ended_at_ms }) => lifeOf(server, ended_at_ms)),
  ];
  return lives
    .filter((life) => touches(life, period))
    .sort(
      ({ server: a }, { server: b }) =>
        byText(a.project_id, b.project_id) || byText(a.uuid, b.uuid),
    );
}

const lifeOf = (server: ServerRow, ended_at_ms: number | null): Life[] =>
  server.launched_at_ms === null
    ? []
    : [{ server, launched_at_ms: server.launched_at_ms, ended_at_ms }];

const touches = ({ launched_at_ms, ended_at_ms }: Life, { start_ms, end_ms }: Period): boolean =>
  launched_at_ms < end_ms && (ended_at_ms ?? Infinity) > start_ms;

/** How long it was there within the period, and not in what of it is still to come. */
function hoursOf({ launched_at_ms, ended_at_ms }: Life, { start_ms, end_ms, now_ms }: Period) {
  const from = Math.max(launched_at_ms, start_ms);
  const to = Math.min(ended_at_ms ?? now_ms, end_ms);
  return Math.max(0, to - from) / MS_PER_HOUR;
}

function serverUsage(life: Life, period: Period) {
  const { server, launched_at_ms, ended_at_ms } = life;
  const { flavor } = server;
  return {
    instance_id: server.uuid,
    name: server.name,
    tenant_id: server.project_id,
    flavor: flavor.name,
    vcpus: flavor.vcpus,
    memory_mb: flavor.memory_mib,
    local_gb: flavor.disk_gib + flavor.ephemeral_gib,
    hours: hoursOf(life, period),
    started_at: micros(launched_at_ms),
    ended_at: ended_at_ms === null ? null : micros(ended_at_ms),
    state: ended_at_ms === null ? server.vm_state : 'terminated',
    uptime: Math.max(0, Math.trunc(((ended_at_ms ?? period.now_ms) - launched_at_ms) / 1000)),
  };
}

/** The sum over lives of one project. */
function projectUsage(project: string, lives: readonly Life[], period: Period, detailed: boolean) {
  const usages = lives.map((life) => serverUsage(life, period));
  type Usage = (typeof usages)[number];
  const total = (of: (usage: Usage) => number) =>
    usages.reduce((sum, usage) => sum + of(usage) * usage.hours, 0);
  return {
    tenant_id: project,
    total_hours: total(() => 1),
    total_vcpus_usage: total((usage) => usage.vcpus),
    total_memory_mb_usage: total((usage) => usage.memory_mb),
    total_local_gb_usage: total((usage) => usage.local_gb),
    start: micros(period.start_ms),
    stop: micros(period.end_ms),
    ...(detailed ? { server_usages: usages } : {}),
  };
}

type Told = { readonly page: Page<Life>; readonly period: Period };

/** The page of lives that is asked for; below 2.40 all of them. */
async function told(
  ask: Ask,
  rooms: ComputeRooms,
  project: string | null,
): Promise<Decision<Told, Refused>> {
  const period = periodOf(ask, rooms);
  if (period.is === 'no') return period;
  const lives = await rooms.ledger.read((view) => livesIn(view, period.value, project));
  if (ask.version < 40) {
    return done({ page: { items: lives, links: undefined }, period: period.value });
  }
  const page = pageOf(ask, lives, ({ server }) => server.uuid);
  return page.is === 'no' ? page : done({ page: page.value, period: period.value });
}

async function list(ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> {
  const found = await told(ask, rooms, null);
  if (found.is === 'no') return fault(found.why.status, found.why.message);
  const { page, period } = found.value;
  const detailed = truthIn(lastOf(ask.query, 'detailed') ?? '0') === true;
  const byProject = Map.groupBy(page.items, ({ server }) => server.project_id);
  const tenant_usages = [...byProject].map(([project, lives]) =>
    projectUsage(project, lives, period, detailed),
  );
  const links = page.links === undefined ? {} : { tenant_usages_links: page.links };
  return json(200, { tenant_usages, ...links });
}

async function show(ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> {
  const { project = '' } = ask.params;
  if (project !== ask.caller.project_id && !isAdmin(ask.caller)) return forbidden();
  const found = await told(ask, rooms, project);
  if (found.is === 'no') return fault(found.why.status, found.why.message);
  const { page, period } = found.value;
  const any = page.items.length > 0;
  const tenant_usage = any ? projectUsage(project, page.items, period, true) : {};
  const links = page.links === undefined ? {} : { tenant_usage_links: page.links };
  return json(200, { tenant_usage, ...links });
}

const ROOT = '/os-simple-tenant-usage';
export const usageRoutes: readonly ComputeRoute[] = [
  { method: 'GET', path: ROOT, who: 'admin', handle: list },
  { method: 'GET', path: `${ROOT}/:project`, who: 'reader', handle: show },
];
