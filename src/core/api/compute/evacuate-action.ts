/**
 * The server action `evacuate`, for operators: makes a server anew whose host is dead.
 *
 *   –2.13  onSharedStorage, adminPass, host      2.14– adminPass, host
 *   2.29–2.67 also force, which needs a host     2.95– it is left stopped
 *
 * The scheduler has the last word on the host: `force` is taken, and moves nothing to where it
 * would not fit. There is no password to set in a guest, so what is told of one is a fresh one.
 */
import { Type } from 'typebox';
import { bodyOf, strict } from '../body.ts';
import { type HttpResponse, json } from '../http.ts';
import { fault, operated } from './faults.ts';
import type { ComputeRooms } from './rooms.ts';
import { type Ask, type ComputeRoute, forbidden, isAdmin } from './route.ts';
import { runHeaders } from './servers.ts';
import { HostName, Truth, truthOf } from './shapes.ts';

const common = {
  host: Type.Optional(HostName),
  adminPass: Type.Optional(Type.String()),
};
const of = (more: Parameters<typeof strict>[0]) =>
  bodyOf(strict({ evacuate: strict({ ...common, ...more }) }));
const Early = of({ onSharedStorage: Truth });
const Plain = of({});
const Forced = of({ force: Type.Optional(Truth) });

interface Said {
  readonly host?: string;
  readonly adminPass?: string;
  readonly force?: unknown;
  readonly onSharedStorage?: unknown;
}

const readerOf = (version: number) =>
  version < 14 ? Early : version < 29 || version > 67 ? Plain : Forced;

async function evacuate(ask: Ask, { operations, entropy }: ComputeRooms): Promise<HttpResponse> {
  if (!isAdmin(ask.caller)) return forbidden();
  const { version } = ask;
  const body = readerOf(version)(ask.request.body);
  if (body.is === 'no') return fault(400, body.why);
  const said: Said = body.value.evacuate;
  const wrong = speaksAgainst(said);
  if (wrong !== null) return fault(400, wrong);
  const { id = '' } = ask.params;
  const to = { host: said.host ?? null, stopped: version >= 95 };
  const reply = await operations.evacuate(id, { bound_by_locks: false }, to);
  return operated(reply, id, ({ run_id }) => {
    const headers = runHeaders(run_id);
    if (version >= 14) return { status: 200, headers };
    return json(200, { adminPass: said.adminPass ?? entropy.secret(12) }, headers);
  });
}

/** What contradicts itself, in a sentence. */
function speaksAgainst({ host, force, onSharedStorage, adminPass }: Said): string | null {
  if (truthOf(force) && host === undefined) return "Can't force to a non-provided destination";
  if (truthOf(onSharedStorage) && adminPass !== undefined) {
    return "admin password can't be changed on existing disk";
  }
  return null;
}

export const evacuateActions: Readonly<Record<string, ComputeRoute['handle']>> = { evacuate };
