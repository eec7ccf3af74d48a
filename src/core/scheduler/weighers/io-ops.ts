/** Rises with the servers of the host that are being worked on: a weight below zero avoids it. */
import type { Weigher } from '../plugin.ts';
import { halfWay } from './half-way.ts';

/** As many as upstream allows on a host at a time. */
const HALF = 8;

export const ioOps: Weigher = {
  name: 'io-ops',
  merit: (_, host) => halfWay(host.busy, HALF),
};
