/** What a control plane may order an agent to do, and what an agent may answer. */
import type { GuestDevice } from './device.ts';

/** Names one step of one run: `run/step`, and `run/step/undo` never clashes with it. */
export type StepKey = string;

/** What a host needs to know of a guest to run it. Sizes as claimed in the ledger. */
export interface GuestSpec {
  readonly uuid: string;
  readonly name: string;
  readonly vcpus: number;
  readonly memory_mib: number;
  readonly disk_gib: number;
  /** Null: boots from nothing. */
  readonly image_id: string | null;
  /** One for each guest NUMA node; empty for a guest without a topology. */
  readonly nodes: readonly {
    readonly cell: number;
    readonly vcpus: number;
    readonly memory_mib: number;
    /** Its memory must not be over-committed; left out: it may be. */
    readonly exact?: boolean;
    /** What all of its memory is made of; left out: ordinary pages. */
    readonly pages?: { readonly size_kib: number; readonly count: number };
    /** CPUs of the host that nobody else runs on; left out: none. */
    readonly pins?: readonly GuestPin[];
  }[];
  /** Left out: none. */
  readonly devices?: readonly GuestDevice[];
  /** Left out: as every guest. */
  readonly manner?: GuestManner;
  /** What it reads of itself on a read-only volume labelled `config-2`; left out: it has none. */
  readonly drive?: readonly DriveFile[];
}

/** A file by its path on the volume, e.g. `openstack/latest/user_data`. */
export type DriveFile =
  | { readonly path: string; readonly text: string }
  | { readonly path: string; readonly base64: string };

/** How it is to be run; a host whose driver cannot says no. */
export interface GuestManner {
  /** Its memory stays in memory, whatever else needs some. */
  readonly locked_memory?: true;
  /** Those that nothing else of the host runs before. */
  readonly realtime_vcpus?: readonly number[];
}

export interface GuestPin {
  readonly cpu: number;
  /** A vCPU of the guest, the emulator's threads, or nothing at all. */
  readonly use: 'vcpu' | 'emulator' | 'idle';
  readonly vcpu: number | null;
}

/** What a guest can be told to be; `suspended`: its memory is on disk. */
export type PowerTarget = 'running' | 'off' | 'paused' | 'suspended';
export type PowerState = PowerTarget | 'crashed';

/** What becomes of a guest's disk, where it is; its place and its sizes stay as they are. */
export type Refit =
  /** A fresh one of this image: what was on it is gone. Then it is `to`. */
  | {
      readonly is: 'rebuilt';
      readonly image_id: string | null;
      readonly name: string;
      readonly to: 'running' | 'off';
      /** What is on its drive from now on; left out: as before. */
      readonly drive?: readonly DriveFile[];
    }
  /** Runs from a disk made of this image, with its own one second. */
  | { readonly is: 'rescued'; readonly image_id: string | null }
  /** Runs from its own disk again. */
  | { readonly is: 'unrescued' };

export interface GuestReport {
  readonly uuid: string;
  readonly power: PowerState;
  readonly vcpus: number;
  readonly memory_mib: number;
  readonly disk_gib: number;
  /** The step that made it here: a boot, or the landing that it came by. */
  readonly made_by: StepKey;
  /** The last step that switched or rebooted it here; null: none since it was made. */
  readonly switched_by: StepKey | null;
  /** Not here yet: a landing that still waits for it. */
  readonly awaited: boolean;
  /** Set aside by a `park`, whose key is its `made_by`: off, and not the server's guest now. */
  readonly parked: boolean;
  /** What it was made with, as its order had it; left out by agents of an earlier version. */
  readonly nodes?: GuestSpec['nodes'];
  /** The ids of its devices; left out: none. */
  readonly devices?: readonly string[];
}

