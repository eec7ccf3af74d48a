/**
 * What users ask of servers on the shelf, decided in one ledger request each: the lock, the state,
 * the quota and where it may go, and then the run.
 */
import { hosts } from '../fleet/rows.ts';
import type { Draft } from '../ledger/draft.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import { roomAgain } from '../servers/quota.ts';
import type { ServerRow } from '../servers/rows.ts';
import { free, wrongState } from './begin.ts';
import { offload } from './offload-server.ts';
import type { Asker, OperationRefusal, UnshelveTo } from './operations.ts';
import { change } from './server.ts';
import { shelveServer } from './shelve-server.ts';
import { unshelveHere, unshelveServer } from './unshelve-server.ts';
import type { World } from './world.ts';

type Begun = Decision<{ readonly run_id: string }, OperationRefusal>;

/** What every request here is about. */
export interface Wanted {
  readonly uuid: string;
  readonly run_id: string;
  readonly asker: Asker;
}

export function beginShelve(draft: Draft, world: World, { uuid, run_id, asker }: Wanted): Begun {
  const server = free(draft, uuid, 'shelve', asker);
  if (server.is === 'no') return server;
  change(draft, uuid, { task_state: 'shelving', run_id });
  world.begin(draft, shelveServer.name, { server_uuid: uuid }, { server_uuid: uuid, run_id });
  return done({ run_id });
}

export function beginOffload(draft: Draft, world: World, { uuid, run_id, asker }: Wanted): Begun {
  const server = free(draft, uuid, 'shelve-offload', asker);
  if (server.is === 'no') return server;
  offload(draft, world, uuid, run_id);
  return done({ run_id });
}

export function beginUnshelve(
  draft: Draft,
  world: World,
  { uuid, run_id, asker }: Wanted,
  to: UnshelveTo,
): Begun {
  const server = free(draft, uuid, 'unshelve', asker);
  if (server.is === 'no') return server;
  const { vm_state, host } = server.value;
  const says = { server_uuid: uuid };
  if (vm_state === 'shelved' && host !== null) {
    if (to.availability_zone !== undefined || to.host !== null) {
      return no(wrongState(server.value, 'unshelve to another zone or host', vm_state));
    }
    change(draft, uuid, { task_state: 'unshelving', run_id });
    world.begin(draft, unshelveHere.name, says, { server_uuid: uuid, run_id });
    return done({ run_id });
  }
  const where = whereTo(draft, server.value, to);
  if (where.is === 'no') return where;
  const over = roomAgain(draft, server.value);
  if (over !== null) return no(over);
  change(draft, uuid, { task_state: 'unshelving', run_id });
  const input = { ...says, ...where.value };
  world.begin(draft, unshelveServer.name, input, { server_uuid: uuid, run_id });
  return done({ run_id });
}

/** The zone and the host that it shall be in: they must not speak against each other. */
function whereTo(draft: Draft, server: ServerRow, to: UnshelveTo) {
  const { host } = to;
  const zone = to.availability_zone === undefined ? server.availability_zone : to.availability_zone;
  const row = host === null ? undefined : draft.rows(hosts).get(host);
  if (host !== null && row === undefined) return no({ why: 'unknown-host' as const, host });
  if (row !== undefined && zone !== null && row.availability_zone !== zone) {
    const message = `Host "${host}" is not in the availability zone "${zone}".`;
    return no({ why: 'wrong-state' as const, state: server.vm_state, message });
  }
  return done({ availability_zone: zone, host });
}
