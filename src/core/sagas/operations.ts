/**
 * What users may do to servers: each verb is one ledger request that writes the server's row and
 * the first log line of its saga together, and answers before the work is done.
 */
import type { Unavailable } from '../ledger/ledger.ts';
import type { Reply } from '../ports/reply.ts';
import type { PowerChange } from '../servers/lifecycle.ts';
import type { OverQuota } from '../servers/quota.ts';
import type { FlavorRow, ServerRow } from '../servers/rows.ts';

export interface CreateAsk {
  readonly name: string;
  readonly project_id: string;
  readonly user_id: string;
  readonly flavor: FlavorRow;
  readonly image_id: string | null;
  /** Image properties that bear on placement, e.g. traits and hw_numa_nodes. */
  readonly image_properties: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly key_name: string | null;
  readonly description: string | null;
  readonly tags: readonly string[];
  readonly availability_zone: string | null;
  readonly group_uuid: string | null;
  readonly hints: Readonly<Record<string, unknown>>;
  /** Where it may be made, by host names; later moves are not bound by it. Left out: anywhere. */
  readonly bounds?: Bounds;
}

export interface Bounds {
  /** Hosts by name that are out of question. */
  readonly ignore_hosts: readonly string[];
  /** Those that were asked a moment ago, and refused or did not answer. */
  readonly tried_hosts?: readonly string[];
  /** Only these hosts; null: any. */
  readonly only_hosts: readonly string[] | null;
}

export type OperationRefusal =
  | Unavailable
  /** The project, or its user, would have more than it may. */
  | OverQuota
  | { readonly why: 'unknown-server' }
  /** The server is not in a state that allows it; `task_state` or `vm_state` says which. */
  | { readonly why: 'wrong-state'; readonly state: string; readonly message: string }
  | { readonly why: 'unknown-host'; readonly host: string }
  /** Nothing can take it now; the explanation is stored under this id. */
  | {
      readonly why: 'no-valid-host';
      readonly message: string;
      readonly explanation_id: string | null;
    };

export interface HowMany {
  readonly least: number;
  readonly most: number;
}

export interface Operations {
  /** Rows for all of them, or for none where a quota forbids; each is placed for itself then. */
  createServers(asks: readonly CreateAsk[]): Promise<Reply<readonly ServerRow[], OperationRefusal>>;
  /** As many of one kind as fit, decided and claimed together; none where `least` do not fit. */
  createTogether(
    ask: CreateAsk,
    many: HowMany,
  ): Promise<Reply<readonly ServerRow[], OperationRefusal>>;
  /** Allowed at any moment; a second one joins the first. */
  deleteServer(uuid: string): Promise<Reply<{ readonly run_id: string }, OperationRefusal>>;
  /** `host` null: the scheduler chooses. */
  liveMigrate(
    uuid: string,
    host: string | null,
  ): Promise<Reply<{ readonly run_id: string }, OperationRefusal>>;
  /** Starts, stops, pauses, reboots … it where it is; it holds what it holds. */
  switchPower(
    uuid: string,
    change: PowerChange,
  ): Promise<Reply<{ readonly run_id: string }, OperationRefusal>>;
  /** What its guest wrote on its serial console. */
  console(uuid: string): Promise<Reply<string, OperationRefusal>>;
}
