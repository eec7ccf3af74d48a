/** The tables of hosts: compute services, and what their agents last said. */
import { table } from '../base/table.ts';
import { hostAdditions } from './addition-rows.ts';
import { agentTokens } from './agent-tokens.ts';
import { aggregateHosts, aggregates, hostZones } from './aggregate-rows.ts';
import { buildFailures } from './health-rows.ts';
import { hostMetrics } from './metric-rows.ts';

export interface HostRow {
  /** Its name, which is also the name of its root resource provider. */
  readonly name: string;
  /** The UUID of its root provider, of its hypervisor and of its compute service. */
  readonly uuid: string;
  readonly provider_id: number;
  /** What an aggregate of it says, else what it was configured with. */
  readonly availability_zone: string;
  /** `disabled` by an operator: no new servers (the provider has COMPUTE_STATUS_DISABLED too). */
  readonly status: 'enabled' | 'disabled';
  readonly disabled_reason: string | null;
  readonly forced_down: boolean;
  /** Whether its agent was heard of lately enough. */
  readonly state: 'up' | 'down';
  readonly hypervisor_type: string;
  readonly hypervisor_version: number;
  readonly cpu_info: Readonly<Record<string, unknown>>;
  readonly host_ip: string;
  /** When the machine was started; null: not known. */
  readonly booted_at_ms: number | null;
  /** Rises each time its agent starts; an order for an earlier life is refused. */
  readonly incarnation: number;
  readonly heard_at_ms: number;
  readonly created_at_ms: number;
}

export const hosts = table<HostRow>({
  name: 'host',
  columns: {
    name: 'text',
    uuid: 'text',
    provider_id: 'integer',
    availability_zone: 'text',
    status: 'text',
    disabled_reason: 'text?',
    forced_down: 'boolean',
    state: 'text',
    hypervisor_type: 'text',
    hypervisor_version: 'integer',
    cpu_info: 'json',
    host_ip: 'text',
    booted_at_ms: 'integer?',
    incarnation: 'integer',
    heard_at_ms: 'integer',
    created_at_ms: 'integer',
  },
  primary: ['name'],
  indexes: ['uuid', 'provider_id'],
  stands: true,
});

/** What a host's agent last reported: what it no longer reports is taken away, and nothing else. */
export interface HostReportRow {
  readonly host: string;
  readonly classes: readonly string[];
  readonly traits: readonly string[];
  readonly aggregates: readonly string[];
  /** How much of each class was kept back; null: an earlier program did not note it. */
  readonly reserved: Readonly<Record<string, number>> | null;
}

export const hostReports = table<HostReportRow>({
  name: 'host_report',
  columns: {
    host: 'text',
    classes: 'json',
    traits: 'json',
    aggregates: 'json',
    reserved: 'json?',
  },
  primary: ['host'],
});

export const fleetTables = [
  agentTokens,
  hosts,
  hostReports,
  hostAdditions,
  hostZones,
  aggregates,
  aggregateHosts,
  buildFailures,
  hostMetrics,
] as const;
