/**
 * Prefers hosts that run out of everything at the same time, so that nothing is stranded.
 *
 * merit = 1 − (the fullest share − the emptiest), over the resources asked for, once it is placed.
 * e.g. 90 % of the VCPUs and 40 % of the memory used: 1 − 0.5 = 0.5.
 */
import type { Wanted, Weigher } from '../plugin.ts';

export const balanced: Weigher = {
  name: 'balanced',
  merit: ({ resources }, host) => {
    let least = 1;
    let most = 0;
    for (let at = 0; at < resources.length; at++) {
      const share = Math.min(1, host.shareAfter(resources[at] as Wanted));
      if (share < least) least = share;
      if (share > most) most = share;
    }
    return 1 - Math.max(0, most - least);
  },
};
