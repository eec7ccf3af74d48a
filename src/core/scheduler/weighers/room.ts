/** Prefers hosts that stay roomy, so that a burst finds space anywhere: merit = mean share left. */
import type { Weigher } from '../plugin.ts';
import { meanShareAfter } from './shares.ts';

export const room: Weigher = {
  name: 'room',
  merit: (shape, host) => 1 - meanShareAfter(shape, host),
};
