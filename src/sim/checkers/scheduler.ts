/**
 * The scheduler's promise, asked at each of its decisions:
 *
 *   D2  the ranking that it keeps up to date gives what looking at every host would give
 *   C1  and so do the rankings of all other classes of requests, host by host
 *
 * It keeps that ranking over commits, refusals and drafts that were taken back, in whatever order
 * the seed has them; a change that it failed to notice shows here at the next decision.
 */
import type { Decision } from '../../core/ports/reply.ts';
import type { Explanation, Placement } from '../../core/scheduler/ask.ts';
import type { Scheduler } from '../../core/scheduler/decide.ts';

export function watchScheduler(
  scheduler: Scheduler,
  complain: (invariant: string, message: string) => void,
): void {
  const decide = scheduler.decide.bind(scheduler);
  scheduler.decide = (draft, ask) => {
    const ranked = decide(draft, ask);
    const searched = placeOf(scheduler.scan(draft, ask));
    const found = placeOf(ranked);
    if (found !== searched) {
      complain('D2', `for ${ask.server_uuid} the ranking gave ${found}, a search ${searched}`);
    }
    for (const shape of scheduler.astray(draft)) {
      complain('C1', `for ${shape} the ranking is not that of a search`);
    }
    return ranked;
  };
}

const placeOf = (decided: Decision<Placement, Explanation>): string =>
  decided.is === 'no'
    ? 'no host'
    : `${decided.value.host} cells [${decided.value.cells.map(({ cell }) => cell).join()}]`;
