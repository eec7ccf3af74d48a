/**
 * Runs as the compute API knows them: the actions of a server. As migrations: migration-view.ts.
 *
 *   run    create-server  live-migrate     delete-server   start-server  reboot-server-hard  …
 *   action create         live-migration   delete          start         reboot
 *
 * A run's id is its action's request id (`req-ID`), so whoever asked finds it by the answer's own
 * header.
 */
import type { RunRow, RunStepRow } from '../../conductor/rows.ts';
import { micros } from '../times.ts';
import { requestIdOf } from './servers.ts';

const actions: Readonly<Record<string, string>> = {
  'create-server': 'create',
  'delete-server': 'delete',
  'live-migrate': 'live-migration',
  'evacuate-server': 'evacuate',
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
  'offload-blank': 'shelveOffload',
  'unshelve-server': 'unshelve',
  'unshelve-here': 'unshelve',
  'rebuild-server': 'rebuild',
  'soft-delete-server': 'softDelete',
  'restore-server': 'restore',
  'image-server': 'createImage',
  'rescue-server': 'rescue',
  'unrescue-server': 'unrescue',
  'resize-server': 'resize',
  'cold-migrate': 'migrate',
  'confirm-resize': 'confirmResize',
  'revert-resize': 'revertResize',
};

/** A backup is an image that is one of a row. */
export function actionOf({ saga, input }: Pick<RunRow, 'saga' | 'input'>): string {
  if (saga === 'image-server' && (input['backup'] ?? null) !== null) return 'createBackup';
  return actions[saga] ?? saga;
}

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
