/** What the desk asks of a server first, inside the ledger request that begins its run. */
import type { View } from '../ledger/draft.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import { type Action, forbids } from '../servers/lifecycle.ts';
import { type ServerRow, servers } from '../servers/rows.ts';
import type { Asker, OperationRefusal } from './operations.ts';
import { stuckAt } from './server.ts';

/** The server, if it is there, not locked against this asker, and in a state that allows it. */
export function free(
  view: View,
  uuid: string,
  action: Action,
  asker: Asker,
): Decision<ServerRow, OperationRefusal> {
  const server = view.rows(servers).get(uuid);
  if (server === undefined) return no({ why: 'unknown-server' });
  if (server.lock !== null && asker.bound_by_locks) {
    return no({ why: 'wrong-state', state: 'locked', message: `Instance ${uuid} is locked` });
  }
  const stuck = stuckFirst(view, uuid, action);
  if (stuck !== null) return no(stuck);
  const state = forbids(server, action);
  return state === null ? done(server) : no(wrongState(server, called[action] ?? action, state));
}

/** What is stuck at it comes first: a second operation might undo what the first one holds. */
export function stuckFirst(view: View, uuid: string, action: string): OperationRefusal | null {
  const stuck = stuckAt(view, uuid);
  if (stuck === undefined) return null;
  const what = `operation ${stuck.id} (${stuck.saga}), which is stuck, is undone or retried`;
  const how = `plimsoll operation undo ${stuck.id}`;
  const message = `Cannot '${action}' instance ${uuid} until ${what} by an operator: ${how}`;
  return { why: 'wrong-state', state: 'stuck', message };
}

/** The same for what is done to its guest, which must be somewhere. */
export function freeOnHost(
  view: View,
  uuid: string,
  action: Action,
  asker: Asker,
): Decision<ServerRow & { readonly host: string }, OperationRefusal> {
  const found = free(view, uuid, action, asker);
  if (found.is === 'no') return found;
  const { host } = found.value;
  if (host !== null) return done({ ...found.value, host });
  return no(wrongState(found.value, called[action] ?? action, 'without a host'));
}

/** What the Compute API calls them. */
const called: Partial<Record<Action, string>> = {
  'live-migrate': 'os-migrateLive',
  start: 'os-start',
  stop: 'os-stop',
  'reboot-soft': 'reboot',
  'reboot-hard': 'reboot',
  'shelve-offload': 'shelveOffload',
  'create-image': 'createImage',
  'change-password': 'changePassword',
  'crash-dump': 'trigger_crash_dump',
};

export const wrongState = (
  { uuid }: ServerRow,
  action: string,
  state: string,
): OperationRefusal => ({
  why: 'wrong-state',
  state,
  message: `Cannot '${action}' instance ${uuid} while it is in state ${state}`,
});
