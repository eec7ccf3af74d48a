/**
 * A guest that is here: its folder and its record. What runs it is the matter of an engine: a
 * process of our own (process-guest.ts), or a domain of libvirt (../libvirt/domain-guest.ts).
 *
 *   here    start · restore · goOn · halt · interrupt · shutDown · suspend · backUp · end · letGo
 *           screen
 *           power · turnedItselfOff · findAgain
 *   comes   awaitIt ─► welcome ─► hasArrived ─► settleIn
 *   leaves  offer ─► stream ─► depart, or stay;  meanwhile: transfer · hurry · stopSending
 *
 * What it was told to be is in the record; what it is, its engine says (`power`). A guest that
 * nothing runs though it was to run has crashed.
 */
import { existsSync } from 'node:fs';
import type { HypervisorRefusal } from '../../core/ports/hypervisor.ts';
import type { Deadline, PowerState, Transfer } from '../../core/ports/order.ts';
import type { Decision, Reply } from '../../core/ports/reply.ts';
import type { DiskFormat } from './command-line.ts';
import type { Sending } from './departure.ts';
import type { OpenLanding, Parcel } from './door.ts';
import type { GuestFolder, GuestRecord } from './guest-folder.ts';
import type { Place } from './places.ts';
import { Turns } from './waiting.ts';

/** While it is suspended, what it had in its memory. */
export const MEMORY = 'memory';

/** Why not, in the hypervisor's words or already in those of its port. */
export type Trouble = string | HypervisorRefusal;

/** `lost`: it may have been done. */
export type Outcome = Reply<void, string>;

/** How far a sending is, and how fast it gets on. */
export interface Transferred extends Omit<Transfer, 'left_ms' | 'deadline'> {
  readonly carried_mib_per_s: number;
}

/** How an engine has a guest go on over there before all of it is (post-copy.ts). */
export interface PostCopy {
  /** At the source: it is to go on there as soon as its memory has begun to flow. */
  switchOver(sending: Sending): Promise<void>;
  /** At the source, once it runs there: until all of it is sent; false: nobody can tell. */
  sendRest(address: string, isOver: () => boolean): Promise<boolean>;
  /** At the source, in another life: tries once to send on what was cut off. */
  getOn(address: string): Promise<void>;
  /** At the destination: a part of it is not here yet. */
  isFetching(): Promise<boolean>;
  /** At the destination: where the rest is to be sent after a cut; null: it fetches nothing. */
  awaitRest(): Promise<Place | null>;
  /** At the destination: until all of it is here, or never will be; then it is ended. */
  watchRest(isOver: () => boolean): Promise<void>;
}

export abstract class Resident {
  readonly folder: GuestFolder;
  readonly record: GuestRecord;
  /** Verbs that act on the guest act one after another. */
  readonly turns = new Turns();
  sending: Sending | null = null;

  constructor(folder: GuestFolder, record: GuestRecord) {
    this.folder = folder;
    this.record = record;
  }

  get uuid(): string {
    return this.record.spec.uuid;
  }

  get suspended(): boolean {
    return existsSync(this.folder.file(MEMORY));
  }

  /** On purpose, and not since it is being sent. */
  get isPaused(): boolean {
    return this.record.wanted === 'paused';
  }

  keep = (): Promise<Decision<void, string>> => this.folder.keep(this.record);

  // ── here ───────────────────────────────────────────────────────────────────────────────────

  /** Starts it from its disk; it stands still until it is told to go on. */
  abstract start(): Promise<Outcome>;
  /** Brings back its memory from disk; it stands still. */
  abstract restore(): Promise<Outcome>;
  abstract goOn(): Promise<Outcome>;
  /** It stands still from now on. */
  abstract halt(): Promise<Outcome>;
  /** Sends it the interrupt that cannot be masked. */
  abstract interrupt(): Promise<Outcome>;
  /** What is to be seen of it: a PNG file. */
  abstract screen(): Promise<Reply<Uint8Array, string>>;
  /** Asks it to, and waits for as long as it is given. */
  abstract shutDown(grace_ms: number): Promise<void>;
  /** Its memory is on disk, and nothing runs it any more; what fails leaves it standing still. */
  abstract suspend(): Promise<Outcome>;
  /** Copies its disk to that file, as it is at one instant; null: nothing runs it. */
  abstract backUp(name: string, format: DiskFormat): Promise<Decision<void, string> | null>;
  /** Null: nobody can tell. */
  abstract power(): Promise<PowerState | null>;
  /** It was to run, and has shut down by itself since. */
  abstract turnedItselfOff(): Promise<boolean>;
  /** Once, after its record was read by a new life. */
  abstract findAgain(): Promise<void>;
  /** Ends by force what runs it. */
  abstract end(): Promise<void>;
  /** Leaves the guest alone: it goes on without us. */
  abstract letGo(): void;

  // ── comes ──────────────────────────────────────────────────────────────────────────────────

  /** All that it needs is in its folder: makes ready what else there must be. */
  abstract awaitIt(): Promise<Decision<void, Trouble>>;
  /** Somebody offers this guest: where it is to be streamed to. */
  abstract welcome(offered: Parcel): Promise<Decision<OpenLanding, string>>;
  /** All of it is here, and stands still. */
  abstract hasArrived(brought: Parcel): Promise<Decision<void, string>>;
  /** It is ours, before it goes on. */
  abstract settleIn(): Promise<void>;

  // ── leaves ─────────────────────────────────────────────────────────────────────────────────

  /** Null: it goes on there only when all of it is. */
  abstract readonly postCopy: PostCopy | null;

  /** What the destination needs to know first. */
  abstract offer(): Promise<Decision<Parcel, string>>;
  /** What keeps it from going there, by that deadline; null: nothing. */
  abstract misfit(to: OpenLanding, deadline: Deadline | null): string | null;
  /**
   * `done`: the guest stands still for good, and all of it has left, but for what is to be told on
   * arrival, or follows (`sending.fetched`); `no`: it is here.
   */
  abstract stream(sending: Sending, isClosed: () => boolean): Promise<Decision<Parcel, string>>;
  /** False: it certainly was never announced as arrived. */
  abstract mayHaveLeft(): Promise<boolean>;
  /** Nothing came of it: it is as it was before. */
  abstract stay(): Promise<void>;
  /** It was taken, and is never to be had here again. */
  abstract depart(): Promise<void>;
  abstract stopSending(sending: Sending): Promise<void>;
  abstract hurry(): Promise<void>;
  /** How far it is; null: it does not say yet. */
  abstract transfer(): Promise<Transferred | null>;
}
