/** The table of hosts' own figures, e.g. how busy their CPUs are, as agents told them last. */
import { table } from '../base/table.ts';

/** By upstream's names; shares are from 0 to 1, e.g. `cpu.percent` 0.27. */
export type Metrics = Readonly<Record<string, number>>;

export interface HostMetricsRow {
  readonly host: string;
  readonly provider_id: number;
  readonly figures: Metrics;
}

export const hostMetrics = table<HostMetricsRow>({
  name: 'host_metrics',
  columns: { host: 'text', provider_id: 'integer', figures: 'json' },
  primary: ['host'],
});
