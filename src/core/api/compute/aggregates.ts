/**
 * Host aggregates, for operators.
 *
 *   POST …/action   { add_host | remove_host: {host} } · { set_metadata: {metadata} }
 *
 *   2.41 its UUID, which is Placement's too · 2.81 images to fetch ahead
 */
import { Type } from 'typebox';
import { byNumber } from '../../base/order.ts';
import { never } from '../../base/units.ts';
import { type AggregateRow, aggregates, ZONE_KEY } from '../../fleet/aggregate-rows.ts';
import {
  type AggregateRefusal,
  addHost,
  changeAggregate,
  createAggregate,
  deleteAggregate,
  hostsIn,
  removeHost,
} from '../../fleet/aggregates.ts';
import type { Draft, View } from '../../ledger/draft.ts';
import { type Decision, done, no } from '../../ports/reply.ts';
import { anyBody, bodyOf, strict } from '../body.ts';
import { type HttpResponse, json } from '../http.ts';
import { type Refused, refuse } from '../refused.ts';
import { micros } from '../times.ts';
import { answered, fault } from './faults.ts';
import type { ComputeRooms } from './rooms.ts';
import type { Ask, ComputeRoute } from './route.ts';
import { HostName, Name, Uuid, ZoneName } from './shapes.ts';

const Zone = Type.Optional(Type.Union([ZoneName, Type.Null()]));
const Create = bodyOf(strict({ aggregate: strict({ name: Name, availability_zone: Zone }) }));
const Update = bodyOf(
  strict({
    aggregate: strict({ name: Type.Optional(Name), availability_zone: Zone }, { minProperties: 1 }),
  }),
);
const Host = strict({ host: HostName });
const Facts = Type.Record(
  Type.String({ pattern: '^[a-zA-Z0-9-_:. ]{1,255}$' }),
  Type.Union([Type.String({ maxLength: 255 }), Type.Null()]),
  { additionalProperties: false },
);
const AddHost = bodyOf(strict({ add_host: Host }));
const RemoveHost = bodyOf(strict({ remove_host: Host }));
const SetMetadata = bodyOf(strict({ set_metadata: strict({ metadata: Facts }) }));
const Images = bodyOf(
  strict({ cache: Type.Array(strict({ id: Uuid }), { minItems: 1, uniqueItems: true }) }),
);

interface Shown {
  readonly row: AggregateRow;
  readonly hosts: readonly string[];
}

const shownOf = (view: View, row: AggregateRow): Shown => ({ row, hosts: hostsIn(view, row.id) });

const brief = ({ row }: Shown, { version }: Ask) => ({
  id: row.id,
  ...(version >= 41 ? { uuid: row.uuid } : {}),
  name: row.name,
  availability_zone: row.metadata[ZONE_KEY] ?? null,
  created_at: micros(row.created_at_ms),
  updated_at: row.updated_at_ms === null ? null : micros(row.updated_at_ms),
  deleted: false,
  deleted_at: null,
});

const full = (shown: Shown, ask: Ask) => ({
  ...brief(shown, ask),
  hosts: shown.hosts,
  metadata: shown.row.metadata,
});

const idOf = ({ params }: Ask): string => params['id'] ?? '';
const unknown = (id: string): string => `Aggregate ${id} could not be found.`;

async function list(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const all = await ledger.read((view) => {
    const rows = [...view.rows(aggregates).values()].sort((a, b) => byNumber(a.id, b.id));
    return rows.map((row) => shownOf(view, row));
  });
  return json(200, { aggregates: all.map((shown) => full(shown, ask)) });
}

async function show(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const shown = await ledger.read((view) => {
    const row = view.rows(aggregates).get(idOf(ask));
    return row === undefined ? null : shownOf(view, row);
  });
  return shown === null
    ? fault(404, unknown(idOf(ask)))
    : json(200, { aggregate: full(shown, ask) });
}

type Change = (draft: Draft) => Decision<AggregateRow, AggregateRefusal>;
type Look = typeof full | typeof brief;
/** `clash`: the status where hosts, zones and servers stand against it. */
type Clash = 400 | 409;

/** Carries the change out in one ledger request, and shows the aggregate as it is then. */
async function carried(
  ask: Ask,
  { ledger }: ComputeRooms,
  change: Change,
  clash: Clash,
  look: Look = full,
): Promise<HttpResponse> {
  const reply = await ledger.submit((draft): Decision<Shown, Refused> => {
    const decided = change(draft);
    return decided.is === 'no' ? refused(decided.why, clash) : done(shownOf(draft, decided.value));
  });
  return answered(reply, (shown) => json(200, { aggregate: look(shown, ask) }));
}

