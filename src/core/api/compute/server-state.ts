/**
 * What state a server shows to those who ask.
 *
 *   vm_state   building active  stopped paused error deleted
 *   status     BUILD    ACTIVE  SHUTOFF PAUSED ERROR DELETED      (migrating: MIGRATING)
 *   power      0        1       4       3      0     0
 */
import type { ServerRow, VmState } from '../../servers/rows.ts';

const statuses: Readonly<Record<VmState, string>> = {
  building: 'BUILD',
  active: 'ACTIVE',
  stopped: 'SHUTOFF',
  paused: 'PAUSED',
  error: 'ERROR',
  deleted: 'DELETED',
};
const powers: Readonly<Record<VmState, number>> = {
  building: 0,
  active: 1,
  stopped: 4,
  paused: 3,
  error: 0,
  deleted: 0,
};

export const statusOf = ({ vm_state, task_state }: ServerRow): string =>
  task_state === 'migrating' && vm_state !== 'error' ? 'MIGRATING' : statuses[vm_state];

export const powerOf = ({ vm_state }: ServerRow): number => powers[vm_state];

/** Every status that clients may filter by; those that no server of ours has find nothing. */
export const KNOWN_STATUSES: ReadonlySet<string> = new Set([
  ...Object.values(statuses),
  'MIGRATING',
  ...['HARD_REBOOT', 'PASSWORD', 'REBOOT', 'REBUILD', 'RESCUE', 'RESIZE', 'REVERT_RESIZE'],
  ...['SHELVED', 'SHELVED_OFFLOADED', 'SOFT_DELETED', 'SUSPENDED', 'UNKNOWN', 'VERIFY_RESIZE'],
]);

/** How far a step of its life is, in percent: only while there is something to wait for. */
export function progressOf(row: ServerRow): { readonly progress?: number } {
  const status = statusOf(row);
  return status === 'ACTIVE' || status === 'BUILD' || status === 'MIGRATING' ? { progress: 0 } : {};
}
