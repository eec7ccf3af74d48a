/** Prefers hosts with much free memory, whatever over-commit promises: 128 GiB are worth 0.5. */
import { MEMORY_MB } from '../../ledger/standard.ts';
import type { Weigher } from '../plugin.ts';
import { bareRoom } from './bare-room.ts';
import { halfWay } from './half-way.ts';

const HALF_MIB = 128 * 1024;

export const ram: Weigher = {
  name: 'ram',
  merit: (_, host) => halfWay(bareRoom(host, MEMORY_MB), HALF_MIB),
};
