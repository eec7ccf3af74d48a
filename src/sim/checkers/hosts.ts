/**
 * What really runs, told from the machines themselves and compared with the books.
 *
 *   H1  no guest runs on two machines at one time
 *   H2  what guests take of a machine is within what the books say is held there: a guest that is on
 *       a machine has a hold there, its server's or that of a run that moves it
 *   L5  in a move, while the guest may be on either side, both sides are held (H2 on both of them)
 *
 * A machine that was given up as down is excused from H2 until its agent has answered for it again:
 * nobody could tell it that a server is gone, and its audit cleans up when it is back.
 */
import { ended, runs } from '../../core/conductor/rows.ts';
import type { View } from '../../core/ledger/draft.ts';
import { type Complaint, complaint } from './complaint.ts';

export interface WatchedGuest {
  readonly uuid: string;
  readonly running: boolean;
}

export interface WatchedHost {
  readonly name: string;
  readonly guests: readonly WatchedGuest[];
  /** Given up at some time since its guests were last told apart from the books. */
  readonly excused: boolean;
}

export function hostsStand(view: View, hosts: readonly WatchedHost[]): Complaint[] {
  return [...twice(hosts), ...hosts.flatMap((host) => uncovered(view, host))];
}

function twice(hosts: readonly WatchedHost[]): Complaint[] {
  const seen = new Map<string, string>();
  const complaints: Complaint[] = [];
  for (const { name, guests } of hosts) {
    for (const { uuid, running } of guests) {
      if (!running) continue;
      const other = seen.get(uuid);
      if (other !== undefined) {
        complaints.push(complaint('H1', `guest ${uuid} runs on ${other} and on ${name}`));
      }
      seen.set(uuid, name);
    }
  }
  return complaints;
}

function uncovered(view: View, host: WatchedHost): Complaint[] {
  if (host.excused) return [];
  const provider = view.books.providerNamed(host.name)?.id;
  return host.guests
    .filter(({ uuid }) => provider === undefined || !covers(view, provider, uuid))
    .map(({ uuid }) => complaint('H2', `guest ${uuid} is on ${host.name}, where nothing is held`));
}

/** Whether the server, or a run about it that is under way, holds something on the provider. */
function covers(view: View, provider: number, uuid: string): boolean {
  const holders = view.books.holders[provider];
  if (holders === undefined) return false;
  if (holders.has(uuid)) return true;
  return view
    .rows(runs)
    .by('server_uuid', uuid)
    .some((run) => (!ended(run) || run.state === 'stuck') && holders.has(run.id));
}
