/**
 * The hypervisor: what really runs the guests of one host. Drivers: sim/hypervisor.ts (`simulated`)
 * so far; each keeps hypervisor.contract.ts.
 *
 *   look    describe · guests · progress · console · screenshot
 *   act     boot · power · reboot · refit · snapshot · destroy · receive · send · abort · hasten
 *           park · unpark · ship
 *   decide  seal · close
 *
 * A verb that acts carries the key of the step that asks for it, and one that makes a guest leaves
 * its key on the guest (`made_by`). The verbs fit what QEMU's monitor offers: `receive` starts a
 * guest that waits for its memory, `send` streams it there and hands over, `progress` asks how far.
 *
 *   H1  the same key asked again does nothing twice: a guest made by it is simply there;
 *   H2  a closed key never acts again, not even a request that was held up on its way;
 *   H3  `destroy` leaves nothing of the guest; where there is nothing it is done at once. The step
 *       that made a guest which was destroyed, or has moved on, counts as closed;
 *   H4  one guest never runs in two places: the source pauses it for good before the destination
 *       lets it run, and a source whose guest was not taken lets it run again; one that was paused
 *       before is paused on whichever side it is;
 *   H5  after `seal` the landing has its guest, or never will
 *       (post-copy: it runs there before all of its memory is, and whoever goes down then takes the
 *       rest along: it has crashed there. Nothing brings it back; while the rest is on its way,
 *       `seal` answers no);
 *   H6  a request without an answer (`lost`) may have been carried out; `guests` tells;
 *   H7  a step that switches a guest (`power`, `reboot`, `refit`) leaves its key on it before the
 *       guest is touched (`switched_by`), and never acts again; the step that did so before it
 *       counts as closed from then on;
 *   H8  a guest that was set aside (`park`) is off and stays so, and none of its steps acts any
 *       more. Another guest of its UUID may be made beside it. Only `unpark` of that step brings it
 *       back, only `destroy` ends it; `ship` copies it and leaves it as it is.
 */
import type { MachineDevice, PersistentMemory } from './device.ts';
import type {
  Deadline,
  GuestSpec,
  PowerState,
  PowerTarget,
  Refit,
  Snapshot,
  StepKey,
  Transfer,
} from './order.ts';
import type { Reply } from './reply.ts';

/** The machine, before anybody's reservations and ratios. */
export interface Machine {
  /** As the Compute API names it, e.g. `QEMU`. */
  readonly hypervisor_type: string;
  /** Major × 1,000,000 + minor × 1,000 + release. */
  readonly hypervisor_version: number;
  readonly cpu_info: Readonly<Record<string, unknown>>;
  readonly cores: number;
  readonly memory_mib: number;
  readonly disk_gib: number;
  /** When the machine was started; left out: the driver does not know. */
  readonly booted_at_ms?: number;
  readonly cells: readonly MachineCell[];
  /** Left out: none that it knows of. */
  readonly devices?: readonly MachineDevice[];
  /** Left out: none. */
  readonly persistent_memory?: readonly PersistentMemory[];
  /** Figures of this moment, by upstream's names of metrics; left out: its driver takes none. */
  readonly metrics?: Readonly<Record<string, number>>;
  /** Names of the traits that the machine and its driver have, without COMPUTE_NODE. */
  readonly traits: readonly string[];
  /** What of it could not be made sense of, for its operator to know; left out: nothing. */
  readonly problems?: readonly string[];
}

export interface MachineCell {
  readonly cell: number;
  readonly cores: number;
  readonly memory_mib: number;
  /** Left out: the driver does not know. */
  readonly socket?: number;
  /** The CPUs by core, as the machine numbers them; left out: the driver does not know. */
  readonly cpus?: readonly (readonly number[])[];
  /** What of its memory is cut into pages other than ordinary ones; left out: none. */
  readonly pages?: readonly { readonly size_kib: number; readonly total: number }[];
}

/** A guest that is here in whatever state; it takes its room in each of them. */
export interface Guest {
  readonly spec: GuestSpec;
  readonly power: PowerState;
  /** The step that made it here: a boot or a landing. */
  readonly made_by: StepKey;
  /** The last step that switched or rebooted it here; null: none since it was made. */
  readonly switched_by: StepKey | null;
  /** It runs from another disk than its own. */
  readonly rescued: boolean;
  /** Not here yet: a landing that still waits for it. */
  readonly awaited: boolean;
  /** Set aside by a `park`, whose key is its `made_by`. */
  readonly parked: boolean;
}

export type { Transfer };

/** Why a driver would not; nothing was changed. */
export type HypervisorRefusal =
  /** The step was closed: do not ask again. */
  | { readonly why: 'closed' }
  | { readonly why: 'unknown-guest' }
  /** A guest of this UUID is here already, made by another step. */
  | { readonly why: 'exists'; readonly made_by: StepKey }
  /** What it is to be made from is at fault, and would be so on any host. */
  | { readonly why: 'bad-image'; readonly message: string }
  /** A sending was stopped: somebody wanted that, or its time was up. */
  | { readonly why: 'aborted'; readonly message: string }
  | { readonly why: 'failed'; readonly message: string };

