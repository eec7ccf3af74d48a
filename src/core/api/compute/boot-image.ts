/** The image that a guest starts from: there for the caller, whole, and fit for the flavor. */
import type { View } from '../../ledger/draft.ts';
import { type Decision, done } from '../../ports/reply.ts';
import { type FlavorRow, type ImageRow, images } from '../../servers/rows.ts';
import type { Caller } from '../http.ts';
import { maySee } from '../image/images.ts';
import { type Refused, refuse } from '../refused.ts';

export function bootable(
  view: View,
  caller: Caller,
  id: string,
  flavor: FlavorRow,
): Decision<ImageRow, Refused> {
  const row = view.rows(images).get(id);
  if (row === undefined || !maySee(row, caller))
    return refuse(400, `Image ${id} could not be found.`);
  if (row.status !== 'active') return refuse(400, `Image ${row.id} is not active.`);
  if (row.min_ram_mib > flavor.memory_mib) {
    return refuse(400, "Flavor's memory is too small for requested image.");
  }
  if (row.min_disk_gib > flavor.disk_gib && flavor.disk_gib > 0) {
    return refuse(400, "Flavor's disk is too small for requested image.");
  }
  return done(row);
}
