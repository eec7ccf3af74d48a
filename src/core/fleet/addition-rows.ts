/** The table of what operators of hosts added to providers below them. */
import { table } from '../base/table.ts';

/** What was added last to a provider below a host. */
export interface HostAdditionRow {
  readonly host: string;
  readonly provider_uuid: string;
  readonly classes: readonly string[];
  readonly traits: readonly string[];
  readonly reserved: Readonly<Record<string, number>>;
}

export const hostAdditions = table<HostAdditionRow>({
  name: 'host_addition',
  columns: {
    host: 'text',
    provider_uuid: 'text',
    classes: 'json',
    traits: 'json',
    reserved: 'json',
  },
  primary: ['host', 'provider_uuid'],
  indexes: ['host'],
});
