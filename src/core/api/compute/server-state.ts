/**
 * What state a server shows to those who ask.
 *
 *   vm_state   building active  stopped paused suspended rescued soft-delete  error deleted
 *   status     BUILD    ACTIVE  SHUTOFF PAUSED SUSPENDED RESCUE  SOFT_DELETED ERROR DELETED
 *   power      0        1       4       3      4         1       4            0     0
 *
 *   resized: VERIFY_RESIZE, and 1 · being resized: RESIZE · being taken back: REVERT_RESIZE
 *   being migrated, and not in error: MIGRATING   rebooted: REBOOT   rebooted by force: HARD_REBOOT
 *   in whatever state, and being rebuilt: REBUILD
 */
import type { ServerRow, TaskState, VmState } from '../../servers/rows.ts';

const statuses: Readonly<Record<VmState, string>> = {
  building: 'BUILD',
  active: 'ACTIVE',
  stopped: 'SHUTOFF',
  paused: 'PAUSED',
  suspended: 'SUSPENDED',
  rescued: 'RESCUE',
  'soft-delete': 'SOFT_DELETED',
  shelved: 'SHELVED',
  shelved_offloaded: 'SHELVED_OFFLOADED',
  resized: 'VERIFY_RESIZE',
  error: 'ERROR',
  deleted: 'DELETED',
};
const powers: Readonly<Record<VmState, number>> = {
  building: 0,
  active: 1,
  stopped: 4,
  paused: 3,
  suspended: 4,
  rescued: 1,
  'soft-delete': 4,
  shelved: 4,
  shelved_offloaded: 4,
  resized: 1,
  error: 0,
  deleted: 0,
};

/** What an active server shows while this is being done with it. */
const busyStatuses: Partial<Record<NonNullable<TaskState>, string>> = {
  rebooting: 'REBOOT',
  reboot_started: 'REBOOT',
  rebooting_hard: 'HARD_REBOOT',
  reboot_started_hard: 'HARD_REBOOT',
};

export function statusOf({ vm_state, task_state }: ServerRow): string {
  if (task_state === 'migrating' && vm_state !== 'error') return 'MIGRATING';
  if (task_state === 'resize_prep' || task_state === 'resize_migrating') return 'RESIZE';
  if (task_state === 'resize_reverting') return 'REVERT_RESIZE';
  if (task_state === 'rebuilding' || task_state === 'rebuild_spawning') return 'REBUILD';
  const busy = vm_state === 'active' && task_state !== null ? busyStatuses[task_state] : undefined;
  return busy ?? statuses[vm_state];
}

/** `was`: what it was before it was resized. */
export const powerOf = ({ vm_state }: ServerRow, was: VmState = vm_state): number =>
  powers[vm_state === 'resized' ? was : vm_state];

/** Every status that clients may filter by; those that no server of ours has find nothing. */
export const KNOWN_STATUSES: ReadonlySet<string> = new Set([
  ...Object.values(statuses),
  ...Object.values(busyStatuses),
  'MIGRATING',
  ...['PASSWORD', 'REBUILD', 'RESCUE', 'RESIZE', 'REVERT_RESIZE'],
  ...['SOFT_DELETED', 'UNKNOWN', 'VERIFY_RESIZE'],
]);

const progressing: ReadonlySet<string> = new Set([
  ...['ACTIVE', 'BUILD', 'MIGRATING', 'REBUILD', 'RESIZE', 'VERIFY_RESIZE'],
]);

/** How far a step of its life is, in percent: only while there is something to wait for. */
export function progressOf(row: ServerRow): { readonly progress?: number } {
  const status = statusOf(row);
  return progressing.has(status) ? { progress: 0 } : {};
}
