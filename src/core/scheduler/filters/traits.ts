/** Every required trait must be somewhere on the host, and no forbidden one anywhere. */
import { type Filter, plainly } from '../plugin.ts';

export const traits: Filter = {
  name: 'traits',
  wakes: ['host.added', 'host.changed'],
  allows: ({ required, forbidden }, host) => {
    for (const trait of required) if (!host.hasTrait(trait)) return false;
    for (const trait of forbidden) if (host.hasTrait(trait)) return false;
    return true;
  },
  objection: ({ required, forbidden }, host) => {
    const missing = required.filter((trait) => !host.hasTrait(trait)).map(({ name }) => name);
    if (missing.length > 0) return plainly(`lacks the required trait ${missing.join(', ')}`);
    const present = forbidden.filter((trait) => host.hasTrait(trait)).map(({ name }) => name);
    return plainly(`has the forbidden trait ${present.join(', ')}`);
  },
};
