/**
 * Server actions that move a server while it is stopped.
 *
 *   resize {flavorRef}   202   to another flavor                       sagas/resize-server.ts
 *   confirmResize        204   it stays as it is now                   sagas/confirm-resize.ts
 *   revertResize         202   it goes back to what it was             sagas/revert-resize.ts
 *   migrate              202   to another host, for operators; 2.56 names it: {host}
 *
 * The lock, the state and the quota are asked in the ledger request that begins the work.
 */
import { Type } from 'typebox';
import { bodyOf, strict } from '../body.ts';
import type { HttpResponse } from '../http.ts';
import { fault, operated } from './faults.ts';
import { findFlavor } from './flavors.ts';
import { askerOf } from './locked.ts';
import type { ComputeRooms } from './rooms.ts';
import { type Ask, type ComputeRoute, forbidden, isAdmin } from './route.ts';
import { saidOf } from './said.ts';
import { runHeaders } from './servers.ts';
import { HostName } from './shapes.ts';

type Act = ComputeRoute['handle'];

const Resize = bodyOf(
  strict({
    resize: strict({
      flavorRef: Type.Union([Type.String({ minLength: 1 }), Type.Integer({ minimum: 0 })]),
      'OS-DCF:diskConfig': Type.Optional(
        Type.Union([Type.Literal('AUTO'), Type.Literal('MANUAL')]),
      ),
    }),
  }),
);
const Confirm = bodyOf(strict({ confirmResize: Type.Unknown() }));
const Revert = bodyOf(strict({ revertResize: Type.Unknown() }));
const Migrate = bodyOf(strict({ migrate: Type.Unknown() }));
const Migrate56 = bodyOf(
  strict({
    migrate: Type.Union([
      Type.Null(),
      strict({ host: Type.Optional(Type.Union([HostName, Type.Null()])) }),
    ]),
  }),
);

async function resize(ask: Ask, { ledger, operations }: ComputeRooms): Promise<HttpResponse> {
  const body = Resize(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  const ref = lastPart(String(body.value.resize.flavorRef));
  const flavor = await ledger.read((view) => findFlavor(view, ref, ask.caller));
  if (flavor.is === 'no') return fault(400, flavor.why.message);
  const { id = '' } = ask.params;
  const said = saidOf(body.value.resize);
  return told(ask, 202, await operations.resize(id, askerOf(ask), flavor.value, said));
}

/** A flavor may be named by its address too. */
const lastPart = (ref: string): string => ref.slice(ref.lastIndexOf('/') + 1);

async function confirm(ask: Ask, { operations }: ComputeRooms): Promise<HttpResponse> {
  const body = Confirm(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  return told(ask, 204, await operations.confirmResize(ask.params['id'] ?? '', askerOf(ask)));
}

async function revert(ask: Ask, { operations }: ComputeRooms): Promise<HttpResponse> {
  const body = Revert(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  return told(ask, 202, await operations.revertResize(ask.params['id'] ?? '', askerOf(ask)));
}

async function migrate(ask: Ask, { operations }: ComputeRooms): Promise<HttpResponse> {
  if (!isAdmin(ask.caller)) return forbidden();
  const body = ask.version < 56 ? Migrate(ask.request.body) : Migrate56(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  const host = ask.version < 56 ? null : hostIn(body.value.migrate);
  return told(ask, 202, await operations.coldMigrate(ask.params['id'] ?? '', askerOf(ask), host));
}

const hostIn = (said: unknown): string | null =>
  (said as { readonly host?: string | null } | null)?.host ?? null;

const told = (
  ask: Ask,
  status: 202 | 204,
  reply: Parameters<typeof operated<{ readonly run_id: string }>>[0],
): HttpResponse =>
  operated(reply, ask.params['id'] ?? '', ({ run_id }) => ({
    status,
    headers: runHeaders(run_id),
  }));

export const resizeActions: Readonly<Record<string, Act>> = {
  resize,
  confirmResize: confirm,
  revertResize: revert,
  migrate,
};
