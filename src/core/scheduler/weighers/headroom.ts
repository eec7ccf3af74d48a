/**
 * Prefers zones that could still lose any one of their hosts (N+1): merit = 1 there, 0 elsewhere.
 *
 * It is a fact of the zone, not of the host (headroom.ts): where a zone becomes short, or is no
 * longer, rankings that heed it are made anew. A policy without a weight for it heeds none.
 */
import type { Weigher } from '../plugin.ts';

export const headroom: Weigher = {
  name: 'headroom',
  merit: (_, host) =>
    host.heeds_headroom && host.headroom.short.has(host.row.availability_zone) ? 0 : 1,
};
