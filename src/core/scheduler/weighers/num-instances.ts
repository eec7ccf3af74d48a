/** Rises with the number of servers on the host, 16 are worth 0.5: a weight below zero spreads. */
import type { Weigher } from '../plugin.ts';
import { halfWay } from './half-way.ts';

const HALF = 16;

export const numInstances: Weigher = {
  name: 'num-instances',
  merit: (_, host) => halfWay(host.consumers, HALF),
};
