/**
 * The life of a server, as its owner sees it.
 *
 *                booted                   stopped
 *   building ─────────────► active ◄──────────────► stopped
 *      │                     │  ▲    started
 *      │ failed       paused │  │ resumed
 *      ▼                     ▼  │
 *    error ◄──── failed ─── paused, suspended  (failed, from anywhere)
 *      │
 *      └ stopped, started (what its guest was found to be, or was put to)
 *
 *   active, stopped, error ── rescued ──► rescued ── unrescued ──► active
 *   any ── put-away ──► soft-delete ── restored ──► active
 *   active, stopped, paused, suspended ── shelved ──► shelved ── offloaded ──► shelved_offloaded
 *   shelved, shelved_offloaded ── unshelved ──► active
 *   active, stopped ── resized ──► resized ── started, stopped (what it was) ──► active, stopped
 *   any ── gone ──► deleted
 *
 * What is being done with it at the moment is `task_state`; who does it is `run_id`, the fence: one
 * run at a time. A move does not show here at all: the guest runs, or is paused, all the while.
 *
 * The table is the same picture without its gaps: a new state or event does not compile until every
 * pair has been thought about.
 */
import { assert } from '../base/units.ts';
import type { ServerRow, TaskState, VmState } from './rows.ts';

export type ServerEvent =
  | 'booted'
  | 'failed'
  | 'stopped'
  | 'started'
  | 'paused'
  | 'suspended'
  | 'resumed'
  | 'rescued'
  | 'unrescued'
  | 'put-away'
  | 'restored'
  | 'shelved'
  | 'offloaded'
  | 'unshelved'
  | 'resized'
  | 'gone';

/** What switches a server's guest where it is. */
export const POWER_CHANGES = [
  'start',
  'stop',
  'pause',
  'unpause',
  'suspend',
  'resume',
  'restore',
  'reboot-soft',
  'reboot-hard',
] as const;
export type PowerChange = (typeof POWER_CHANGES)[number];

const same = 'same'; // heard twice, or too late: harmless
const bug = 'bug'; //   our own code must never say this here

// biome-ignore format: a table
const next: Record<ServerEvent, Record<VmState, VmState | typeof same | typeof bug>> = {
  booted:    { building: 'active', active: same, stopped: same, paused: same, suspended: same, error: bug, deleted: bug,
    rescued: bug, 'soft-delete': bug, shelved: bug, shelved_offloaded: bug, resized: same },
  failed:    { building: 'error', active: 'error', stopped: 'error', paused: 'error', suspended: 'error', error: same, deleted: same,
    rescued: 'error', 'soft-delete': 'error', shelved: 'error', shelved_offloaded: 'error', resized: 'error' },
  stopped:   { building: bug, active: 'stopped', stopped: same, paused: 'stopped', suspended: 'stopped', error: 'stopped', deleted: same,
    rescued: same, 'soft-delete': same, shelved: same, shelved_offloaded: same, resized: 'stopped' },
  started:   { building: bug, active: same, stopped: 'active', paused: 'active', suspended: 'active', error: 'active', deleted: bug,
    rescued: bug, 'soft-delete': bug, shelved: bug, shelved_offloaded: bug, resized: 'active' },
  paused:    { building: bug, active: 'paused', stopped: bug, paused: same, suspended: bug, error: bug, deleted: bug,
    rescued: bug, 'soft-delete': bug, shelved: bug, shelved_offloaded: bug, resized: bug },
  suspended: { building: bug, active: 'suspended', stopped: bug, paused: bug, suspended: same, error: bug, deleted: bug,
    rescued: bug, 'soft-delete': bug, shelved: bug, shelved_offloaded: bug, resized: bug },
  resumed:   { building: bug, active: same, stopped: bug, paused: 'active', suspended: 'active', error: bug, deleted: bug,
    rescued: bug, 'soft-delete': bug, shelved: bug, shelved_offloaded: bug, resized: bug },
  rescued:   { building: bug, active: 'rescued', stopped: 'rescued', paused: bug, suspended: bug, error: 'rescued', deleted: bug,
    rescued: same, 'soft-delete': bug, shelved: bug, shelved_offloaded: bug, resized: bug },
  unrescued: { building: bug, active: same, stopped: bug, paused: bug, suspended: bug, error: bug, deleted: bug,
    rescued: 'active', 'soft-delete': bug, shelved: bug, shelved_offloaded: bug, resized: bug },
  'put-away': { building: bug, active: 'soft-delete', stopped: 'soft-delete', paused: 'soft-delete', suspended: 'soft-delete', error: 'soft-delete',
    deleted: bug, rescued: 'soft-delete', 'soft-delete': same, shelved: 'soft-delete', shelved_offloaded: 'soft-delete', resized: bug },
  restored:  { building: bug, active: same, stopped: bug, paused: bug, suspended: bug, error: bug, deleted: bug,
    rescued: bug, 'soft-delete': 'active', shelved: bug, shelved_offloaded: bug, resized: bug },
  shelved:   { building: bug, active: 'shelved', stopped: 'shelved', paused: 'shelved', suspended: 'shelved', error: bug, deleted: bug,
    rescued: bug, 'soft-delete': bug, shelved: same, shelved_offloaded: bug, resized: bug },
  offloaded: { building: bug, active: bug, stopped: bug, paused: bug, suspended: bug, error: bug, deleted: bug,
    rescued: bug, 'soft-delete': bug, shelved: 'shelved_offloaded', shelved_offloaded: same, resized: bug },
  unshelved: { building: bug, active: same, stopped: bug, paused: bug, suspended: bug, error: bug, deleted: bug,
    rescued: bug, 'soft-delete': bug, shelved: 'active', shelved_offloaded: 'active', resized: bug },
  resized:   { building: bug, active: 'resized', stopped: 'resized', paused: bug, suspended: bug, error: bug, deleted: bug,
    rescued: bug, 'soft-delete': bug, shelved: bug, shelved_offloaded: bug, resized: same },
  gone:      { building: 'deleted', active: 'deleted', stopped: 'deleted', paused: 'deleted', suspended: 'deleted', error: 'deleted', deleted: same,
    rescued: 'deleted', 'soft-delete': 'deleted', shelved: 'deleted', shelved_offloaded: 'deleted', resized: 'deleted' },
};

