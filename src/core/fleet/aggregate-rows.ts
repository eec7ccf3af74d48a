/**
 * The tables of host aggregates: hosts that an operator has put together under one name, with
 * facts about all of them. A host may be in several; one of them may say which zone it is in.
 *
 *   aggregate ──< aggregate_host >── host ── host_zone: the zone it was configured with
 */
import { byNumber } from '../base/order.ts';
import { table } from '../base/table.ts';
import { present } from '../base/units.ts';
import type { View } from '../ledger/draft.ts';

/** The key of an aggregate's metadata that makes it an availability zone. */
export const ZONE_KEY = 'availability_zone';

export interface AggregateRow {
  readonly id: number;
  /** Under which Placement knows it. */
  readonly uuid: string;
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly created_at_ms: number;
  readonly updated_at_ms: number | null;
}

export interface AggregateHostRow {
  readonly aggregate_id: number;
  readonly host: string;
}

/** What a host says of itself; `HostRow.availability_zone` is what holds. */
export interface HostZoneRow {
  readonly host: string;
  readonly configured: string;
}

export const aggregates = table<AggregateRow>({
  name: 'aggregate',
  columns: {
    id: 'integer',
    uuid: 'text',
    name: 'text',
    metadata: 'json',
    created_at_ms: 'integer',
    updated_at_ms: 'integer?',
  },
  primary: ['id'],
  indexes: ['name', 'uuid'],
});

export const aggregateHosts = table<AggregateHostRow>({
  name: 'aggregate_host',
  columns: { aggregate_id: 'integer', host: 'text' },
  primary: ['aggregate_id', 'host'],
  indexes: ['aggregate_id', 'host'],
});

export const hostZones = table<HostZoneRow>({
  name: 'host_zone',
  columns: { host: 'text', configured: 'text' },
  primary: ['host'],
});

/** The aggregates that the host is in, in the order of their numbers. */
export function aggregatesOf(view: View, host: string): AggregateRow[] {
  const shelf = view.rows(aggregates);
  return view
    .rows(aggregateHosts)
    .by('host', host)
    .map(({ aggregate_id: id }) => present(shelf.get(String(id)), `no aggregate ${id}`))
    .sort((a, b) => byNumber(a.id, b.id));
}

/** What all aggregates of the host say of it, one record an aggregate: what filters go by. */
export const metadataOfHost = (view: View, host: string): Readonly<Record<string, string>>[] =>
  aggregatesOf(view, host).map((row) => row.metadata);
