/**
 * The table of explanations: why nothing could take a server, for the last EXPLANATIONS_MAX times.
 *
 * An id begins with the time of its decision, in ms since 1970, so that ids sort by age; a decision
 * draws no lots, and the same server is decided about once in a ms.
 */
import { table } from '../base/table.ts';
import type { Draft } from '../ledger/draft.ts';
import type { Explanation } from './ask.ts';

export const EXPLANATIONS_MAX = 1000;

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

/** Keeps the explanation, and lets go of the oldest where there are too many. */
export function storeExplanation(draft: Draft, explanation: Explanation): void {
  draft.put(explanations, explanation);
  const kept = draft.rows(explanations);
  while (kept.size > EXPLANATIONS_MAX) {
    const oldest = [...kept.values()].reduce((a, b) => (b.id < a.id ? b : a));
    draft.remove(explanations, oldest);
  }
}
