/**
 * The end of a quarantine: a dead host is back, and nothing is left on it of a server that was
 * evacuated from it. Then what was held of the host is free.
 *
 *   listed ─► guests of evacuated servers are strays: the audit destroys them ─► listed again
 *                                                   none left ─► released, looked at again then
 *
 * No order could bring such a guest back meanwhile: those of the host's former life are refused,
 * and no run claims a host that is held for down (E4).
 */
import { ended, runs } from '../conductor/rows.ts';
import type { View } from '../ledger/draft.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { GuestReport } from '../ports/order.ts';
import { done } from '../ports/reply.ts';
import { type EvacuationRow, evacuations, release } from '../servers/evacuations.ts';
import { servers } from '../servers/rows.ts';

/** Frees what is clean; true: something is left, so look again. */
export async function endQuarantine(
  ledger: Ledger,
  host: string,
  guests: readonly GuestReport[],
): Promise<boolean> {
  const rows = await ledger.read((view) => view.rows(evacuations).by('host', host));
  if (rows.length === 0) return false;
  const there = new Set(guests.map(({ uuid }) => uuid));
  const clean = rows.filter(({ server_uuid }) => !there.has(server_uuid));
  if (clean.length === 0) return true;
  await ledger.submit((draft) => {
    const over = clean.filter((row) => isOver(draft, row));
    for (const row of over) release(draft, row);
    return done(undefined);
  });
  return clean.length < rows.length;
}

/** It is there still as it was seen, the server is elsewhere, and nobody may turn that back. */
function isOver(view: View, row: EvacuationRow): boolean {
  const { server_uuid, host, run_id } = row;
  const run = view.rows(runs).get(run_id);
  const same = view.rows(evacuations).by('server_uuid', server_uuid).includes(row);
  const settled = run === undefined || ended(run);
  return same && settled && view.rows(servers).get(server_uuid)?.host !== host;
}