export type Order =
  /** Creates and starts the guest. Idempotent by key. */
  | {
      readonly verb: 'boot';
      readonly key: StepKey;
      readonly guest: GuestSpec;
      /** Its disk begins as this image, though the guest is of another; left out: as its own. */
      readonly disk_image_id?: string;
    }
  /**
   * Stops and removes whatever of the guest is here, if anything, and closes `closes`: the step
   * that may have made it.
   */
  | {
      readonly verb: 'destroy';
      readonly key: StepKey;
      readonly uuid: string;
      readonly closes: StepKey | null;
      /** Only the guest that this step made; one that another step made since is left alone. */
      readonly made_by?: StepKey;
    }
  /** Switches the guest that is here. `off` leaves it `grace_ms` to shut down by itself. */
  | {
      readonly verb: 'power';
      readonly key: StepKey;
      readonly uuid: string;
      readonly to: PowerTarget;
      readonly grace_ms: number;
      /** Only if this step was the last that made or switched it; otherwise it is left alone. */
      readonly after?: StepKey;
    }
  /** Starts the guest anew: by itself within `grace_ms`, else by force; 0: by force. */
  | {
      readonly verb: 'reboot';
      readonly key: StepKey;
      readonly uuid: string;
      readonly grace_ms: number;
    }
  /** Gives the guest another disk to start from. */
  | {
      readonly verb: 'refit';
      readonly key: StepKey;
      readonly uuid: string;
      readonly refit: Refit;
    }
  /**
   * Decides for good whether `step` has switched, rebooted or refitted the guest. It has: `acted`
   * true. It has not: the step is closed, and it never will.
   */
  | {
      readonly verb: 'conclude';
      readonly key: StepKey;
      readonly uuid: string;
      readonly step: StepKey;
    }
  /**
   * Prepares to receive the guest from another host; gives the address that it listens on. `cold`:
   * it comes off, and may come from this very host.
   */
  | {
      readonly verb: 'receive';
      readonly key: StepKey;
      readonly guest: GuestSpec;
      readonly cold?: true;
    }
  /** Shuts the guest down, within `grace_ms`, and sets it aside with all that is its own. */
  | {
      readonly verb: 'park';
      readonly key: StepKey;
      readonly uuid: string;
      readonly grace_ms: number;
    }
  /**
   * Brings back what the step `parked` set aside, as it was; that step never acts any more. What
   * the step `instead_of` has put in its place goes first, and that step is over too.
   */
  | {
      readonly verb: 'unpark';
      readonly key: StepKey;
      readonly uuid: string;
      readonly parked: StepKey;
      /** Left out: nothing can stand there; agents of an earlier version clear nothing. */
      readonly instead_of?: StepKey;
    }
  /** Copies the guest that the step `parked` set aside to a cold landing. */
  | {
      readonly verb: 'ship';
      readonly key: StepKey;
      readonly uuid: string;
      readonly parked: StepKey;
      readonly address: string;
    }
  /** Sends the running guest to `address`; answers when it runs there and no longer here. */
  | {
      readonly verb: 'send';
      readonly key: StepKey;
      readonly uuid: string;
      readonly address: string;
      /** Left out: it may take as long as it likes. */
      readonly deadline?: Deadline;
    }
  /**
   * Decides for good, on the destination, whether the guest that `landing` awaited has arrived. It
   * runs here: `landed` true. It does not: the landing is closed, and it never will.
   */
  | {
      readonly verb: 'seal';
      readonly key: StepKey;
      readonly uuid: string;
      readonly landing: StepKey;
    }
  /** Stops the sending that `sending` began, or has it come to its end, however long the pause. */
  | {
      readonly verb: 'steer';
      readonly key: StepKey;
      readonly uuid: string;
      readonly sending: StepKey;
      readonly how: 'abort' | 'hasten';
    }
  /** How far the sending of the guest is. */
  | { readonly verb: 'progress'; readonly key: StepKey; readonly uuid: string }
  /** Makes an image of the guest's disk as it is: its bytes are the image's. The guest goes on. */
  | {
      readonly verb: 'snapshot';
      readonly key: StepKey;
      readonly uuid: string;
      readonly image_id: string;
    }
  /** Has an agent within the guest set its administrator's password. */
  | {
      readonly verb: 'password';
      readonly key: StepKey;
      readonly uuid: string;
      readonly password: string;
    }
  /** Sends the guest a non-maskable interrupt, on which its kernel may dump itself. */
  | { readonly verb: 'interrupt'; readonly key: StepKey; readonly uuid: string }
  /** What the guest wrote on its serial console. */
  | { readonly verb: 'console'; readonly key: StepKey; readonly uuid: string }
  /** What is to be seen on its screen. */
  | { readonly verb: 'screenshot'; readonly key: StepKey; readonly uuid: string }
  /** What runs here: for the audit, and for whoever lost an answer. */
  | { readonly verb: 'list'; readonly key: StepKey };

