/**
 * How long the sending of a guest's memory will take still.
 *
 *   remaining R      carried B a second      written by the guest D a second
 *
 *   next pass R/B, which leaves R·D/B; the one after that as long times D/B; all of them together
 *
 *       R     D   D²                 R
 *       ─ (1 + ─ + ── + …)   =     ─────      if D < B; otherwise it never comes to an end: null
 *       B     B   B²               B − D
 *
 * The pause at the end comes earlier than that sum has it, so it is rather too long than too short.
 * A guest that stands still writes nothing: D is 0.
 */
import type { Deadline, Transfer } from './order.ts';

/** e.g. 1000 MiB left, 500 MiB/s carried, 300 MiB/s written: 5000 ms. */
export function leftMs(
  { remaining_mib, dirty_mib_per_s }: Pick<Transfer, 'remaining_mib' | 'dirty_mib_per_s'>,
  carried_mib_per_s: number,
): number | null {
  const gained_mib_per_s = carried_mib_per_s - dirty_mib_per_s;
  if (gained_mib_per_s <= 0) return null;
  return Math.ceil((remaining_mib * 1000) / gained_mib_per_s);
}

/** Why a sending that was not done in time was stopped. */
export const abortedAt = ({ after_ms }: Deadline): string =>
  `aborted at its deadline, ${after_ms / 1000} s after it began`;
