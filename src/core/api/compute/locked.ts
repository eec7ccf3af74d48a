/** What a lock stands in the way of, and of whom. Locking itself is in lock-actions.ts. */
import type { Asker } from '../../sagas/operations.ts';
import type { ServerRow } from '../../servers/rows.ts';
import type { Caller } from '../http.ts';
import { type Ask, isAdmin } from './route.ts';

/** Actions that a lock does not stand in the way of. */
const free: ReadonlySet<string> = new Set([
  ...['lock', 'unlock', 'os-resetState', 'os-getConsoleOutput', 'createImage', 'createBackup'],
  ...['injectNetworkInfo', 'resetNetwork'],
]);

/** Whom the desk asks about a lock once more, in the request that begins the action. */
export const askerOf = ({ caller }: Ask): Asker => ({ bound_by_locks: !isAdmin(caller) });

/** Null: the action may go on. */
export function refusedByLock({ uuid, lock }: ServerRow, caller: Caller, action: string) {
  if (lock === null || isAdmin(caller) || free.has(action)) return null;
  return { status: 409, message: `Instance ${uuid} is locked` };
}
