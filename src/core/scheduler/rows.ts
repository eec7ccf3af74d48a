/**
 * The table of explanations: why nothing could take a server, for the last EXPLANATIONS_MAX times
 * within KEPT_MS. Why others went where they went is kept apart (choice-rows.ts), by the same rule,
 * so that a storm of servers that are placed drives out no refusal.
 *
 * An id begins with the time of its decision, in ms since 1970, so that ids sort by age; a decision
 * draws no lots, and the same server is decided about once in a ms.
 */
import { byText } from '../base/order.ts';
import { type Table, table } from '../base/table.ts';
import type { Draft } from '../ledger/draft.ts';
import type { Explanation } from './ask.ts';

export const EXPLANATIONS_MAX = 1000;
/** A week. */
export const KEPT_MS = 7 * 24 * 60 * 60 * 1000;
/** How many are let go of at once, so that not every one that comes looks for the oldest. */
const SLACK = 50;

export const explanations = table<Explanation>({
  name: 'explanation',
  columns: {
    id: 'text',
    server_uuid: 'text',
    asked: 'json',
    decided_at_ms: 'integer',
    refusal: 'text',
    funnel: 'json',
    hosts: 'json',
    hosts_total: 'integer',
    nearest_miss: 'json?',
    repairs: 'json',
    summary: 'text',
  },
  primary: ['id'],
  indexes: ['server_uuid'],
});

export const explanationId = (decided_at_ms: number, server_uuid: string): string =>
  `${decided_at_ms}-${server_uuid}`;

interface Dated {
  readonly id: string;
  readonly decided_at_ms: number;
}

/** Keeps the row, and lets go of the oldest where there are too many, and of those too old. */
export function keepAmong<Row extends Dated>(draft: Draft, shelf: Table<Row>, row: Row): void {
  draft.put(shelf, row);
  const kept = draft.rows(shelf);
  if (kept.size <= EXPLANATIONS_MAX) return;
  const rising = [...kept.values()].sort(
    (a, b) => a.decided_at_ms - b.decided_at_ms || byText(a.id, b.id),
  );
  const drop = rising.length - EXPLANATIONS_MAX + SLACK;
  for (const [at, old] of rising.entries()) {
    if (at < drop || old.decided_at_ms < draft.now_ms - KEPT_MS) draft.remove(shelf, old);
  }
}

export const storeExplanation = (draft: Draft, explanation: Explanation): void =>
  keepAmong(draft, explanations, explanation);
