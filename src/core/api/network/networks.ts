/**
 * Networks: one for each bridge that an operator named; nobody makes others.
 *
 *   GET /v2.0/networks        filters by any attribute (name=, id=, may repeat), fields=, pages
 *   GET /v2.0/networks/ID     404 for a name: clients try those as ids first
 */
import { type Caller, type HttpRequest, type HttpResponse, json, type Route } from '../http.ts';
import { lastOf, type Query, readQuery } from '../query.ts';
import { forReaders, isAdmin, problem } from './answers.ts';
import type { Network, NetworkRooms } from './rooms.ts';

/** Parts of a query that say how to answer, and not what is wanted. */
const FORM = new Set(['fields', 'limit', 'marker', 'page_reverse', 'sort_key', 'sort_dir']);

type View = Readonly<Record<string, unknown>>;

function networkView({ id, name, bridge }: Network, caller: Caller): View {
  return {
    id,
    name,
    description: '',
    status: 'ACTIVE',
    admin_state_up: true,
    shared: true,
    'router:external': false,
    port_security_enabled: false,
    mtu: 1500,
    project_id: '',
    tenant_id: '',
    subnets: [],
    tags: [],
    availability_zone_hints: [],
    availability_zones: [],
    ipv4_address_scope: null,
    ipv6_address_scope: null,
    ...(isAdmin(caller) && {
      'provider:network_type': 'flat',
      'provider:physical_network': bridge,
      'provider:segmentation_id': null,
    }),
  };
}

function list(request: HttpRequest, { networks }: NetworkRooms, caller: Caller): HttpResponse {
  const query = readQuery(request.query);
  const wanted = networks
    .map((network) => networkView(network, caller))
    .filter((view) => passes(view, query));
  const marker = lastOf(query, 'marker');
  const from = marker === undefined ? 0 : wanted.findIndex(({ id }) => id === marker) + 1;
  if (marker !== undefined && from === 0) {
    return problem(400, 'BadRequest', `There is no network ${marker} to go on from.`);
  }
  const limit = lastOf(query, 'limit');
  if (limit !== undefined && !/^\d{1,9}$/.test(limit)) {
    return problem(400, 'BadRequest', 'limit must be a whole number from 0.');
  }
  const page = wanted.slice(from, limit === undefined ? undefined : from + Number(limit));
  return json(200, { networks: page.map((view) => cut(view, query)) });
}

/** Every attribute that is asked about has one of the values asked for. */
const passes = (view: View, query: Query): boolean =>
  [...query].every(
    ([name, values]) =>
      FORM.has(name) || values.some((value) => textOf(view[name]) === value.toLowerCase()),
  );

const textOf = (value: unknown): string => String(value ?? '').toLowerCase();

/** Only the fields that were asked for, if any were. */
function cut(view: View, query: Query): View {
  const fields = (query.get('fields') ?? []).flatMap((name) => name.split(','));
  if (fields.length === 0) return view;
  return Object.fromEntries(Object.entries(view).filter(([name]) => fields.includes(name)));
}

function show(request: HttpRequest, { networks }: NetworkRooms, caller: Caller): HttpResponse {
  const { id = '' } = request.params;
  const found = networks.find((network) => network.id === id);
  if (found === undefined) {
    return problem(404, 'NetworkNotFound', `Network ${id} could not be found.`);
  }
  return json(200, { network: cut(networkView(found, caller), readQuery(request.query)) });
}

export const networkRoutes: readonly Route<NetworkRooms>[] = [
  { method: 'GET', path: '/v2.0/networks', handle: forReaders(list) },
  { method: 'GET', path: '/v2.0/networks/:id', handle: forReaders(show) },
];
