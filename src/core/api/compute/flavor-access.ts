/** Which projects may use a flavor that is not public. */
import { Type } from 'typebox';
import { projects } from '../../identity/rows.ts';
import { type Decision, done } from '../../ports/reply.ts';
import type { FlavorRow } from '../../servers/rows.ts';
import { bodyOf, strict } from '../body.ts';
import { type HttpResponse, json } from '../http.ts';
import { type Refused, refuse } from '../refused.ts';
import { answered, fault } from './faults.ts';
import { changeFlavor, findFlavor } from './flavors.ts';
import type { ComputeRooms } from './rooms.ts';
import type { Ask, ComputeRoute } from './route.ts';

const Tenant = strict({ tenant: Type.String({ minLength: 1, maxLength: 255 }) });
const Add = bodyOf(strict({ addTenantAccess: Tenant }));
const Remove = bodyOf(strict({ removeTenantAccess: Tenant }));

const view = (row: FlavorRow) => ({
  flavor_access: row.access.map((tenant_id) => ({ flavor_id: row.id, tenant_id })),
});

async function list(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const found = await ledger.read((state) => findFlavor(state, ask.params['id'], ask.caller));
  return answered(found, (row) =>
    row.is_public
      ? fault(404, 'Access list not available for public flavors.')
      : json(200, view(row)),
  );
}

async function act(ask: Ask, rooms: ComputeRooms): Promise<HttpResponse> {
  const added = Add(ask.request.body);
  const removed = added.is === 'done' ? added : Remove(ask.request.body);
  if (removed.is === 'no') return fault(400, removed.why);
  const said = removed.value as { addTenantAccess?: Said; removeTenantAccess?: Said };
  const tenant = (said.addTenantAccess ?? said.removeTenantAccess)?.tenant ?? '';
  const known = await rooms.ledger.read((state) => state.rows(projects).has(tenant));
  if (!known) return fault(400, `Project ID ${tenant} is not a valid project.`);
  const change = said.addTenantAccess === undefined ? revoke : grant;
  const reply = await changeFlavor(ask, rooms, (row) => change(row, tenant, ask.version));
  return answered(reply, (row) => json(200, view(row)));
}
interface Said {
  readonly tenant: string;
}

function grant(row: FlavorRow, tenant: string, version: number): Decision<FlavorRow, Refused> {
  if (row.is_public && version >= 7) {
    return refuse(409, 'Can not add access to a public flavor.');
  }
  if (row.access.includes(tenant)) {
    return refuse(409, `Flavor access already exists for flavor ${row.id} and project ${tenant}.`);
  }
  return done({ ...row, access: [...row.access, tenant] });
}

function revoke(row: FlavorRow, tenant: string): Decision<FlavorRow, Refused> {
  if (!row.access.includes(tenant)) {
    return refuse(404, `Flavor access not found for ${row.id} / ${tenant} combination.`);
  }
  return done({ ...row, access: row.access.filter((held) => held !== tenant) });
}

export const flavorAccessRoutes: readonly ComputeRoute[] = [
  { method: 'GET', path: '/flavors/:id/os-flavor-access', who: 'admin', handle: list },
  { method: 'POST', path: '/flavors/:id/action', who: 'admin', handle: act },
];
