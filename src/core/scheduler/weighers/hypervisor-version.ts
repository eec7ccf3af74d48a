/** Prefers newer hypervisors: version 10.0.0 (10,000,000) is worth 0.5. */
import type { Weigher } from '../plugin.ts';
import { halfWay } from './half-way.ts';

const HALF = 10_000_000;

export const hypervisorVersion: Weigher = {
  name: 'hypervisor-version',
  merit: (_, { row }) => halfWay(row.hypervisor_version, HALF),
};