export function after(state: VmState, event: ServerEvent): VmState {
  const to = next[event][state];
  assert(to !== bug, `${event} while ${state}`);
  return to === same ? state : to;
}

/** What users may do only in some states. Delete is not here: it may come at any moment. */
export type Action =
  | 'live-migrate'
  | PowerChange
  | 'rebuild'
  | 'rescue'
  | 'unrescue'
  | 'create-image'
  | 'change-password'
  | 'crash-dump'
  | 'shelve'
  | 'shelve-offload'
  | 'unshelve'
  | 'evacuate'
  | 'resize'
  | 'migrate'
  | 'confirm-resize'
  | 'revert-resize';

const allowed: Record<Action, readonly VmState[]> = {
  'live-migrate': ['active', 'paused'],
  shelve: ['active', 'stopped', 'paused', 'suspended'],
  'shelve-offload': ['shelved'],
  unshelve: ['shelved', 'shelved_offloaded'],
  evacuate: ['active', 'stopped', 'error'],
  start: ['stopped'],
  stop: ['active', 'error'],
  pause: ['active'],
  unpause: ['paused'],
  suspend: ['active'],
  resume: ['suspended'],
  restore: ['soft-delete'],
  'reboot-soft': ['active'],
  'reboot-hard': ['active', 'stopped', 'paused', 'suspended', 'error'],
  rebuild: ['active', 'stopped', 'error'],
  rescue: ['active', 'stopped', 'error'],
  unrescue: ['rescued'],
  'create-image': ['active', 'stopped', 'paused', 'suspended'],
  'change-password': ['active'],
  'crash-dump': ['active', 'paused', 'rescued', 'resized', 'error'],
  resize: ['active', 'stopped'],
  migrate: ['active', 'stopped'],
  'confirm-resize': ['resized'],
  'revert-resize': ['resized'],
};

/** What a guest that hangs may be in the midst of when it is rebooted hard. */
const switching: ReadonlySet<TaskState> = new Set([
  ...(['rebooting', 'reboot_started', 'rebooting_hard', 'reboot_started_hard'] as const),
  ...(['pausing', 'unpausing', 'suspending', 'resuming'] as const),
]);

/** Null: it may begin. Otherwise the state that forbids it, in the word for `wrong-state`. */
export function forbids(server: ServerRow, action: Action): string | null {
  if (!allowed[action].includes(server.vm_state)) return server.vm_state;
  if (action === 'reboot-hard' && switching.has(server.task_state)) return null;
  if (server.task_state !== null) return server.task_state;
  return server.run_id === null ? null : 'busy';
}

/** A delete that was asked for stays visible, whatever the run that it waits for is still doing. */
export const taskAfter = (now: TaskState, next: TaskState): TaskState =>
  now === 'deleting' ? now : next;
