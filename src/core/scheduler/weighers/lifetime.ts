/**
 * For a guest whose lifetime is known: prefers hosts that it does not keep from becoming empty.
 *
 *   the host's longest guest   stays longer than this one   merit = ½ + ½ ÷ (1 + classes longer)
 *                              goes before it               merit = ½ × its share of the lifetime
 *                              there is none                merit = 0
 *
 * A lifetime is a class (servers/lifetime.ts), and is not shortened while it passes: no decision
 * reads a clock. A guest of whom nothing is known stays for good.
 */
import type { Weigher } from '../plugin.ts';

export const lifetime: Weigher = {
  name: 'lifetime',
  merit: ({ lifetime: mine }, host) => {
    if (mine === null) return 0;
    const longest = host.longest_lifetime;
    if (longest >= mine) return 0.5 + 0.5 / (1 + longest - mine);
    return (0.5 * (longest + 1)) / (mine + 1);
  },
};
