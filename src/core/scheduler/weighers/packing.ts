/** Prefers hosts that end up full, so that others stay empty: merit = mean share used. */
import type { Weigher } from '../plugin.ts';
import { meanShareAfter } from './shares.ts';

export const packing: Weigher = { name: 'packing', merit: meanShareAfter };
