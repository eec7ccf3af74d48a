/**
 * Compute services: one for each host. For operators.
 *
 *   below 2.53   PUT /os-services/enable | disable | disable-log-reason | force-down {host, binary}
 *   from 2.53    PUT /os-services/{uuid}                  {status, disabled_reason, forced_down}
 */
import { Type } from 'typebox';
import { byText } from '../../base/order.ts';
import { present } from '../../base/units.ts';
import { type HostRow, hosts } from '../../fleet/rows.ts';
import { disableHost, enableHost, forceDown } from '../../fleet/status.ts';
import type { Draft, View } from '../../ledger/draft.ts';
import { type Decision, done } from '../../ports/reply.ts';
import { evacuations } from '../../servers/evacuations.ts';
import { bodyOf, strict } from '../body.ts';
import { type HttpResponse, json } from '../http.ts';
import { isUuidLike } from '../placement/uuid.ts';
import { lastOf } from '../query.ts';
import { type Refused, refuse } from '../refused.ts';
import { micros } from '../times.ts';
import { answered, fault } from './faults.ts';
import { hypervisorId, stateOf } from './hypervisor-view.ts';
import type { ComputeRooms } from './rooms.ts';
import type { Ask, ComputeRoute } from './route.ts';
import { HostName, Truth, truthOf } from './shapes.ts';

const BINARY = 'nova-compute';

/** What an operator wants changed; left out, it stays. */
interface Setting {
  readonly status?: 'enabled' | 'disabled';
  readonly disabled_reason?: string | null;
  readonly forced_down?: boolean;
}

function setService(draft: Draft, { name }: HostRow, setting: Setting): Decision<HostRow, Refused> {
  const { status, disabled_reason = null, forced_down } = setting;
  const uncleaned = draft.rows(evacuations).by('host', name).length;
  if (forced_down === false && uncleaned > 0) {
    return refuse(400, `${uncleaned} servers were evacuated from ${name}, which is not clean yet.`);
  }
  if (status === 'enabled') enableHost(draft, name);
  if (status === 'disabled') disableHost(draft, name, disabled_reason);
  if (forced_down !== undefined) forceDown(draft, name, forced_down);
  return done(present(draft.rows(hosts).get(name), `host ${name} is gone`));
}

const Reason = Type.Optional(Type.String({ minLength: 1, maxLength: 255 }));
const byHost = { host: HostName, binary: Type.String({ minLength: 1, maxLength: 255 }) };
const Early = bodyOf(strict({ ...byHost, disabled_reason: Reason }));
const Early11 = bodyOf(
  strict({ ...byHost, disabled_reason: Reason, forced_down: Type.Optional(Truth) }),
);
const Update = bodyOf(
  strict({
    status: Type.Optional(Type.Union([Type.Literal('enabled'), Type.Literal('disabled')])),
    disabled_reason: Reason,
    forced_down: Type.Optional(Truth),
  }),
);

const serviceView = (row: HostRow, ask: Ask) => ({
  id: hypervisorId(row, ask),
  binary: BINARY,
  host: row.name,
  zone: row.availability_zone,
  status: row.status,
  state: stateOf(row),
  updated_at: micros(row.heard_at_ms),
  disabled_reason: row.disabled_reason,
  ...(ask.version >= 11 ? { forced_down: row.forced_down } : {}),
});

async function list(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const host = lastOf(ask.query, 'host');
  const binary = lastOf(ask.query, 'binary') ?? BINARY;
  const rows = await ledger.read((view) => [...view.rows(hosts).values()]);
  const wanted = rows
    .filter((row) => binary === BINARY && (host ?? row.name) === row.name)
    .toSorted((a, b) => byText(a.name, b.name));
  return json(200, { services: wanted.map((row) => serviceView(row, ask)) });
}

function byUuid(view: View, { params }: Ask): Decision<HostRow, Refused> {
  const row = view.rows(hosts).by('uuid', params['id'] ?? '')[0];
  return row === undefined ? refuse(404, `Service ${params['id']} could not be found.`) : done(row);
}

function byName(view: View, name: string, binary: string): Decision<HostRow, Refused> {
  const row = binary === BINARY ? view.rows(hosts).get(name) : undefined;
  return row === undefined
    ? refuse(404, `Service ${binary} on ${name} could not be found.`)
    : done(row);
}

const update = (ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> =>
  ask.version >= 53 ? updateByUuid(ask, rooms) : updateByVerb(ask, rooms);

async function updateByUuid(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const body = Update(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  if (!isUuidLike(ask.params['id'] ?? '')) return fault(400, `Invalid uuid ${ask.params['id']}`);
  const { status, disabled_reason, forced_down } = body.value;
  if (status === undefined && forced_down === undefined) {
    return fault(400, "No updates were requested. Fields 'status' or 'forced_down' should be set.");
  }
  if (disabled_reason !== undefined && status !== 'disabled') {
    return fault(400, "Specifying 'disabled_reason' when status is not 'disabled' is invalid.");
  }
  const setting: Setting = {
    ...(status === undefined ? {} : { status, disabled_reason: disabled_reason ?? null }),
    ...(forced_down === undefined ? {} : { forced_down: truthOf(forced_down) }),
  };
  const reply = await ledger.submit((draft): Decision<HostRow, Refused> => {
    const found = byUuid(draft, ask);
    return found.is === 'no' ? found : setService(draft, found.value, setting);
  });
  return answered(reply, (row) => json(200, { service: serviceView(row, ask) }));
}

async function updateByVerb(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const body = (ask.version >= 11 ? Early11 : Early)(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  const { host, binary } = body.value;
  const verb = ask.params['id'] ?? '';
  const setting = settingOf(verb, body.value, ask.version);
  if (setting.is === 'no') return fault(setting.why.status, setting.why.message);
  const reply = await ledger.submit((draft): Decision<HostRow, Refused> => {
    const found = byName(draft, host, binary);
    return found.is === 'no' ? found : setService(draft, found.value, setting.value);
  });
  return answered(reply, (row) => {
    const { status, disabled_reason, forced_down } = row;
    if (verb === 'force-down') return json(200, { service: { host, binary, forced_down } });
    const reason = verb === 'disable-log-reason' ? { disabled_reason } : {};
    return json(200, { service: { host, binary, status, ...reason } });
  });
}

function settingOf(
  verb: string,
  said: { readonly disabled_reason?: string; readonly forced_down?: unknown },
  version: number,
): Decision<Setting, Refused> {
  switch (verb) {
    case 'enable':
      return done({ status: 'enabled', disabled_reason: null });
    case 'disable':
      return done({ status: 'disabled', disabled_reason: null });
    case 'disable-log-reason':
      if (said.disabled_reason === undefined) return refuse(400, 'Missing disabled reason field');
      return done({ status: 'disabled', disabled_reason: said.disabled_reason });
    case 'force-down':
      if (version < 11) return refuse(404, 'Unknown action');
      if (said.forced_down === undefined) return refuse(400, 'Missing forced_down field');
      return done({ forced_down: truthOf(said.forced_down) });
    default:
      return refuse(404, 'Unknown action');
  }
}

const who = 'admin' as const;
export const serviceRoutes: readonly ComputeRoute[] = [
  { method: 'GET', path: '/os-services', who, handle: list },
  { method: 'PUT', path: '/os-services/:id', who, handle: update },
];
