/**
 * Prefers hosts that build what they are asked to: merit = 1 ÷ (1 + failures that count).
 *
 * Failures fade (each halving is a change of their row), and those of an image that fails
 * everywhere do not count: fleet/health.ts.
 */
import type { Weigher } from '../plugin.ts';

export const buildFailure: Weigher = {
  name: 'build-failure',
  merit: (_, host) => {
    let sum = 0;
    for (const { counts, failures, halvings } of host.failures) {
      if (counts) sum += failures / 2 ** halvings;
    }
    return 1 / (1 + sum);
  },
};
