/**
 * How long a live migration may take, and what its source does then.
 *
 *   who asks for it says so   else   s_per_gib × GiB of the guest (memory and disk, at least 2)
 *
 * The source counts from the beginning of the transfer, since it must keep the deadline while we
 * are away; so it is a span that is handed to it, and no moment.
 */
import { type AtDeadline, DEADLINE_S_MAX, type Deadline } from '../ports/order.ts';
import type { FlavorRow } from '../servers/rows.ts';

export interface MoveLimits {
  /** 0: it may take as long as it likes, unless who asks for it says otherwise. */
  readonly s_per_gib: number;
  readonly at_deadline: AtDeadline;
}

/** As upstream has it. */
export const usualLimits: MoveLimits = { s_per_gib: 800, at_deadline: 'abort' };

const GIB_LEAST = 2;
const MIB_PER_GIB = 1024;
const SECOND_MS = 1000;

/** e.g. 4 GiB of memory, 1 GiB of disk: 4000 s. */
export function deadlineOf(
  { s_per_gib, at_deadline }: MoveLimits,
  {
    memory_mib,
    disk_gib,
    ephemeral_gib,
  }: Pick<FlavorRow, 'memory_mib' | 'disk_gib' | 'ephemeral_gib'>,
  wish: Partial<Deadline>,
): { readonly deadline?: Deadline } {
  const gib = Math.max(GIB_LEAST, memory_mib / MIB_PER_GIB + disk_gib + ephemeral_gib);
  const usual_s = Math.min(Math.ceil(gib * s_per_gib), DEADLINE_S_MAX);
  const after_ms = wish.after_ms ?? usual_s * SECOND_MS;
  if (wish.after_ms === undefined && s_per_gib === 0) return {};
  return { deadline: { after_ms, action: wish.action ?? at_deadline } };
}
