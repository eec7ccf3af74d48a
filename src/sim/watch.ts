/**
 * The watch over a world: follows the disk, asks every checker after each event, and remembers what
 * was complained about.
 *
 *   disk ──change records──► follower (a state that never decided anything) ──► checkers
 *   machines ──look──────────────────────────────────────────────────────────►    │
 *   clients' own history ────────────────────────────────────────────────────►    ▼
 *                                                                            violations
 */
import type { Table } from '../core/base/table.ts';
import { checkBooks } from '../core/ledger/audit.ts';
import type { View } from '../core/ledger/draft.ts';
import { State } from '../core/ledger/state.ts';
import type { Batch } from '../core/ports/store.ts';
import type { Complaint } from './checkers/complaint.ts';
import { devicesAfter } from './checkers/devices.ts';
import { HostChecker, type WatchedHost } from './checkers/hosts.ts';
import { LedgerChecker } from './checkers/ledger.ts';
import { differs, pictureOf, pictureOfDisk } from './checkers/replay.ts';
import { SagaChecker } from './checkers/sagas.ts';
import { serversAfter, toldAndKept } from './checkers/servers.ts';
import type { History } from './history.ts';
import type { SimDisk } from './store.ts';

export interface Violation extends Complaint {
  readonly at_ms: number;
}

/** A run that is wrong stays wrong: after so many complaints the rest is noise. */
export const VIOLATIONS_MAX = 20;

export interface WatchAbout {
  readonly tables: readonly Table[];
  readonly disk: SimDisk;
  readonly history: History;
  readonly hosts: () => readonly WatchedHost[];
  readonly now_ms: () => number;
  /** Told of each commit, for the trace. */
  readonly committed: (batch: Batch) => void;
}

export class Watch {
  readonly violations: Violation[] = [];
  readonly #about: WatchAbout;
  readonly #state: State;
  readonly #ledger: LedgerChecker;
  readonly #sagas: SagaChecker;
  readonly #hosts: HostChecker;
  #sequence = 0;

  constructor(about: WatchAbout) {
    this.#about = about;
    this.#state = new State(about.tables);
    this.#ledger = new LedgerChecker(this.#state.books);
    this.#sagas = new SagaChecker(this.#state);
    this.#hosts = new HostChecker(this.#state);
  }

  /** What is on disk, as one who only follows it sees it. */
  get view(): View {
    return this.#state;
  }

  /** Asked after every event. */
  look(): void {
    const { disk } = this.#about;
    if (disk.sequence > this.#sequence) this.#follow();
    this.#complain(this.#hosts.stand(this.#about.hosts()));
  }

  /** L8 and L7, which cost more: after a start of the control plane, and at the end. */
  lookHard(process: {
    readonly sequence: number;
    read<T>(look: (view: View) => T): T | Promise<T>;
  }): void {
    const { tables, disk, history } = this.#about;
    this.#follow();
    const wanted = pictureOfDisk(tables, disk);
    this.#complain(differs('the follower', pictureOf(tables, this.#state), wanted));
    this.#complain(toldAndKept(this.#state, history));
    this.#audit('the follower', checkBooks(this.#state));
    if (process.sequence !== disk.sequence) return;
    const found = process.read((view) => pictureOf(tables, view));
    const audited = process.read(checkBooks);
    if (Array.isArray(found)) this.#complain(differs('the process', found, wanted));
    if (Array.isArray(audited)) this.#audit('the process', audited);
  }

  /** The system's own audit of its books, which counts again all that is kept twice. */
  #audit(whose: string, wrong: readonly string[]): void {
    for (const message of wrong) this.complain('B', `${whose}: ${message}`);
  }

  complain(invariant: string, message: string): void {
    this.#complain([{ invariant, message }]);
  }

  #follow(): void {
    const { disk, committed } = this.#about;
    const behind = disk.sequence - this.#sequence;
    for (const batch of disk.records.slice(disk.records.length - behind)) {
      for (const change of batch.changes) this.#state.apply(change);
      this.#sequence = batch.sequence;
      this.#complain(this.#ledger.after(batch));
      this.#complain(devicesAfter(this.#state.books, batch));
      this.#complain(serversAfter(this.#state, batch));
      this.#complain(this.#sagas.after(batch));
      this.#hosts.after(batch);
      committed(batch);
    }
  }

  /** The same complaint is noted once: what is wrong after this event is wrong after the next. */
  #complain(complaints: readonly Complaint[]): void {
    for (const { invariant, message } of complaints) {
      if (this.violations.length >= VIOLATIONS_MAX) return;
      if (this.violations.some((known) => known.message === message)) continue;
      this.violations.push({ invariant, message, at_ms: this.#about.now_ms() });
    }
  }
}
