/**
 * Live migration as arithmetic: memory is streamed in passes while the guest goes on writing.
 *
 *   pass 1   ██████████████████████████████   all of it
 *   pass 2   ████████                         what was written during pass 1
 *   pass 3   ██                               what was written during pass 2
 *   pause    ▌                                the rest fits into the downtime allowed
 *
 * Each pass is as long as the one before, times dirty rate ÷ bandwidth; so a guest that writes
 * faster than the link carries never comes to the pause.
 */

/** What the way between two machines can carry, and how long a guest may stand still. */
export interface Link {
  readonly bandwidth_mib_per_s: number;
  readonly downtime_ms_max: number;
}

export interface Pass {
  readonly sent_mib: number;
  readonly took_ms: number;
  /** Written by the guest meanwhile: what the next pass has to send. */
  readonly left_mib: number;
}

export interface Course {
  readonly passes: readonly Pass[];
  /** How long the guest stands still at the end; null: it never comes to that. */
  readonly downtime_ms: number | null;
}

/** After so many passes a sending that does not converge is given up. */
export const PASSES_MAX = 30;

/**
 * The whole course of one sending.
 *
 * e.g. 1000 MiB, 100 MiB/s written, link 1000 MiB/s and 20 ms: passes of 1000 ms and 100 ms, which
 * leave 100 MiB and 10 MiB; those take 10 ms, and that is the downtime.
 */
export function courseOf(memory_mib: number, dirty_mib_per_s: number, link: Link): Course {
  const passes: Pass[] = [];
  let left_mib = memory_mib;
  while (passes.length < PASSES_MAX) {
    const sent_mib = left_mib;
    const took_ms = span(sent_mib, link);
    left_mib = Math.min(memory_mib, Math.ceil((dirty_mib_per_s * took_ms) / 1000));
    passes.push({ sent_mib, took_ms, left_mib });
    const downtime_ms = span(left_mib, link);
    if (downtime_ms <= link.downtime_ms_max) return { passes, downtime_ms };
  }
  return { passes, downtime_ms: null };
}

/** How long so much takes, on that way. */
export const span = (mib: number, { bandwidth_mib_per_s }: Link): number =>
  Math.ceil((mib * 1000) / bandwidth_mib_per_s);
