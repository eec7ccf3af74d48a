/**
 * Keeps what audits found, one row for a difference while it stays the same (servers/findings.ts),
 * and no more than FINDINGS_MAX rows.
 */
import { byNumber } from '../base/order.ts';
import type { Draft, View } from '../ledger/draft.ts';
import {
  FINDINGS_MAX,
  type FindingRow,
  type Found,
  findings,
  type Undo,
} from '../servers/findings.ts';

/** A difference, and what has become of it. */
export interface Settled extends Found {
  readonly undo: readonly Undo[];
}

/** How many are let go of at once, so that not every one that comes looks for the oldest. */
const SLACK = 50;

const isSame = (row: FindingRow, one: Found): boolean =>
  row.kind === one.kind && row.subject === one.subject;

/** The row of this difference that is not closed yet: left, or put back by an operator. */
export function openRow(view: View, one: Found): FindingRow | undefined {
  const rows = view.rows(findings).by('host', one.host);
  return rows.find((row) => isSame(row, one) && (row.state === 'left' || row.state === 'undone'));
}

/** Whether `record` would write anything. */
export const isNews = (view: View, host: string, found: readonly Settled[]): boolean =>
  found.some((one) => !isTold(openRow(view, one), one)) || goneFrom(view, host, found).length > 0;

const isTold = (row: FindingRow | undefined, one: Settled): boolean =>
  row?.state === 'undone' ||
  (row !== undefined && one.state === 'left' && row.what === one.what && row.why === one.why);

/** Those that were left, and are not there any more. */
const goneFrom = (view: View, host: string, found: readonly Found[]): readonly FindingRow[] =>
  view
    .rows(findings)
    .by('host', host)
    .filter((row) => row.state === 'left' && !found.some((one) => isSame(row, one)));

/** Writes down all that one audit of a host found; `sequence`: the books that it rests on. */
export function record(
  draft: Draft,
  host: string,
  sequence: number,
  found: readonly Settled[],
): void {
  for (const row of goneFrom(draft, host, found)) {
    draft.put(findings, { ...row, state: 'gone', changed_at_ms: draft.now_ms });
  }
  for (const one of found) {
    const row = openRow(draft, one);
    if (isTold(row, one)) continue;
    const { id = nextId(draft), found_at_ms = draft.now_ms } = row ?? {};
    const { kind, subject, state, what, why, undo } = one;
    const about = { id, host, kind, subject, state, what, why, undo, sequence, found_at_ms };
    draft.put(findings, { ...about, changed_at_ms: draft.now_ms });
  }
  forgetOldest(draft);
}

const nextId = (view: View): number => {
  let last = 0;
  for (const { id } of view.rows(findings).values()) last = Math.max(last, id);
  return last + 1;
};

function forgetOldest(draft: Draft): void {
  const kept = draft.rows(findings);
  if (kept.size <= FINDINGS_MAX) return;
  const rising = [...kept.values()].sort((a, b) => byNumber(a.id, b.id));
  for (const row of rising.slice(0, kept.size - FINDINGS_MAX + SLACK)) draft.remove(findings, row);
}
