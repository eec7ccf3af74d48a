/**
 * What audits found, and what they did about it: the last FINDINGS_MAX of them.
 *
 *            ┌── put right by a later audit ──► repaired ── put back ──► undone
 *   left ────┤                                     ▲
 *            └── no longer there ──► gone          └── put right when it was found
 *
 * One row for a difference for as long as it stays the same, so that one that nobody can mend is
 * told once and not every minute. What an operator has put back is left alone from then on, for as
 * long as its row is kept.
 */
import { table } from '../base/table.ts';
import type { Claim } from '../ledger/claim.ts';
import type { Unavailable } from '../ledger/ledger.ts';
import type { Reply } from '../ports/reply.ts';
import type { VmState } from './rows.ts';

export const FINDINGS_MAX = 1000;

export type FindingState = 'left' | 'repaired' | 'undone' | 'gone';

/** One change of the books that a repair made: put back only where it still stands. */
export type Undo =
  | {
      readonly is: 'hold';
      readonly consumer_uuid: string;
      /** Null: it held nothing. */
      readonly before: Claim | null;
      readonly after: Claim | null;
    }
  | {
      readonly is: 'server';
      readonly uuid: string;
      readonly before: ServerPart;
      readonly after: ServerPart;
    };

/** What a repair may change of a server's row. */
export interface ServerPart {
  readonly host: string | null;
  readonly vm_state: VmState;
}

export interface FindingRow {
  readonly id: number;
  readonly host: string;
  /** Which difference it is (agent/reconcile.ts). */
  readonly kind: string;
  /** Whose: the UUID of a server or consumer, or what of the host it is about. */
  readonly subject: string;
  readonly state: FindingState;
  /** What differs, and what was done or why nothing was, each in a sentence. */
  readonly what: string;
  readonly why: string;
  /** Empty: nothing in the books was changed. */
  readonly undo: readonly Undo[];
  /** How many batches the ledger had committed when the host was asked. */
  readonly sequence: number;
  readonly found_at_ms: number;
  readonly changed_at_ms: number;
}

export const findings = table<FindingRow>({
  name: 'audit_finding',
  columns: {
    id: 'integer',
    host: 'text',
    kind: 'text',
    subject: 'text',
    state: 'text',
    what: 'text',
    why: 'text',
    undo: 'json',
    sequence: 'integer',
    found_at_ms: 'integer',
    changed_at_ms: 'integer',
  },
  primary: ['id'],
  indexes: ['host'],
});

/** One difference, as an audit tells it at once. */
export interface Found {
  readonly host: string;
  readonly kind: string;
  readonly subject: string;
  readonly state: 'left' | 'repaired';
  readonly what: string;
  readonly why: string;
}

export interface AuditReport {
  readonly found: readonly Found[];
  /** How many hosts answered. */
  readonly audited: number;
  /** Those that did not. */
  readonly silent: readonly string[];
}

export type UndoRefusal =
  | { readonly why: 'unknown-finding' }
  /** It changed nothing in the books, or was undone before. */
  | { readonly why: 'nothing-to-undo' }
  /** What it changed is not as it left it, or cannot be had again. */
  | { readonly why: 'not-possible'; readonly message: string };

/** The audit, as operators ask for it. */
export interface Audits {
  /** Audits that host, or all; null: no such host. A dry one changes nothing, there and here. */
  audit(host: string | null, dry: boolean): Promise<AuditReport | null>;
  /** Puts back what a repair changed in the books, if that still can be. */
  undo(id: number): Promise<Reply<FindingRow, UndoRefusal | Unavailable>>;
}
