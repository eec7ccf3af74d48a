/**
 * Server actions that put a server on the shelf and take it off.
 *
 *   shelve                                         202   sagas/shelve-server.ts
 *   shelveOffload   operators                      202   sagas/offload-server.ts
 *   unshelve        to a zone from 2.77,           202   sagas/unshelve-server.ts
 *                   to a host (operators), or to no zone in particular, from 2.91
 */
import { Type } from 'typebox';
import type { Decision } from '../../ports/reply.ts';
import type { UnshelveTo } from '../../sagas/operations.ts';
import { bodyOf, strict } from '../body.ts';
import type { HttpResponse } from '../http.ts';
import { fault, operated } from './faults.ts';
import { askerOf } from './locked.ts';
import type { ComputeRooms } from './rooms.ts';
import { type Ask, type ComputeRoute, forbidden, isAdmin } from './route.ts';
import { runHeaders } from './servers.ts';
import { HostName, Name } from './shapes.ts';
import { zoneNames } from './zones.ts';

type Act = ComputeRoute['handle'];
type Reply = ReturnType<ComputeRooms['operations']['shelve']>;

async function told({ params: { id = '' } }: Ask, reply: Reply): Promise<HttpResponse> {
  return operated(await reply, id, ({ run_id }) => ({
    status: 202,
    headers: runHeaders(run_id),
  }));
}

const shelve: Act = async (ask, { operations }) =>
  told(ask, operations.shelve(ask.params['id'] ?? '', askerOf(ask)));

const shelveOffload: Act = async (ask, { operations }) =>
  isAdmin(ask.caller)
    ? told(ask, operations.shelveOffload(ask.params['id'] ?? '', askerOf(ask)))
    : forbidden();

const Plain = bodyOf(strict({ unshelve: Type.Unknown() }));
const ToZone = bodyOf(
  strict({ unshelve: Type.Union([Type.Null(), strict({ availability_zone: Name })]) }),
);
const zoneOrNone = Type.Union([Name, Type.Null()]);
const ToHost = bodyOf(
  strict({
    unshelve: Type.Union([
      Type.Null(),
      strict({
        availability_zone: Type.Optional(zoneOrNone),
        host: Type.Optional(HostName),
      }),
    ]),
  }),
);

const anywhere: UnshelveTo = { host: null };

function wantedPlace({ version, request: { body } }: Ask): Decision<UnshelveTo, string> {
  const read = version < 77 ? Plain(body) : version < 91 ? ToZone(body) : ToHost(body);
  if (read.is === 'no') return read;
  const said = version < 77 ? null : (read.value.unshelve as Partial<UnshelveTo> | null);
  return { is: 'done', value: { ...anywhere, ...said } };
}

async function unshelve(ask: Ask, { operations, ledger }: ComputeRooms): Promise<HttpResponse> {
  const to = wantedPlace(ask);
  if (to.is === 'no') return fault(400, to.why);
  const { host, availability_zone: zone } = to.value;
  if (host !== null && !isAdmin(ask.caller)) return forbidden();
  const known = await ledger.read((view) => zoneNames(view));
  if (typeof zone === 'string' && !known.has(zone)) {
    return fault(400, `The requested availability zone ${zone} is not available.`);
  }
  return told(ask, operations.unshelve(ask.params['id'] ?? '', askerOf(ask), to.value));
}

export const shelveActions: Readonly<Record<string, Act>> = { shelve, shelveOffload, unshelve };
