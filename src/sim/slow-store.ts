/**
 * One process's way to the store: what a disk or a network puts between them. Every request takes
 * time to get there and back, so that a crash may fall before the deed, after it, or in between.
 *
 *   begin/commit ──► latency, maybe a stall ──► SimStore (refuses, loses) ──► latency ──► answer
 */
import type { Chance } from '../core/base/seeded.ts';
import type { Table } from '../core/base/table.ts';
import type { Reply } from '../core/ports/reply.ts';
import type { Batch, Head, Store, StoreRefusal } from '../core/ports/store.ts';
import type { StoreFaults } from './faults.ts';
import { type StoreFaults as Fate, type SimDisk, SimStore } from './store.ts';
import type { Timeline } from './timeline.ts';

export interface StoreAbout {
  readonly timeline: Timeline;
  readonly chance: Chance;
  /** Looked at anew each time: faults stop when the world is healed. */
  readonly faults: () => StoreFaults;
  readonly heard: (fault: string) => void;
  /** Whether other processes are at work on the disk; left out: none is. */
  readonly shared?: boolean;
}

export class SlowStore implements Store {
  readonly #about: StoreAbout;
  readonly #inner: SimStore;
  readonly shared: boolean;

  constructor(about: StoreAbout, tables: readonly Table[], disk: SimDisk) {
    this.#about = about;
    this.shared = about.shared ?? false;
    this.#inner = new SimStore(tables, fateOf(about), disk);
  }

  /** The process dies: what it has begun is taken back, and others may begin. */
  crash(): void {
    this.#inner.crash();
  }

  async load(visit: (table: Table, row: object) => void): Promise<{ sequence: number }> {
    await this.#wait();
    return this.#inner.load(visit);
  }

  begin(since: number): Promise<Reply<Head, StoreRefusal>> {
    return this.#thereAndBack(() => this.#inner.begin(since));
  }

  commit(batch: Batch): Promise<Reply<void, StoreRefusal>> {
    return this.#thereAndBack(() => this.#inner.commit(batch));
  }

  rollback(): Promise<void> {
    return this.#inner.rollback();
  }

  records(since: number, limit: number): Promise<Reply<readonly Batch[], StoreRefusal>> {
    return this.#thereAndBack(() => this.#inner.records(since, limit));
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  async #thereAndBack<T>(act: () => Promise<T>): Promise<T> {
    await this.#wait();
    const answer = await act();
    await this.#about.timeline.sleep(this.#latency());
    return answer;
  }

  #wait(): Promise<void> {
    const { timeline, chance, faults, heard } = this.#about;
    const { stall_permille, stall_ms_max } = faults();
    const stalls = chance.happens(stall_permille);
    if (stalls) heard('store stalls');
    return timeline.sleep(this.#latency() + (stalls ? chance.between(0, stall_ms_max) : 0));
  }

  #latency(): number {
    return this.#about.chance.between(0, this.#about.faults().latency_ms_max);
  }
}

/** What becomes of each begin and commit, drawn as it comes. */
function fateOf({ chance, faults, heard }: StoreAbout): Fate {
  const draw = (permille: number, fault: string): boolean => {
    const happens = chance.happens(permille);
    if (happens) heard(`store ${fault}`);
    return happens;
  };
  return {
    onBegin: () => (draw(faults().refuse_permille, 'refuses to begin') ? 'refuse' : null),
    onCommit() {
      const { refuse_permille, forget_permille, drop_permille } = faults();
      if (draw(refuse_permille, 'refuses a commit')) return 'refuse';
      if (draw(forget_permille, 'commits unheard')) return 'lose-done';
      return draw(drop_permille, 'drops a commit') ? 'lose-undone' : null;
    },
  };
}