export type HypervisorReply<T> = Promise<Reply<T, HypervisorRefusal>>;

export interface Hypervisor {
  describe(): HypervisorReply<Machine>;
  guests(): HypervisorReply<readonly Guest[]>;
  /**
   * Creates and starts the guest, with a disk made of `disk_image_id`, or else of its own image;
   * starts it again where the same step made it and it crashed.
   */
  boot(
    key: StepKey,
    spec: GuestSpec,
    disk_image_id?: string,
  ): HypervisorReply<{ readonly power: PowerState }>;
  /**
   * Switches a guest where it is. From whatever it is to `running` or `off`; to `paused` or
   * `suspended` (memory on disk) only a guest that runs. `off` asks the guest to shut down first,
   * and cuts it off after `grace_ms`; 0: at once. With `after`: only if that step was the last that
   * made or switched it; otherwise it is left alone.
   */
  power(
    key: StepKey,
    uuid: string,
    to: PowerTarget,
    grace_ms: number,
    after?: StepKey,
  ): HypervisorReply<void>;
  /** Starts it anew: as it likes to itself, within `grace_ms`, else by force; 0: by force. */
  reboot(key: StepKey, uuid: string, grace_ms: number): HypervisorReply<void>;
  /**
   * Gives it another disk to start from, and starts it. What it needs for that is made ready first:
   * a `no` leaves the guest as it was, with its key or without. Once it was touched, the answer is
   * `done`, even if the guest does not come up again: then it has crashed.
   */
  refit(key: StepKey, uuid: string, refit: Refit): HypervisorReply<void>;
  /**
   * Saves the guest's own disk, as it is at one instant, as the bytes of that image; the guest goes
   * on. Asked again, it may save a later instant. A closed step leaves no bytes behind.
   */
  snapshot(key: StepKey, uuid: string, image_id: string): HypervisorReply<Snapshot>;
  /** By an agent within the guest, which must run; `failed` where there is none. Keeps no trace. */
  setPassword(uuid: string, password: string): HypervisorReply<void>;
  /** A non-maskable interrupt to a guest that runs or is paused. Keeps no trace. */
  interrupt(uuid: string): HypervisorReply<void>;
  /** What it wrote on its serial console, as far as that is kept. */
  console(uuid: string): HypervisorReply<{ readonly text: string }>;
  /** What is to be seen of a guest that runs or is paused: a PNG file, in base64. */
  screenshot(uuid: string): HypervisorReply<{ readonly png: string }>;
  /**
   * Whatever is here of it, set aside or awaited too. With `made_by`: only what that step made, or
   * set aside; everything else of this UUID is left alone.
   */
  destroy(key: StepKey, uuid: string, made_by?: StepKey): HypervisorReply<void>;
  /**
   * Prepares a landing, and gives the address to send to: one that no other landing ever has. A
   * `cold` one is for a guest that comes off (`ship`); it may stand beside a guest of that UUID.
   */
  receive(
    key: StepKey,
    spec: GuestSpec,
    cold?: boolean,
  ): HypervisorReply<{ readonly address: string }>;
  /** Shuts the guest down, by force after `grace_ms`, and sets it aside. */
  park(key: StepKey, uuid: string, grace_ms: number): HypervisorReply<void>;
  /** What `parked` set aside is here again, and runs if it ran. Nothing there: done at once. */
  unpark(key: StepKey, uuid: string, parked: StepKey): HypervisorReply<void>;
  /** Gives a copy of it to a cold landing, which then has the guest, off, with its own sizes. */
  ship(key: StepKey, uuid: string, parked: StepKey, address: string): HypervisorReply<void>;
  /**
   * Moves a guest that runs or is paused, and stays so there; after `no` it is here as before. The
   * driver keeps the deadline by itself, as `abort` or `hasten` would: of a sending that is past
   * handing over by then nothing is left to be done. A driver that cannot have a guest fetch
   * the rest refuses `post-copy`, and says why, before anything is done.
   */
  send(
    key: StepKey,
    uuid: string,
    address: string,
    deadline?: Deadline,
  ): HypervisorReply<{ readonly downtime_ms: number }>;
  /** Null when the guest is not being sent. */
  progress(uuid: string): HypervisorReply<Transfer | null>;
  /**
   * Stops a sending, which then answers no. One that is past handing over goes on to its end. With
   * `sending`: only the one that this step began.
   */
  abort(key: StepKey, uuid: string, sending?: StepKey): HypervisorReply<void>;
  /**
   * Has a sending come to its end though the guest writes faster than it is sent: at the end of a
   * pass the guest stands still for as long as the rest takes; or goes on there, if that is what
   * its deadline would have it do.
   */
  hasten(key: StepKey, uuid: string, sending?: StepKey): HypervisorReply<void>;
  seal(key: StepKey, uuid: string, landing: StepKey): HypervisorReply<{ readonly landed: boolean }>;
  /** Shuts out whatever of this step is still to come. */
  close(key: StepKey): HypervisorReply<void>;
}
