/**
 * The audit, for operators: what differs between the books and the hosts.
 *
 *   POST /audit                      asks one host, or all; `dry_run`: changes nothing
 *   GET  /audit/findings             what was found by now, the newest first
 *   POST /audit/findings/{id}/undo   puts back what a repair changed in the books
 */
import { type Static, Type } from 'typebox';
import { type FindingRow, type Found, findings, type UndoRefusal } from '../../servers/findings.ts';
import { strict } from '../body.ts';
import { found, missing, own, refused, written } from './route.ts';

const closed = { additionalProperties: false };
const about = {
  host: Type.String(),
  kind: Type.String({ description: 'stable, for programs, e.g. no-hold' }),
  subject: Type.String({ description: 'the UUID of a server or consumer, or a resource' }),
  what: Type.String({ description: 'what differs' }),
  why: Type.String({ description: 'what was done about it, or why nothing was' }),
};

export const AuditFound = Type.Object(
  { ...about, state: Type.Union([Type.Literal('left'), Type.Literal('repaired')]) },
  closed,
);

export const Finding = Type.Object(
  {
    id: Type.Integer(),
    ...about,
    state: Type.Union(
      [
        Type.Literal('left'),
        Type.Literal('repaired'),
        Type.Literal('undone'),
        Type.Literal('gone'),
      ],
      { description: '`gone`: it was left, and a later audit did not find it any more' },
    ),
    can_undo: Type.Boolean({ description: 'the repair changed the books, and is not undone' }),
    ledger_sequence: Type.Integer({ description: 'the books that it rests on' }),
    found_at_ms: Type.Integer(),
    changed_at_ms: Type.Integer(),
  },
  closed,
);

export const AuditReply = Type.Object(
  {
    audited: Type.Integer({ description: 'how many hosts answered' }),
    silent: Type.Array(Type.String(), { description: 'those that are down or did not answer' }),
    found: Type.Array(AuditFound, {
      description: 'in a dry run `repaired` is what would be put right',
    }),
  },
  closed,
);

const FINDINGS_SHOWN = 100;
const none = Type.Object({});

export const postAudit = own({
  method: 'POST',
  path: '/audit',
  summary: 'Holds hosts against the books, now, and puts right what no operation owns',
  audience: 'operator',
  query: none,
  body: strict({
    host: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
    dry_run: Type.Optional(Type.Boolean()),
  }),
  reply: Type.Object({ audit: AuditReply }),
  handle: async ({ body: { host = null, dry_run = false } }, { audits }) => {
    const audit = await audits.audit(host, dry_run);
    if (audit === null) return missing(`host ${host}`);
    return found({ audit: { ...audit, found: audit.found.map(foundOf) } });
  },
});

/** Without what it would take to undo it: that is in the row, and for the audit alone. */
const foundOf = ({ host, kind, subject, state, what, why }: Found): Static<typeof AuditFound> => ({
  host,
  kind,
  subject,
  state,
  what,
  why,
});

export const listFindings = own({
  method: 'GET',
  path: '/audit/findings',
  summary: 'What audits found, the newest first',
  audience: 'operator',
  query: Type.Object({
    host: Type.Optional(Type.String()),
    limit: Type.Optional(Type.Integer({ minimum: 0 })),
  }),
  reply: Type.Object({ findings: Type.Array(Finding) }),
  handle: ({ query: { host, limit = FINDINGS_SHOWN } }, { ledger }) =>
    ledger.read((view) => {
      const shelf = view.rows(findings);
      const rows = host === undefined ? [...shelf.values()] : [...shelf.by('host', host)];
      const newest = rows.sort((a, b) => b.id - a.id).slice(0, limit);
      return found({ findings: newest.map(findingOf) });
    }),
});

export const undoFinding = own({
  method: 'POST',
  path: '/audit/findings/:id/undo',
  summary: 'Puts back what a repair changed in the books; audits leave it alone from then on',
  audience: 'operator',
  query: none,
  reply: Type.Object({ finding: Finding }),
  refusals: { 409: 'it changed nothing in the books, or what it changed is not as it left it' },
  handle: async ({ params: { id = '' } }, { audits }) => {
    if (!/^[0-9]{1,15}$/.test(id)) return missing(`finding ${id}`);
    return written<FindingRow, UndoRefusal>(
      await audits.undo(Number(id)),
      (row) => found({ finding: findingOf(row) }),
      (why) => refusalOf(id, why),
    );
  },
});

function refusalOf(id: string, why: UndoRefusal) {
  switch (why.why) {
    case 'unknown-finding':
      return missing(`finding ${id}`);
    case 'nothing-to-undo':
      return refused(409, why.why, `finding ${id} changed nothing in the books that still stands`);
    case 'not-possible':
      return refused(409, why.why, `it cannot be put back: ${why.message}`);
  }
}

const findingOf = ({ undo, sequence, ...row }: FindingRow): Static<typeof Finding> => ({
  ...row,
  can_undo: row.state === 'repaired' && undo.length > 0,
  ledger_sequence: sequence,
});
