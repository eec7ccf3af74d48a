/**
 * DELETE /os-services/{id}: a host leaves the fleet, for operators. Refused while servers are on
 * it, or on their way there or from there, with a list of who holds what. What is held of it in
 * quarantine, for servers that were evacuated, is free then: it never comes back.
 */

import { removeFromFleet } from '../../fleet/removal.ts';
import { hosts } from '../../fleet/rows.ts';
import type { Draft } from '../../ledger/draft.ts';
import { type Decision, done } from '../../ports/reply.ts';
import { drains } from '../../servers/drains.ts';
import { evacuations, release } from '../../servers/evacuations.ts';
import { servers } from '../../servers/rows.ts';
import { hindrances, holdingsOf } from '../holdings.ts';
import type { HttpResponse } from '../http.ts';
import { isUuidLike } from '../placement/uuid.ts';
import { type Refused, refuse } from '../refused.ts';
import { answered, fault } from './faults.ts';
import { hypervisorId } from './hypervisor-view.ts';
import type { ComputeRooms } from './rooms.ts';
import type { Ask, ComputeRoute } from './route.ts';

async function removeService(ask: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> {
  const { id = '' } = ask.params;
  if (ask.version >= 53 && !isUuidLike(id)) return fault(400, `Invalid uuid ${id}`);
  const reply = await ledger.submit((draft) => removed(draft, ask));
  return answered(reply, () => ({ status: 204 }));
}

function removed(draft: Draft, ask: Ask): Decision<void, Refused> {
  const { id = '' } = ask.params;
  const row = [...draft.rows(hosts).values()].find((one) => String(hypervisorId(one, ask)) === id);
  if (row === undefined) return refuse(404, `Service ${id} could not be found.`);
  const { name } = row;
  const held = hindrances(holdingsOf(draft, row));
  if (draft.rows(servers).by('host', name).length > 0) {
    const upstream = `Unable to delete compute service that is hosting instances: ${name}.`;
    return refuse(409, `${upstream} It is held by ${held}.`);
  }
  if (held !== '') return refuse(409, `${name} is held still, by ${held}.`);
  for (const left of draft.rows(evacuations).by('host', name)) release(draft, left);
  const gone = removeFromFleet(draft, row);
  if (gone.is === 'no') {
    return refuse(409, `Something of ${name} is held still: an audit says what.`);
  }
  const drain = draft.rows(drains).get(name);
  if (drain !== undefined) draft.remove(drains, drain);
  return done(undefined);
}

export const serviceRemovalRoutes: readonly ComputeRoute[] = [
  { method: 'DELETE', path: '/os-services/:id', who: 'admin', handle: removeService },
];
