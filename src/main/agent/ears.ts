/** Several control planes as one ear: all of them are told, and one that heard is enough. */
import type { Ear } from '../../core/agent/duties.ts';
import type { Beat } from '../../core/fleet/muster.ts';
import type { Registered } from '../../core/fleet/registry.ts';
import type { HostReport } from '../../core/fleet/report.ts';
import { lost, type Reply } from '../../core/ports/reply.ts';

export class Ears implements Ear {
  readonly #ears: readonly Ear[];

  constructor(ears: readonly Ear[]) {
    this.#ears = ears;
  }

  report(report: HostReport): Promise<Reply<Registered, unknown>> {
    return best(this.#ears.map((ear) => ear.report(report)));
  }

  beat(beat: Beat): Promise<Reply<void, unknown>> {
    return best(this.#ears.map((ear) => ear.beat(beat)));
  }
}

/** The first that was heard, once all have answered; else a refusal, else nothing at all. */
async function best<T>(asked: readonly Promise<Reply<T, unknown>>[]): Promise<Reply<T, unknown>> {
  const replies = await Promise.all(asked);
  return replies.find(({ is }) => is === 'done') ?? replies.find(({ is }) => is === 'no') ?? lost;
}
