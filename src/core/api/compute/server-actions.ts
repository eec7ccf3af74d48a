/**
 * POST /servers/{id}/action: a body with one key, which names what to do.
 *
 *   os-migrateLive   to another host while it runs      operators, by microversion:
 *                      –2.24 host, block_migration, disk_over_commit
 *                      2.25– host, block_migration (also "auto")   2.30–2.67 also force
 *   os-resetState    says that it is active, or in error; an operation that is stuck at it is
 *                    undone instead, or goes on where there is no way back          operators
 *   forceDelete      for good, where a DELETE can be taken back
 *   stopped for a move: resize-actions.ts
 *   and what moves nothing: power-actions.ts, lock-actions.ts
 *
 * The scheduler always has the last word on the host: `force` is taken, and moves nothing to where
 * it would not fit. What nothing here can carry out is refused in unserved-actions.ts.
 */
import { Type } from 'typebox';
import { isStuck, type RunRow, runs } from '../../conductor/rows.ts';
import { type Decision, done } from '../../ports/reply.ts';
import type { ServerRow } from '../../servers/rows.ts';
import { anyBody, bodyOf, strict } from '../body.ts';
import { holdsOf, stillHeld } from '../holds.ts';
import type { HttpResponse } from '../http.ts';
import { type Refused, refuse } from '../refused.ts';
import { evacuateActions } from './evacuate-action.ts';
import { answered, fault, operated } from './faults.ts';
import { imageActions } from './image-actions.ts';
import { lockActions } from './lock-actions.ts';
import { askerOf, refusedByLock } from './locked.ts';
import { powerActions } from './power-actions.ts';
import { refitActions } from './refit-actions.ts';
import { resizeActions } from './resize-actions.ts';
import type { ComputeRooms } from './rooms.ts';
import { type Ask, type ComputeRoute, forbidden, isAdmin } from './route.ts';
import { changeServer, findServer, removeForGood, runHeaders } from './servers.ts';
import { HostName, Truth } from './shapes.ts';
import { shelveActions } from './shelve-actions.ts';
import { unservedActions } from './unserved-actions.ts';

const host = Type.Union([HostName, Type.Null()]);
const orAuto = Type.Union([Truth, Type.Literal('auto')]);
const Live = bodyOf(
  strict({ 'os-migrateLive': strict({ host, block_migration: Truth, disk_over_commit: Truth }) }),
);
const Live25 = bodyOf(strict({ 'os-migrateLive': strict({ host, block_migration: orAuto }) }));
const Live30 = bodyOf(
  strict({
    'os-migrateLive': strict({ host, block_migration: orAuto, force: Type.Optional(Truth) }),
  }),
);
const ResetState = bodyOf(
  strict({
    'os-resetState': strict({ state: Type.Union([Type.Literal('active'), Type.Literal('error')]) }),
  }),
);

async function liveMigrate(ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> {
  if (!isAdmin(ask.caller)) return forbidden();
  const { version } = ask;
  const read = version < 25 ? Live : version < 30 || version > 67 ? Live25 : Live30;
  const body = read(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  const { id = '' } = ask.params;
  const reply = await rooms.operations.liveMigrate(
    id,
    askerOf(ask),
    body.value['os-migrateLive'].host,
  );
  return operated(reply, id, ({ run_id }) => ({ status: 202, headers: runHeaders(run_id) }));
}

async function resetState(ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> {
  if (!isAdmin(ask.caller)) return forbidden();
  const body = ResetState(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  const { state } = body.value['os-resetState'];
  const stuck = await rooms.ledger.read((view) =>
    view
      .rows(runs)
      .by('server_uuid', ask.params['id'] ?? null)
      .find(isStuck),
  );
  if (stuck !== undefined) return resetStuck(stuck, rooms);
  const reply = await changeServer(ask, rooms, (row) => reset(row, state));
  return answered(reply, () => ({ status: 202 }));
}

/** The server's state comes of what its operation undoes: no word can set it. */
async function resetStuck(run: RunRow, { operations, ledger }: ComputeRooms) {
  const reply = await operations.resetOperation(run.id, 'either');
  if (reply.is === 'done') return { status: 202, headers: runHeaders(reply.value.run_id) };
  if (reply.is === 'lost') return fault(503, 'The outcome is not known; look again.');
  const { why } = reply;
  if (why.why === 'unavailable') return fault(503, why.message);
  const held = stillHeld(await ledger.read((view) => holdsOf(view, run)));
  const what = 'message' in why ? why.message : 'It is not stuck any more.';
  return fault(409, `Operation ${run.id} cannot be reset. ${what} ${held}`);
}

/** A server that an operation holds is not reset under its hands: the operation will end. */
function reset(row: ServerRow, state: 'active' | 'error'): Decision<ServerRow, Refused> {
  if (row.run_id !== null) {
    return refuse(
      409,
      `Cannot reset the state of ${row.uuid} while ${row.task_state} is under way.`,
    );
  }
  if (row.vm_state === 'resized') {
    return refuse(409, `Instance ${row.uuid} is resized: confirm or revert that.`);
  }
  if (state === 'active' && row.host === null) {
    return refuse(409, `Instance ${row.uuid} is on no host: it cannot be active.`);
  }
  const fault = state === 'error' ? row.fault : null;
  return done({ ...row, vm_state: state, task_state: null, fault });
}

type Act = ComputeRoute['handle'];

const acts: Readonly<Record<string, Act>> = {
  ...powerActions,
  ...resizeActions,
  ...refitActions,
  ...imageActions,
  ...lockActions,
  ...evacuateActions,
  ...shelveActions,
  ...unservedActions,
  'os-migrateLive': liveMigrate,
  'os-resetState': resetState,
  forceDelete: removeForGood,
};

async function act(ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> {
  const body = anyBody(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  const [name, another] = Object.keys(Object(body.value));
  if (name === undefined || another !== undefined) return fault(400, 'Name one action.');
  const found = await rooms.ledger.read((view) => findServer(view, ask.params['id'], ask.caller));
  if (found.is === 'no') return fault(found.why.status, found.why.message);
  const known = Object.hasOwn(acts, name) ? acts[name] : undefined;
  const locked = refusedByLock(found.value, ask.caller, name);
  if (locked !== null) return fault(locked.status, locked.message);
  if (known !== undefined) return known(ask, rooms);
  return fault(400, `There is no such action: ${name.slice(0, 80)}`);
}

export const serverActionRoutes: readonly ComputeRoute[] = [
  { method: 'POST', path: '/servers/:id/action', who: 'member', handle: act },
];
