/**
 * Tokens of agents: each speaks for one host, and nothing else. The text is told once, to whoever
 * asked for it; what is kept is its digest. A new token of a host puts an end to the one before.
 */
import { table } from '../base/table.ts';
import type { Draft, View } from '../ledger/draft.ts';

export interface AgentTokenRow {
  readonly host: string;
  readonly digest: string;
  readonly created_at_ms: number;
}

export const agentTokens = table<AgentTokenRow>({
  name: 'agent_token',
  columns: { host: 'text', digest: 'text', created_at_ms: 'integer' },
  primary: ['host'],
  indexes: ['digest'],
});

export function issueToken(draft: Draft, host: string, digest: string): AgentTokenRow {
  const row = { host, digest, created_at_ms: draft.now_ms };
  draft.put(agentTokens, row);
  return row;
}

/** The host that the token with this digest speaks for; null: it is nobody's. */
export const hostOfToken = (view: View, digest: string): string | null =>
  view.rows(agentTokens).by('digest', digest)[0]?.host ?? null;
