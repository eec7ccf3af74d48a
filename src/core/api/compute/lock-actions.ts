/**
 * Locks: a locked server is changed by nobody but operators.
 *
 *   lock     by its project, or by an operator of another; 2.73: locked_reason
 *   unlock   by its project, unless an operator locked it
 *
 * A lock is for people who share a project, not a fence: what was begun before it goes on.
 */
import { Type } from 'typebox';
import { done } from '../../ports/reply.ts';
import { anyBody, bodyOf, strict } from '../body.ts';
import type { HttpResponse } from '../http.ts';
import { refuse } from '../refused.ts';
import { answered, fault } from './faults.ts';
import type { ComputeRooms } from './rooms.ts';
import { type Ask, type ComputeRoute, isAdmin } from './route.ts';
import { changeServer } from './servers.ts';

type Act = ComputeRoute['handle'];

const Reason = Type.String({ minLength: 1, maxLength: 255 });
const Lock73 = bodyOf(
  strict({
    lock: Type.Union([Type.Null(), strict({ locked_reason: Type.Optional(Reason) })]),
  }),
);

async function lock(ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> {
  const body = (ask.version >= 73 ? Lock73 : anyBody)(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  const reason = ask.version >= 73 ? reasonIn(body.value) : null;
  const reply = await changeServer(ask, rooms, (row) => {
    const by = row.project_id === ask.caller.project_id ? 'owner' : 'admin';
    return done({ ...row, lock: { by, reason } });
  });
  return answered(reply, () => ({ status: 202 }));
}

const reasonIn = (body: unknown): string | null =>
  (body as { lock: { locked_reason?: string } | null }).lock?.locked_reason ?? null;

async function unlock(ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> {
  const reply = await changeServer(ask, rooms, (row) =>
    row.lock?.by === 'admin' && !isAdmin(ask.caller)
      ? refuse(403, `Instance ${row.uuid} was locked by an operator.`)
      : done({ ...row, lock: null }),
  );
  return answered(reply, () => ({ status: 202 }));
}

export const lockActions: Readonly<Record<string, Act>> = { lock, unlock };