/**
 * What the source does with a sending whose time is up. `pause`: see `hasten`. `post-copy`: the
 * guest goes on over there, and fetches what it touches; whoever goes down then takes it along.
 */
export const AT_DEADLINE = ['abort', 'pause', 'post-copy'] as const;
export type AtDeadline = (typeof AT_DEADLINE)[number];

/** Longer than that no timer of a host can wait. */
export const DEADLINE_S_MAX = 2_000_000;

/** How long a sending may take. The source keeps it, whether anybody hears from it or not. */
export interface Deadline {
  /** Counted from the beginning of the transfer. */
  readonly after_ms: number;
  readonly action: AtDeadline;
}

/**
 * How a sending goes on. What a pass leaves over is what the guest wrote meanwhile. What may be
 * left out, agents of an earlier version do not say.
 */
export interface Transfer {
  readonly passes: number;
  readonly sent_mib: number;
  readonly remaining_mib: number;
  readonly dirty_mib_per_s: number;
  /** How long it will take still, by leftMs (transfer.ts); null: nobody can tell. */
  readonly left_ms?: number | null;
  /** It runs over there already, and this is what it has not got yet; left out: it does not. */
  readonly post_copy?: true;
  /** Null: none, or it was met, and what was to be done then was begun. */
  readonly deadline?: { readonly in_ms: number; readonly action: AtDeadline } | null;
}

/** The bytes of an image, as they were saved. */
export interface Snapshot {
  readonly disk_format: string;
  readonly size_bytes: number;
  /** MD5, as 32 hex digits. */
  readonly checksum: string;
}

export interface OrderResult {
  readonly boot: { readonly power: PowerState };
  readonly destroy: Record<string, never>;
  readonly power: Record<string, never>;
  readonly reboot: Record<string, never>;
  readonly refit: Record<string, never>;
  readonly conclude: { readonly acted: boolean };
  readonly steer: Record<string, never>;
  /** Null: it is not being sent. */
  readonly progress: { readonly transfer: Transfer | null };
  readonly snapshot: Snapshot;
  readonly password: Record<string, never>;
  readonly interrupt: Record<string, never>;
  readonly console: { readonly text: string };
  /** A PNG file, in base64. */
  readonly screenshot: { readonly png: string };
  readonly receive: { readonly address: string };
  readonly park: Record<string, never>;
  readonly unpark: Record<string, never>;
  readonly ship: Record<string, never>;
  readonly send: { readonly downtime_ms: number };
  readonly seal: { readonly landed: boolean };
  readonly list: { readonly guests: readonly GuestReport[] };
}

/** Why an agent refused; it changed nothing. */
export type OrderRefusal =
  /** The step was undone meanwhile: do not ask again. */
  | { readonly why: 'closed' }
  /** The host cannot bear it: pick another. */
  | { readonly why: 'no-room'; readonly message: string }
  /** No such guest here. */
  | { readonly why: 'unknown-guest' }
  /** What it is to be made from is at fault: do not pick another, it would be the same there. */
  | { readonly why: 'bad-image'; readonly message: string }
  /** A sending was stopped: somebody wanted that, or its time was up. */
  | { readonly why: 'aborted'; readonly message: string }
  /** The hypervisor would not; `message` says what it said. */
  | { readonly why: 'hypervisor'; readonly message: string };
