/**
 * Prefers hosts by their own figures, as operators weigh them.
 *
 *   cpu.percent=-1.0, cpu.idle.percent=0.5      sum = −1 × 0.27 + 0.5 × 0.73
 *
 * A host that does not tell all of them is worth what operators say (and is turned down where they
 * are required: filters/metrics.ts).
 */
import type { Weigher } from '../plugin.ts';
import { eitherWay } from './half-way.ts';

const HALF = 1;

export const metrics: Weigher = {
  name: 'metrics',
  merit: ({ metrics: wish }, { metrics: told }) => {
    if (wish === null) return 0;
    let sum = 0;
    for (const name of Object.keys(wish.weights)) {
      const figure = told?.[name];
      if (figure === undefined) return eitherWay(wish.unavailable, HALF);
      sum += (wish.weights[name] as number) * figure;
    }
    return eitherWay(sum, HALF);
  },
};
