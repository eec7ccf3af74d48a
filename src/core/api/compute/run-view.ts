/**
 * Runs as the compute API knows them: the actions of a server, and migrations.
 *
 *   run    create-server  live-migrate     delete-server   start-server  reboot-server-hard  …
 *   action create         live-migration   delete          start         reboot
 *
 * A run's id is its action's request id (`req-ID`), so whoever asked finds it by the answer's own
 * header. The API wants a number for a migration as well; it is made of the first 31 bits of the
 * id.
 */
import type { RunRow, RunStepRow } from '../../conductor/rows.ts';
import { micros } from '../times.ts';
import { requestIdOf } from './servers.ts';

const actions: Readonly<Record<string, string>> = {
  'create-server': 'create',
  'delete-server': 'delete',
  'live-migrate': 'live-migration',
  'start-server': 'start',
  'stop-server': 'stop',
  'pause-server': 'pause',
  'unpause-server': 'unpause',
  'suspend-server': 'suspend',
  'resume-server': 'resume',
  'reboot-server': 'reboot',
  'reboot-server-hard': 'reboot',
  'shelve-server': 'shelve',
  'offload-server': 'shelveOffload',
  'unshelve-server': 'unshelve',
  'unshelve-here': 'unshelve',
  'rebuild-server': 'rebuild',
  'rescue-server': 'rescue',
  'unrescue-server': 'unrescue',
};
export const LIVE_MIGRATE = 'live-migrate';

const actionOf = ({ saga }: RunRow): string => actions[saga] ?? saga;
const touchedAt = (run: RunRow, steps: readonly RunStepRow[]): number =>
  run.ended_at_ms ??
  steps.reduce(
    (last, step) => Math.max(last, step.ended_at_ms ?? step.started_at_ms),
    run.started_at_ms,
  );

/** Of whom a run is told: its server's owner. */
export interface Owner {
  readonly project_id: string;
  readonly user_id: string;
}

export const actionView = (
  run: RunRow,
  steps: readonly RunStepRow[],
  owner: Owner,
  version: number,
) => ({
  action: actionOf(run),
  instance_uuid: run.server_uuid,
  request_id: requestIdOf(run.id),
  project_id: owner.project_id,
  user_id: owner.user_id,
  start_time: micros(run.started_at_ms),
  message: run.state === 'undone' || run.state === 'stuck' ? 'Error' : null,
  ...(version >= 58 ? { updated_at: micros(touchedAt(run, steps)) } : {}),
});

/** One step as an event; where it ran and why it failed only for operators. */
export function eventView(
  step: RunStepRow,
  version: number,
  operator: boolean,
  hostId: string,
): unknown {
  const failed = step.state === 'refused' || step.state === 'undone';
  return {
    event: `plimsoll_${step.name}`,
    start_time: micros(step.started_at_ms),
    finish_time: step.ended_at_ms === null ? null : micros(step.ended_at_ms),
    result: step.ended_at_ms === null ? null : failed ? 'Error' : 'Success',
    ...(operator ? { traceback: null } : {}),
    ...(version >= 62 ? { hostId } : {}),
    ...(version >= 62 && operator ? { host: step.host ?? '' } : {}),
    ...(version >= 84 ? { details: operator ? (step.error?.message ?? null) : null } : {}),
  };
}

/** e.g. '7fffffff-…' → 2147483647 */
export const migrationId = ({ id }: RunRow): number =>
  Number.parseInt(id.replaceAll('-', '').slice(0, 8), 16) & 0x7fffffff;

export function migrationStatus({ state, cancel_requested, cursor }: RunRow): string {
  switch (state) {
    case 'running':
      return cursor === 'fence' || cursor === 'claim' ? 'preparing' : 'running';
    case 'retreating':
      return 'preparing';
    case 'undoing':
      return 'running';
    case 'done':
      return 'completed';
    case 'undone':
      return cancel_requested ? 'cancelled' : 'error';
    case 'stuck':
      return 'error';
  }
}

/** The host that a step of the run made known; null until then. */
const hostIn = ({ known }: RunRow, step: string, name: string): string | null => {
  const made = known[step] as Readonly<Record<string, unknown>> | null | undefined;
  const host = made?.[name];
  return typeof host === 'string' ? host : null;
};

export const migrationCore = (run: RunRow) => {
  const source = hostIn(run, 'fence', 'source');
  const dest = hostIn(run, 'claim', 'host');
  return {
    id: migrationId(run),
    status: migrationStatus(run),
    source_compute: source,
    source_node: source,
    dest_compute: dest,
    dest_node: dest,
    dest_host: null,
    created_at: micros(run.started_at_ms),
    updated_at: micros(run.ended_at_ms ?? run.started_at_ms),
  };
};

export const migrationView = (run: RunRow, owner: Owner, version: number) => ({
  ...migrationCore(run),
  instance_uuid: run.server_uuid,
  old_instance_type_id: null,
  new_instance_type_id: null,
  ...(version >= 23 ? { migration_type: 'live-migration' } : {}),
  ...(version >= 59 ? { uuid: run.id } : {}),
  ...(version >= 80 ? owner : {}),
});

/** As a thing of its server: what is being moved, which we do not measure from here. */
export const serverMigrationView = (run: RunRow, owner: Owner, version: number) => ({
  ...migrationCore(run),
  server_uuid: run.server_uuid,
  ...Object.fromEntries(
    ['memory', 'disk'].flatMap((what) =>
      ['total', 'processed', 'remaining'].map((part) => [`${what}_${part}_bytes`, null]),
    ),
  ),
  ...(version >= 59 ? { uuid: run.id } : {}),
  ...(version >= 80 ? owner : {}),
});
