/**
 * What users may do to servers: each verb is one ledger request that writes the server's row and
 * the first log line of its saga together, and answers before the work is done.
 */
import type { ResetHow } from '../conductor/reset.ts';
import type { Unavailable } from '../ledger/ledger.ts';
import type { Deadline, Transfer } from '../ports/order.ts';
import type { Reply } from '../ports/reply.ts';
import type { DrainRow, PlannedMove } from '../servers/drains.ts';
import type { PowerChange } from '../servers/lifecycle.ts';
import type { Particulars } from '../servers/particulars.ts';
import type { OverQuota } from '../servers/quota.ts';
import type { FlavorRow, ServerRow } from '../servers/rows.ts';
import type { Backup } from './image-server.ts';

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
  /** Left out: nothing is said. */
  readonly particulars?: Particulars;
  /** Where it may be made, by host names; later moves are not bound by it. Left out: anywhere. */
  readonly bounds?: Bounds;
  /** How long it may wait for room where there is none now; left out: it is refused at once. */
  readonly wait_s?: number;
}

export interface Bounds {
  /** Hosts by name that are out of question. */
  readonly ignore_hosts: readonly string[];
  /** Those that were asked a moment ago, and refused or did not answer. */
  readonly tried_hosts?: readonly string[];
  /** Only these hosts; null: any. */
  readonly only_hosts: readonly string[] | null;
  /** The guest runs meanwhile: only devices that bear it. */
  readonly live?: boolean;
}

export type OperationRefusal =
  | Unavailable
  /** The project, or its user, would have more than it may. */
  | OverQuota
  | { readonly why: 'unknown-server' }
  /** The server is not in a state that allows it; `task_state` or `vm_state` says which. */
  | { readonly why: 'wrong-state'; readonly state: string; readonly message: string }
  /** It holds nothing of the host that it is on; the message says how to mend that. */
  | { readonly why: 'unheld'; readonly message: string }
  | { readonly why: 'unknown-host'; readonly host: string }
  /** Nobody can run it as it is asked for, or its host cannot and it is not to move. */
  | { readonly why: 'unfit'; readonly message: string }
  /** Its host may be running it still: nobody has said otherwise, or it was heard of since. */
  | { readonly why: 'not-fenced'; readonly host: string }
  /** No such live migration of it is under way. */
  | { readonly why: 'unknown-move' }
  /** Nothing can take it now; the explanation is stored under this id. */
  | {
      readonly why: 'no-valid-host';
      readonly message: string;
      readonly explanation_id: string | null;
    };

/** Of an operation that somebody has to look after. */
export type ResetRefusal =
  | Unavailable
  | { readonly why: 'unknown-operation' }
  | { readonly why: 'not-stuck'; readonly state: string }
  /** Its server is another's by now. */
  | { readonly why: 'in-the-way'; readonly message: string }
  /** It cannot do that; what it holds it holds still. */
  | { readonly why: 'no-way'; readonly message: string };

export interface HowMany {
  readonly least: number;
  readonly most: number;
}

/** What is to become of a live migration that is under way. */
export interface Steering {
  readonly how: 'abort' | 'hasten';
  /** Not one that is still being prepared. */
  readonly only_running: boolean;
}

/** Where a server of a dead host shall go, and whether it runs there. */
export interface EvacuateTo {
  /** Null: the scheduler chooses. */
  readonly host: string | null;
  readonly stopped: boolean;
}

/** Where a server that is on no host shall be from now on. */
export interface UnshelveTo {
  /** Null: any; left out: the one that it was asked for before. */
  readonly availability_zone?: string | null;
  /** Null: the scheduler chooses. */
  readonly host: string | null;
}

/** Who asks: locks bind everybody but operators. */
export interface Asker {
  readonly bound_by_locks: boolean;
}

export interface DeleteHow {
  /** For good, at once. */
  readonly force?: boolean;
  /** For good, if it was put away by then and is still. */
  readonly put_away_before_ms?: number;
}

/** Another disk for a server's guest, where it is. */
export type RefitWish =
  /** A fresh one; `about`: what else is to be said of it from then on. */
  | {
      readonly is: 'rebuild';
      readonly about: { readonly image_id: string } & Partial<
        Pick<ServerRow, 'name' | 'metadata' | 'key_name' | 'description' | 'particulars'>
      >;
    }
  /** `image_id` null: its own image. */
  | { readonly is: 'rescue'; readonly image_id: string | null }
  | { readonly is: 'unrescue' };

/** An image of a server. */
export interface ImageWish {
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Whose it is to be. */
  readonly project_id: string;
  readonly user_id: string;
  /** Null: it stays until somebody deletes it. */
  readonly backup: Backup | null;
}

export type DrainRefusal =
  | Unavailable
  | { readonly why: 'unknown-host'; readonly host: string }
  /** Nothing can be brought away from it: evacuate its servers. */
  | { readonly why: 'host-down'; readonly host: string }
  | { readonly why: 'not-draining'; readonly host: string };

