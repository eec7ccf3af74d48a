/**
 * The life of a server, as its owner sees it.
 *
 *                booted                   stopped
 *   building ─────────────► active ◄──────────────► stopped
 *      │                     │  ▲    started
 *      │ failed       paused │  │ resumed
 *      ▼                     ▼  │
 *    error ◄──── failed ─── paused             (failed, from anywhere)
 *
 *   any ── gone ──► deleted
 *
 * What is being done with it at the moment is `task_state`; who does it is `run_id`, the fence: one
 * run at a time. A move does not show here at all, since the guest runs all the while.
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
  | 'resumed'
  | 'gone';

const same = 'same'; // heard twice, or too late: harmless
const bug = 'bug'; //   our own code must never say this here

// biome-ignore format: a table
const next: Record<ServerEvent, Record<VmState, VmState | typeof same | typeof bug>> = {
  booted:  { building: 'active',  active: same,      stopped: same,      paused: same,      error: bug,       deleted: bug  },
  failed:  { building: 'error',   active: 'error',   stopped: 'error',   paused: 'error',   error: same,      deleted: same },
  stopped: { building: bug,       active: 'stopped', stopped: same,      paused: 'stopped', error: 'stopped', deleted: same },
  started: { building: bug,       active: same,      stopped: 'active',  paused: same,      error: 'active',  deleted: bug  },
  paused:  { building: bug,       active: 'paused',  stopped: bug,       paused: same,      error: bug,       deleted: bug  },
  resumed: { building: bug,       active: same,      stopped: bug,       paused: 'active',  error: bug,       deleted: bug  },
  gone:    { building: 'deleted', active: 'deleted', stopped: 'deleted', paused: 'deleted', error: 'deleted', deleted: same },
};

export function after(state: VmState, event: ServerEvent): VmState {
  const to = next[event][state];
  assert(to !== bug, `${event} while ${state}`);
  return to === same ? state : to;
}

/** What users may do only in some states. Delete is not here: it may come at any moment. */
export type Action = 'live-migrate';

const allowed: Record<Action, readonly VmState[]> = {
  'live-migrate': ['active'],
};

/** Null: it may begin. Otherwise the state that forbids it, in the word for `wrong-state`. */
export function forbids(server: ServerRow, action: Action): string | null {
  if (!allowed[action].includes(server.vm_state)) return server.vm_state;
  if (server.task_state !== null) return server.task_state;
  return server.run_id === null ? null : 'busy';
}

/** A delete that was asked for stays visible, whatever the run that it waits for is still doing. */
export const taskAfter = (now: TaskState, next: TaskState): TaskState =>
  now === 'deleting' ? now : next;
