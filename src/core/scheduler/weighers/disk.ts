/** Prefers hosts with much free disk of their own, over-commit left out: 1 TiB is worth 0.5. */
import { DISK_GB } from '../../ledger/standard.ts';
import type { Weigher } from '../plugin.ts';
import { bareRoom } from './bare-room.ts';
import { halfWay } from './half-way.ts';

const HALF_GIB = 1024;

export const disk: Weigher = {
  name: 'disk',
  merit: (_, host) => halfWay(bareRoom(host, DISK_GB), HALF_GIB),
};
