/**
 * Servers, told from the rows on disk and from what clients wrote down.
 *
 *   S1  a server that is being changed (it has a task, or a run's fence) has a run under way
 *   S2  an active server is on a host, and holds something there
 *   L4  each hold belongs to one live owner: a server, a run that is under way, or one whose move
 *       can still be taken back
 *   L7  what a client was told is on disk: a created server until somebody asked to delete it, a
 *       run by its id, a setting as last answered
 */
import { ended, type RunRow, runs } from '../../core/conductor/rows.ts';
import { hosts } from '../../core/fleet/rows.ts';
import type { View } from '../../core/ledger/draft.ts';
import type { ConsumerRow } from '../../core/ledger/rows.ts';
import * as rows from '../../core/ledger/rows.ts';
import { VCPU } from '../../core/ledger/standard.ts';
import type { Batch } from '../../core/ports/store.ts';
import { type ServerRow, servers } from '../../core/servers/rows.ts';
import type { History } from '../history.ts';
import { type Complaint, complaint } from './complaint.ts';
import { isMover } from './moves.ts';

export const isGone = (server: ServerRow | undefined): boolean =>
  server === undefined || server.vm_state === 'deleted';

/** S1, S2 and L4 for whatever this batch touched. */
export function serversAfter(view: View, batch: Batch): Complaint[] {
  const touched = new Set<string>();
  const owners = new Set<string>();
  for (const { table, row, gone } of batch.changes) {
    if (table === servers.name) touched.add((row as ServerRow).uuid);
    if (table === runs.name) {
      const { id, server_uuid } = row as RunRow;
      owners.add(id);
      if (server_uuid !== null) touched.add(server_uuid);
    }
    if (table === rows.consumers.name && !gone) owners.add((row as ConsumerRow).uuid);
  }
  return [
    ...[...touched].flatMap((uuid) => serverStands(view, uuid)),
    ...[...touched, ...owners].flatMap((uuid) => owned(view, uuid)),
  ];
}

/** One that is stuck, too: it answers for what it left behind. */
const isAtWork = (run: RunRow): boolean => !ended(run);

function serverStands(view: View, uuid: string): Complaint[] {
  const server = view.rows(servers).get(uuid);
  if (server === undefined || isGone(server)) return [];
  const { run_id, task_state, vm_state, host } = server;
  const state = `server ${uuid} (${vm_state}, ${task_state ?? 'no task'}, run ${run_id ?? 'none'})`;
  const busy = run_id !== null || task_state !== null;
  const at_work = view.rows(runs).by('server_uuid', uuid).some(isAtWork);
  if (busy && !at_work) return [complaint('S1', `${state}: nobody is at it`)];
  if (vm_state !== 'active') return [];
  const held = view.books.consumers.get(uuid)?.allocations.length ?? 0;
  if (host === null || held === 0) return [complaint('S2', `${state} on ${host} holds ${held}`)];
  return [];
}

/** L4 for one consumer. */
function owned(view: View, uuid: string): Complaint[] {
  const consumer = view.books.consumers.get(uuid);
  if (consumer === undefined) return [];
  if (!isGone(view.rows(servers).get(uuid))) return [];
  const run = view.rows(runs).get(uuid);
  if (run !== undefined && isAtWork(run)) return [];
  if (isMover(view, uuid)) return [];
  const what = run === undefined ? 'nobody' : `a run that is ${run.state}`;
  return [complaint('L4', `consumer ${uuid} holds something and belongs to ${what}`)];
}

/** L7: asked after every start of the control plane, and at the end. */
export function toldAndKept(view: View, history: History): Complaint[] {
  const lost: Complaint[] = [];
  for (const { uuid, name, delete_asked } of history.servers.values()) {
    if (delete_asked || !isGone(view.rows(servers).get(uuid))) continue;
    lost.push(complaint('L7', `${name} (${uuid}) was answered, and is not there`));
  }
  for (const run of history.runs) {
    if (!view.rows(runs).has(run))
      lost.push(complaint('L7', `run ${run} was answered, and is gone`));
  }
  return [...lost, ...settingsKept(view, history)];
}

function settingsKept(view: View, history: History): Complaint[] {
  const ratios = [...history.ratios].flatMap(([host, told]) => {
    const provider = view.rows(hosts).get(host)?.provider_id;
    const found =
      provider === undefined ? undefined : view.books.inventory(provider, VCPU)?.allocation_ratio;
    if (told === undefined || found === told) return [];
    return [complaint('L7', `ratio of ${host}: answered ${told}, found ${found}`)];
  });
  const statuses = [...history.statuses].flatMap(([host, told]) => {
    const found = view.rows(hosts).get(host)?.status;
    if (told === undefined || found === told) return [];
    return [complaint('L7', `status of ${host}: answered ${told}, found ${found}`)];
  });
  return [...ratios, ...statuses];
}
