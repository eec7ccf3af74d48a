/**
 * Hypervisors: list, one, search, statistics. For operators.
 *
 *   2.33 pages · 2.53 by UUID; search becomes `?hypervisor_hostname_pattern=`, servers become
 *   `?with_servers=` · 2.88 statistics and uptime are gone
 */
import { byText } from '../../base/order.ts';
import { type HostRow, hosts } from '../../fleet/rows.ts';
import { isUp } from '../../fleet/status.ts';
import type { View } from '../../ledger/draft.ts';
import { type Decision, done } from '../../ports/reply.ts';
import { type HttpResponse, json } from '../http.ts';
import { lastOf } from '../query.ts';
import { type Refused, refuse } from '../refused.ts';
import { answered, fault } from './faults.ts';
import {
  hypervisorBrief,
  hypervisorId,
  hypervisorView,
  type Shown,
  shownOf,
  statistics,
  uptimeOf,
} from './hypervisor-view.ts';
import { pageOf, pageView } from './pages.ts';
import type { ComputeRooms } from './rooms.ts';
import type { Ask, ComputeRoute } from './route.ts';
import { truthIn } from './shapes.ts';

const sortedHosts = (view: View): readonly HostRow[] =>
  [...view.rows(hosts).values()].toSorted((a, b) => byText(a.name, b.name));

const withServers = ({ query, version }: Ask): boolean =>
  version >= 53 && truthIn(lastOf(query, 'with_servers') ?? 'false') === true;

type Body = typeof hypervisorBrief | typeof hypervisorView;

const list =
  (body: Body) =>
  async (ask: Ask, { ledger, clock }: ComputeRooms): Promise<HttpResponse> => {
    const pattern =
      ask.version >= 53 ? lastOf(ask.query, 'hypervisor_hostname_pattern') : undefined;
    if (pattern !== undefined && ['limit', 'marker'].some((name) => ask.query.has(name))) {
      return fault(400, 'Paging is not for what hypervisor_hostname_pattern finds.');
    }
    const found = await ledger.read((view) => {
      const rows = sortedHosts(view).filter((row) => row.name.includes(pattern ?? ''));
      const page = pageOf(ask.version >= 33 ? ask : unpaged(ask), rows, (row) =>
        String(hypervisorId(row, ask)),
      );
      if (page.is === 'no') return page;
      return done({ page: page.value, shown: page.value.items.map((row) => shownOf(view, row)) });
    });
    if (found.is === 'no') return fault(found.why.status, found.why.message);
    const { page, shown } = found.value;
    if (pattern !== undefined && shown.length === 0) {
      return fault(404, `No hypervisor matching '${pattern}' could be found.`);
    }
    const items = shown.map((one) => body(one, ask, withServers(ask), clock.wall()));
    return json(200, pageView('hypervisors', items, page));
  };

const unpaged = (ask: Ask): Ask => ({ ...ask, query: new Map() });

function find(view: View, ask: Ask): Decision<Shown, Refused> {
  const { id = '' } = ask.params;
  const row =
    ask.version >= 53
      ? view.rows(hosts).by('uuid', id)[0]
      : view.rows(hosts).by('provider_id', Number(id))[0];
  return row === undefined
    ? refuse(404, `Compute host ${id} could not be found.`)
    : done(shownOf(view, row));
}

async function show(ask: Ask, { ledger, clock }: ComputeRooms): Promise<HttpResponse> {
  const found = await ledger.read((view) => find(view, ask));
  return answered(found, (shown) =>
    json(200, { hypervisor: hypervisorView(shown, ask, withServers(ask), clock.wall()) }),
  );
}

async function uptime(ask: Ask, { ledger, clock }: ComputeRooms): Promise<HttpResponse> {
  const found = await ledger.read((view) => find(view, ask));
  return answered(found, (shown) => {
    const { row } = shown;
    if (!isUp(row)) return fault(400, `Compute host ${row.name} is down: it cannot be asked.`);
    const told = uptimeOf(shown, clock.wall());
    if (told === null) return fault(501, `${row.name} does not say since when it is up.`);
    return json(200, { hypervisor: { ...hypervisorBrief(shown, ask, false), uptime: told } });
  });
}

async function total(_: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const all = await ledger.read((view) =>
    sortedHosts(view).map((row) => shownOf(view, row).capacity),
  );
  return json(200, { hypervisor_statistics: { count: all.length, ...statistics(all) } });
}

/** The hosts whose name holds the text: below 2.53, as a path. */
async function named(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const { id = '' } = ask.params;
  const servers = ask.request.path.endsWith('/servers');
  const shown = await ledger.read((view) =>
    sortedHosts(view)
      .filter((row) => row.name.includes(id))
      .map((row) => shownOf(view, row)),
  );
  if (shown.length === 0) return fault(404, `No hypervisor matching '${id}' could be found.`);
  return json(200, { hypervisors: shown.map((one) => hypervisorBrief(one, ask, servers)) });
}

const who = 'admin' as const;
const ROOT = '/os-hypervisors';
export const hypervisorRoutes: readonly ComputeRoute[] = [
  { method: 'GET', path: ROOT, who, handle: list(hypervisorBrief) },
  { method: 'GET', path: `${ROOT}/detail`, who, handle: list(hypervisorView) },
  { method: 'GET', path: `${ROOT}/statistics`, who, to: 87, handle: total },
  { method: 'GET', path: `${ROOT}/:id`, who, handle: show },
  { method: 'GET', path: `${ROOT}/:id/uptime`, who, to: 87, handle: uptime },
  { method: 'GET', path: `${ROOT}/:id/search`, who, to: 52, handle: named },
  { method: 'GET', path: `${ROOT}/:id/servers`, who, to: 52, handle: named },
];