/** Bringing every server away from a host. */
export interface Drains {
  /** What would become of each of them now. */
  plan(host: string): Promise<Reply<readonly PlannedMove[], DrainRefusal>>;
  /** Begins, or begins again: what could not be moved is tried once more. */
  start(host: string, moves_max: number): Promise<Reply<DrainRow, DrainRefusal>>;
  cancel(host: string): Promise<Reply<DrainRow, DrainRefusal>>;
}

export interface Operations {
  /** Rows for all of them, or for none where a quota forbids; each is placed for itself then. */
  createServers(asks: readonly CreateAsk[]): Promise<Reply<readonly ServerRow[], OperationRefusal>>;
  /** As many of one kind as fit, decided and claimed together; none where `least` do not fit. */
  createTogether(
    ask: CreateAsk,
    many: HowMany,
  ): Promise<Reply<readonly ServerRow[], OperationRefusal>>;
  /**
   * Allowed at any moment; a second one joins the first. Where the fleet's options say so it can be
   * restored for a while.
   */
  deleteServer(
    uuid: string,
    how?: DeleteHow,
  ): Promise<Reply<{ readonly run_id: string }, OperationRefusal>>;
  /** `host` null: the scheduler chooses. What of the deadline is left out is as is usual here. */
  liveMigrate(
    uuid: string,
    asker: Asker,
    host: string | null,
    deadline?: Partial<Deadline>,
  ): Promise<Reply<{ readonly run_id: string }, OperationRefusal>>;
  /** Starts, stops, pauses, reboots … it where it is; it holds what it holds. */
  switchPower(
    uuid: string,
    asker: Asker,
    change: PowerChange,
  ): Promise<Reply<{ readonly run_id: string }, OperationRefusal>>;
  /** Stops its live migration, or has it come to its end. */
  steerMigration(
    uuid: string,
    run_id: string,
    steering: Steering,
  ): Promise<Reply<void, OperationRefusal>>;
  /** How far it is sent; null: nobody knows. */
  progressOf(uuid: string): Promise<Transfer | null>;
  /** Makes it anew on another host; its own must be fenced. */
  evacuate(
    uuid: string,
    asker: Asker,
    to: EvacuateTo,
  ): Promise<Reply<{ readonly run_id: string }, OperationRefusal>>;
  /** Stops it, and takes it off its host as soon as the fleet's options say. */
  shelve(uuid: string, asker: Asker): Promise<Reply<{ readonly run_id: string }, OperationRefusal>>;
  /** Takes a shelved server off its host now. */
  shelveOffload(
    uuid: string,
    asker: Asker,
  ): Promise<Reply<{ readonly run_id: string }, OperationRefusal>>;
  unshelve(
    uuid: string,
    asker: Asker,
    to: UnshelveTo,
  ): Promise<Reply<{ readonly run_id: string }, OperationRefusal>>;
  /** Rebuilds, rescues or unrescues it where it is: the row as its owner sees it from now on. */
  refit(uuid: string, wish: RefitWish, asker: Asker): Promise<Reply<ServerRow, OperationRefusal>>;
  /** Gives it another flavor, on another host or, where the fleet allows it, on its own. */
  resize(
    uuid: string,
    asker: Asker,
    flavor: FlavorRow,
    said?: Partial<Particulars>,
  ): Promise<Reply<{ readonly run_id: string }, OperationRefusal>>;
  /** Moves it while it is off; `host` null: the scheduler chooses. */
  coldMigrate(
    uuid: string,
    asker: Asker,
    host: string | null,
  ): Promise<Reply<{ readonly run_id: string }, OperationRefusal>>;
  /** It stays where one of these two has brought it, as it is now. */
  confirmResize(
    uuid: string,
    asker: Asker,
  ): Promise<Reply<{ readonly run_id: string }, OperationRefusal>>;
  /** It goes back to where it came from, as it was. */
  revertResize(
    uuid: string,
    asker: Asker,
  ): Promise<Reply<{ readonly run_id: string }, OperationRefusal>>;
  /** Done when the guest has the interrupt on which its kernel may dump itself. */
  crashDump(uuid: string, asker: Asker): Promise<Reply<void, OperationRefusal>>;
  /** Makes an image of its disk; the image is there at once, and active when it is whole. */
  createImage(
    uuid: string,
    wish: ImageWish,
  ): Promise<Reply<{ readonly image_id: string; readonly run_id: string }, OperationRefusal>>;
  /** Done when the guest has it. It is written down nowhere, so no run could carry it. */
  changePassword(
    uuid: string,
    asker: Asker,
    password: string,
  ): Promise<Reply<void, OperationRefusal>>;
  /** Has an operation that is stuck try again, or undo what it has done. */
  resetOperation(
    run_id: string,
    how: ResetHow,
  ): Promise<Reply<{ readonly run_id: string }, ResetRefusal>>;
  /** What its guest wrote on its serial console. */
  console(uuid: string): Promise<Reply<string, OperationRefusal>>;
  /** What is to be seen on its guest's screen: a PNG file, in base64. */
  screenshot(uuid: string): Promise<Reply<string, OperationRefusal>>;
}
