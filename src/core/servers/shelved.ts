/** Servers on the shelf: since when, and the image that is the disk of those without a host. */
import { table } from '../base/table.ts';

export interface ShelvedServerRow {
  readonly server_uuid: string;
  readonly shelved_at_ms: number;
  /** Null: its disk is on its host still. */
  readonly image_id: string | null;
}

export const shelvedServers = table<ShelvedServerRow>({
  name: 'shelved_server',
  columns: { server_uuid: 'text', shelved_at_ms: 'integer', image_id: 'text?' },
  primary: ['server_uuid'],
});
