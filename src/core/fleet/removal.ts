/**
 * Takes a host out of the fleet: its rows, its place in aggregates, and its providers, of which
 * nothing is held any more. One whose agent lives reports again, and is a new host then.
 */
import type { Draft } from '../ledger/draft.ts';
import { below, deleteProvider } from '../ledger/provider.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import { hostAdditions } from './addition-rows.ts';
import { aggregateHosts, hostZones } from './aggregate-rows.ts';
import { hostMetrics } from './metric-rows.ts';
import { type HostRow, hostReports, hosts } from './rows.ts';

/** Something of it is held: by whom is in the books. */
export interface HostHeld {
  readonly why: 'held';
  readonly provider_id: number;
}

export function removeFromFleet(draft: Draft, host: HostRow): Decision<void, HostHeld> {
  const { name, provider_id } = host;
  draft.remove(hosts, host);
  const tree = [provider_id, ...below(draft.books, provider_id)];
  for (const provider of tree.toReversed()) {
    if (deleteProvider(draft, provider).is === 'no') {
      return no({ why: 'held', provider_id: provider });
    }
  }
  const members = [...draft.rows(aggregateHosts).values()].filter((row) => row.host === name);
  for (const member of members) draft.remove(aggregateHosts, member);
  const zone = draft.rows(hostZones).get(name);
  if (zone !== undefined) draft.remove(hostZones, zone);
  const report = draft.rows(hostReports).get(name);
  if (report !== undefined) draft.remove(hostReports, report);
  for (const row of [...draft.rows(hostAdditions).by('host', name)]) {
    draft.remove(hostAdditions, row);
  }
  const metrics = draft.rows(hostMetrics).get(name);
  if (metrics !== undefined) draft.remove(hostMetrics, metrics);
  return done(undefined);
}
