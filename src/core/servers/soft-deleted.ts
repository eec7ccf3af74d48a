/** Servers that were deleted and may still be restored: since when. */
import { table } from '../base/table.ts';

export interface SoftDeletedRow {
  readonly server_uuid: string;
  readonly deleted_at_ms: number;
}

export const softDeleted = table<SoftDeletedRow>({
  name: 'soft_deleted_server',
  columns: { server_uuid: 'text', deleted_at_ms: 'integer' },
  primary: ['server_uuid'],
});