function refused(why: AggregateRefusal, clash: Clash): ReturnType<typeof refuse> {
  switch (why.why) {
    case 'name-taken':
      return refuse(409, `There is an aggregate named ${why.name} already.`);
    case 'unknown-aggregate':
      return refuse(404, unknown(why.id));
    case 'unknown-host':
      return refuse(404, `Compute host ${why.host} could not be found.`);
    case 'has-hosts':
      return refuse(400, `The aggregate is not empty: it has ${why.hosts} hosts.`);
    case 'member':
      return refuse(409, `Host ${why.host} is in this aggregate already.`);
    case 'no-member':
      return refuse(404, `Host ${why.host} is not in this aggregate.`);
    case 'blank-zone':
      return refuse(400, 'An availability zone can be changed for another, not for none.');
    case 'two-zones':
      return refuse(clash, `Host ${why.host} would be in two zones: ${why.zones.join(', ')}.`);
    case 'in-use':
      return refuse(
        clash,
        `Host ${why.host} has servers, which would leave availability zone ${why.zone}.`,
      );
    default:
      return never(why);
  }
}

async function create(ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> {
  const body = Create(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  const { name, availability_zone: zone = null } = body.value.aggregate;
  const uuid = rooms.entropy.uuid();
  const change: Change = (draft) => createAggregate(draft, { uuid, name, zone });
  return carried(ask, rooms, change, 400, brief);
}

async function update(ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> {
  const body = Update(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  const { name, availability_zone: zone } = body.value.aggregate;
  const to = {
    ...(name === undefined ? {} : { name }),
    ...(zone === undefined ? {} : { facts: { [ZONE_KEY]: zone } }),
  };
  return carried(ask, rooms, (draft) => changeAggregate(draft, idOf(ask), to), 400);
}

async function remove(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const reply = await ledger.submit((draft): Decision<void, Refused> => {
    const gone = deleteAggregate(draft, idOf(ask));
    return gone.is === 'no' ? refused(gone.why, 400) : done(undefined);
  });
  return answered(reply, () => ({ status: 200 }));
}

function changeOf(verb: string, bytes: Uint8Array | null, id: string): Decision<Change, string> {
  switch (verb) {
    case 'add_host': {
      const body = AddHost(bytes);
      return mapped(
        body,
        ({ add_host }) =>
          (draft) =>
            addHost(draft, id, add_host.host),
      );
    }
    case 'remove_host': {
      const body = RemoveHost(bytes);
      return mapped(
        body,
        ({ remove_host }) =>
          (draft) =>
            removeHost(draft, id, remove_host.host),
      );
    }
    case 'set_metadata': {
      const body = SetMetadata(bytes);
      return mapped(body, ({ set_metadata: { metadata: facts } }) => {
        return (draft) => changeAggregate(draft, id, { facts });
      });
    }
    default:
      return no(`There is no such action: ${verb}`);
  }
}

const mapped = <T>(body: Decision<T, string>, to: (said: T) => Change): Decision<Change, string> =>
  body.is === 'no' ? body : done(to(body.value));

async function act(ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> {
  const { body } = ask.request;
  const said = anyBody(body);
  if (said.is === 'no') return fault(400, said.why);
  const [verb = ''] = Object.keys(said.value ?? {});
  const change = changeOf(verb, body, idOf(ask));
  if (change.is === 'no') return fault(400, change.why);
  return carried(ask, rooms, change.value, verb === 'set_metadata' ? 400 : 409);
}

/**
 * Asks hosts to fetch images before they are needed. Ours fetch an image when they first boot one,
 * as drivers without a cache do upstream: the request is right, and there is nothing to do.
 */
async function cacheImages(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const body = Images(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  const known = await ledger.read((view) => view.rows(aggregates).has(idOf(ask)));
  return known ? { status: 202 } : fault(404, unknown(idOf(ask)));
}

const who = 'admin' as const;
const ROOT = '/os-aggregates';
export const aggregateRoutes: readonly ComputeRoute[] = [
  { method: 'GET', path: ROOT, who, handle: list },
  { method: 'POST', path: ROOT, who, handle: create },
  { method: 'GET', path: `${ROOT}/:id`, who, handle: show },
  { method: 'PUT', path: `${ROOT}/:id`, who, handle: update },
  { method: 'DELETE', path: `${ROOT}/:id`, who, handle: remove },
  { method: 'POST', path: `${ROOT}/:id/action`, who, handle: act },
  { method: 'POST', path: `${ROOT}/:id/images`, who, from: 81, handle: cacheImages },
];
