/**
 * A control plane of a simulated world: one process at a time, which may crash between any two
 * events and is started again on the same disk; others may be at work on that disk (`shared`).
 *
 *   start ─► open (loads the disk) ─► recover ─► serves ─► crash: none of its waits ever ends
 *     ▲           └─ refused: try again after a while        │
 *     └──────────────────────────────────────────────────────┘
 */
import type { Chance } from '../core/base/seeded.ts';
import { millis } from '../core/base/units.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { Journal } from '../core/ports/journal.ts';
import type { Store } from '../core/ports/store.ts';
import type { Wire } from '../core/ports/wire.ts';
import { allTables, Replica } from '../core/replica.ts';
import type { SimClock } from './clock.ts';
import { simAliases } from './devices.ts';
import { SimEntropy } from './entropy.ts';
import { Life, mortal } from './life.ts';
import { SlowStore, type StoreAbout } from './slow-store.ts';
import type { SimDisk } from './store.ts';

const OPEN_AGAIN = millis(500);

export interface ControlPlaneAbout {
  readonly name: string;
  readonly store: StoreAbout;
  readonly disk: SimDisk;
  readonly wire: Wire;
  readonly clock: SimClock;
  readonly chance: Chance;
  readonly journal: Journal;
  readonly steps_per_request_max: number;
  readonly shelved_offload_s: number;
  readonly resize_to_same_host: boolean;
  readonly confirm_window_s: number;
  /** Told when a process is about to begin, when it serves, and of what our own code threw. */
  readonly opening: (replica: Replica) => void;
  readonly opened: (replica: Replica) => void;
  readonly bug: (bug: unknown) => void;
}

export class ControlPlane {
  readonly #about: ControlPlaneAbout;
  #lives = 0;
  #process: { readonly life: Life; readonly store: SlowStore; replica: Replica | null } | null =
    null;
  /** Wraps the store or the wire of each process: where mutants are planted. */
  tamper: {
    store(store: Store): Store;
    wire(wire: Wire): Wire;
    replica(replica: Replica): void;
  } = { store: (store) => store, wire: (wire) => wire, replica: () => {} };

  constructor(about: ControlPlaneAbout) {
    this.#about = about;
  }

  /** The process of now, once it serves. */
  get open(): { readonly life: Life; readonly rooms: Replica } | null {
    const replica = this.#process?.replica ?? null;
    return this.#process === null || replica === null
      ? null
      : { life: this.#process.life, rooms: replica };
  }

  start(): void {
    if (this.#process !== null) return;
    const { store, disk, bug } = this.#about;
    const life = new Life(`${this.#about.name}, life ${++this.#lives}`);
    const slow = new SlowStore(store, allTables, disk);
    this.#process = { life, store: slow, replica: null };
    this.#begin(life, slow).catch((thrown: unknown) => life.alive && bug(thrown));
  }

  crash(): void {
    this.#process?.life.end();
    this.#process?.store.crash();
    this.#process = null;
  }

  async #begin(life: Life, slow: SlowStore): Promise<void> {
    const { wire, clock, chance, journal, opened } = this.#about;
    const { steps_per_request_max, shelved_offload_s } = this.#about;
    const { resize_to_same_host, confirm_window_s } = this.#about;
    const ports = {
      store: mortal<Store>(this.tamper.store(slow), life),
      wire: mortal<Wire>(this.tamper.wire(wire), life),
      clock: mortal<Clock>(clock, life),
      entropy: new SimEntropy(chance.fork(life.name)),
      journal,
    };
    for (;;) {
      const moves = { resize_to_same_host, confirm_window_s };
      const scheduler = { aliases: simAliases };
      const sole = this.#about.store.shared !== true;
      const options = { sole, steps_per_request_max, shelved_offload_s, ...moves, scheduler };
      const reply = await Replica.open(ports, options);
      if (reply.is !== 'done') {
        await ports.clock.sleep(OPEN_AGAIN);
        continue;
      }
      this.#about.opening(reply.value);
      this.tamper.replica(reply.value);
      await reply.value.start();
      if (this.#process?.life === life) this.#process.replica = reply.value;
      opened(reply.value);
      return;
    }
  }
}
