/** One server: show, rename, delete. Making one is in server-create.ts. */
import { type TProperties, Type } from 'typebox';
import type { Draft, View } from '../../ledger/draft.ts';
import { type Decision, done } from '../../ports/reply.ts';
import type { DeleteHow } from '../../sagas/operations.ts';
import { withSaid } from '../../servers/particulars.ts';
import { type ServerRow, servers } from '../../servers/rows.ts';
import { bodyOf, strict } from '../body.ts';
import { type Caller, type HttpResponse, json } from '../http.ts';
import { type Refused, refuse } from '../refused.ts';
import { answered, fault, operated } from './faults.ts';
import { refusedByLock } from './locked.ts';
import type { ComputeRooms } from './rooms.ts';
import { type Ask, type ComputeRoute, isAdmin } from './route.ts';
import { addresses, hostnameAt, keepingHostname, saidOf } from './said.ts';
import { serverCore, serverView, shownOf } from './server-view.ts';
import { Description, Name } from './shapes.ts';

const wrapped = <P extends TProperties>(properties: P) =>
  bodyOf(strict({ server: strict(properties) }));
const early = { name: Type.Optional(Name), ...addresses };
const described = { ...early, description: Type.Optional(Description) };
/** From which microversion on which body is read, the newest first. */
const updates = [
  [94, wrapped({ ...described, ...hostnameAt(94) })],
  [90, wrapped({ ...described, ...hostnameAt(90) })],
  [19, wrapped(described)],
  [1, wrapped(early)],
] as const;

/** The server, if it is of the caller's project; another's is as good as none, but to operators. */
export function findServer(view: View, id = '', caller: Caller): Decision<ServerRow, Refused> {
  const row = view.rows(servers).get(id);
  const live = row !== undefined && row.vm_state !== 'deleted';
  if (live && (row.project_id === caller.project_id || isAdmin(caller))) return done(row);
  return refuse(404, `Instance ${id} could not be found.`);
}

/** Changes the server of the path in one ledger request; what it runs is not touched. */
export function changeServer(
  ask: Ask,
  { ledger }: Pick<ComputeRooms, 'ledger'>,
  change: (row: ServerRow, view: View) => Decision<ServerRow, Refused>,
) {
  return ledger.submit((draft: Draft): Decision<ServerRow, Refused> => {
    const found = findServer(draft, ask.params['id'], ask.caller);
    const changed = found.is === 'no' ? found : change(found.value, draft);
    if (changed.is === 'no') return changed;
    const row = { ...changed.value, updated_at_ms: draft.now_ms };
    draft.put(servers, row);
    return done(row);
  });
}

async function show(ask: Ask, { ledger, digests }: ComputeRooms): Promise<HttpResponse> {
  const found = await ledger.read((view) => {
    const server = findServer(view, ask.params['id'], ask.caller);
    return server.is === 'no' ? server : done(shownOf(view, server.value));
  });
  return answered(found, (shown) => {
    const view = serverView(shown, ask, digests);
    return json(200, { server: { ...view, ...groupsOf(shown.row, ask) } });
  });
}

interface Updated {
  readonly name?: string;
  readonly description?: string | null;
  readonly accessIPv4?: string;
}

export const groupsOf = ({ group_uuid }: ServerRow, { version }: Ask) =>
  version >= 71 ? { server_groups: group_uuid === null ? [] : [group_uuid] } : {};

async function update(ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> {
  const read = updates.find(([from]) => ask.version >= from)?.[1] ?? updates[3][1];
  const body = read(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  const { name, description, ...more }: Updated = body.value.server;
  const reply = await changeServer(ask, rooms, (row) =>
    done({
      ...row,
      ...(name !== undefined && { name }),
      ...(description !== undefined && { description }),
      particulars: withSaid(row, keepingHostname(row, saidOf(more))),
    }),
  );
  if (reply.is !== 'done') return answered(reply, () => fault(500, ''));
  const row = reply.value;
  const shown = await rooms.ledger.read((view) => shownOf(view, row));
  const view = ask.version >= 75 ? serverView : serverCore;
  return json(200, { server: { ...view(shown, ask, rooms.digests), ...groupsOf(row, ask) } });
}

/** DELETE, and the action that forces it. */
const removal =
  (called: string, status: number, how: DeleteHow) =>
  async (ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> => {
    const { id = '' } = ask.params;
    const found = await rooms.ledger.read((view) => findServer(view, id, ask.caller));
    if (found.is === 'no') return fault(found.why.status, found.why.message);
    const locked = refusedByLock(found.value, ask.caller, called);
    if (locked !== null) return fault(locked.status, locked.message);
    const reply = await rooms.operations.deleteServer(id, how);
    return operated(reply, id, ({ run_id }) => ({ status, headers: runHeaders(run_id) }));
  };

const remove = removal('delete', 204, {});
export const removeForGood = removal('forceDelete', 202, { force: true });

/** Names the run that carries the request out: what `os-instance-actions` lists it under. */
export const runHeaders = (run_id: string) => ({ 'x-compute-request-id': requestIdOf(run_id) });
export const requestIdOf = (run_id: string): string => `req-${run_id}`;

export const serverRoutes: readonly ComputeRoute[] = [
  { method: 'GET', path: '/servers/:id', who: 'reader', handle: show },
  { method: 'PUT', path: '/servers/:id', who: 'member', handle: update },
  { method: 'DELETE', path: '/servers/:id', who: 'member', handle: remove },
];
