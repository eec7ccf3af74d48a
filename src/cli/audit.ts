/**
 * `audit`: holds the hosts against the books, now; `audit list` and `audit undo`: what was found,
 * and taking a repair back. `audit` is 0 when nothing is left that differs.
 */
import type { Static } from 'typebox';
import type { AuditReply, Finding } from '../core/api/plimsoll/audit.ts';
import { Complaint } from './complaint.ts';
import type { Session } from './session.ts';
import { type Column, state, table } from './table.ts';

type ReplyView = Static<typeof AuditReply>;
type FindingView = Static<typeof Finding>;
type FoundView = ReplyView['found'][number];

export interface AuditAsked {
  readonly host?: string;
  readonly dryRun?: boolean;
}

const columns: readonly Column<FoundView>[] = [
  { title: 'HOST', cell: ({ host }) => host },
  { title: 'STATE', cell: (one) => state(one.state) },
  { title: 'WHAT', cell: ({ what }) => what },
  { title: 'WHY', cell: ({ why }) => why },
];

const listColumns: readonly Column<FindingView>[] = [
  { title: 'ID', right: true, cell: ({ id }) => id },
  { title: 'FOUND', cell: ({ found_at_ms }) => moment(found_at_ms) },
  { title: 'HOST', cell: ({ host }) => host },
  { title: 'STATE', cell: (one) => state(one.state) },
  { title: 'UNDO', cell: ({ can_undo }) => (can_undo ? 'yes' : 'no') },
  { title: 'WHAT', cell: ({ what }) => what },
  { title: 'WHY', cell: ({ why }) => why },
];

/** e.g. `2026-11-21 10:15:03` UTC. */
const moment = (at_ms: number): string =>
  new Date(at_ms).toISOString().slice(0, 19).replace('T', ' ');

export async function audit({ client, format, print }: Session, asked: AuditAsked) {
  const { host, dryRun: dry_run = false } = asked;
  const body = { dry_run, ...(host !== undefined && { host }) };
  const reply = await client.post<{ audit: ReplyView }>('/audit', body);
  if (reply === null) {
    throw new Complaint(`there is no host '${host}'`, '`plimsoll host list` names what there is');
  }
  const { found, audited, silent } = reply.audit;
  if (format === 'json') print(JSON.stringify(reply.audit, null, 2));
  else {
    if (found.length > 0) print(table(columns, found));
    print(`${audited} hosts audited, ${found.length} differences${dry_run ? '; a dry run' : ''}`);
    if (silent.length > 0) print(`no answer: ${silent.join(', ')}`);
  }
  return found.some((one) => one.state === 'left') || silent.length > 0 ? 1 : 0;
}

export async function listFindings(
  { client, format, print }: Session,
  { host, limit }: { readonly host?: string; readonly limit: number },
): Promise<number> {
  const query = new URLSearchParams({ limit: String(limit), ...(host && { host }) });
  const body = await client.get<{ findings: FindingView[] }>(`/audit/findings?${query}`);
  const rows = body?.findings ?? [];
  if (format === 'json') print(JSON.stringify(rows, null, 2));
  else print(rows.length === 0 ? 'No audit found anything.' : table(listColumns, rows));
  return 0;
}

export async function undoFinding({ client, format, print }: Session, id: string) {
  const path = `/audit/findings/${encodeURIComponent(id)}/undo`;
  const body = await client.post<{ finding: FindingView }>(path, undefined);
  if (body === null) {
    throw new Complaint(`there is no finding '${id}'`, '`plimsoll audit list` names what there is');
  }
  const { finding } = body;
  print(format === 'json' ? JSON.stringify(finding, null, 2) : `put back: ${finding.what}`);
  return 0;
}
