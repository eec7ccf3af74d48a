/**
 * The way from a client to the control plane: a front door that may be shut, and a line that may
 * break after the question was heard.
 *
 *   ask ──► latency ──► nobody there ─────────────────► no: unavailable
 *                  └──► the process of now, its room ──► latency ──► answer
 *                             dies, or is slow ────────► lost, after ANSWER_TIMEOUT_MS
 */
import type { Chance } from '../core/base/seeded.ts';
import type { Unavailable } from '../core/ledger/ledger.ts';
import { lost, no, type Reply } from '../core/ports/reply.ts';
import type { WireFaults } from './faults.ts';
import type { Life } from './life.ts';
import type { Timeline } from './timeline.ts';

export const ANSWER_TIMEOUT_MS = 30_000;

const shut: Unavailable = { why: 'unavailable', message: 'connection refused' };

export interface FrontAbout<Rooms> {
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly faults: () => WireFaults;
  /** The control plane of now; null while none runs. */
  readonly open: () => { readonly life: Life; readonly rooms: Rooms } | null;
}

export class Front<Rooms> {
  readonly #about: FrontAbout<Rooms>;

  constructor(about: FrontAbout<Rooms>) {
    this.#about = about;
  }

  async ask<T, No>(
    act: (rooms: Rooms) => Promise<Reply<T, No>>,
  ): Promise<Reply<T, No | Unavailable>> {
    const { timeline, chance, faults, open } = this.#about;
    await timeline.sleep(this.#latency());
    const process = open();
    if (process === null || chance.happens(faults().drop_before_permille)) return no(shut);
    const answered = process.life.outlast(act(process.rooms));
    return new Promise((resolve, reject) => {
      timeline.after(ANSWER_TIMEOUT_MS, () => resolve(lost));
      answered.then((reply) => this.#back(reply, resolve), reject);
    });
  }

  #back<T, No>(reply: Reply<T, No>, resolve: (reply: Reply<T, No>) => void): void {
    const { timeline, chance, faults } = this.#about;
    const broken = chance.happens(faults().drop_after_permille);
    timeline.after(this.#latency(), () => resolve(broken ? lost : reply));
  }

  #latency(): number {
    const { latency_ms_min, latency_ms_max } = this.#about.faults();
    return this.#about.chance.between(latency_ms_min, latency_ms_max);
  }
}
