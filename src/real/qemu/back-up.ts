/** A copy of a disk that QEMU has open, as it was when it was asked, whatever is written since. */
import { type Decision, done, no } from '../../core/ports/reply.ts';
import { DISK_NODE, type DiskFormat } from './command-line.ts';
import type { Qmp } from './qmp.ts';

const JOB = 'image';
/** A disk that makes no end: the caller's deadline is far shorter. */
const COPIED_WITHIN_MS = 3_600_000;

export async function backUp(
  qmp: Qmp,
  target: string,
  format: DiskFormat,
): Promise<Decision<void, string>> {
  qmp.forgetEvents();
  const about = { device: DISK_NODE, 'job-id': JOB, target, format, sync: 'full' };
  const begun = await qmp.ask('drive-backup', about);
  if (begun.is !== 'done') return no(begun.is === 'no' ? begun.why : 'its monitor does not answer');
  const ended = await qmp.event(
    ({ event, data }) => event === 'BLOCK_JOB_COMPLETED' && data?.['device'] === JOB,
    COPIED_WITHIN_MS,
  );
  if (ended === null) return no('its disk could not be copied: QEMU has gone');
  const error = ended.data?.['error'];
  return error === undefined
    ? done(undefined)
    : no(`its disk could not be copied: ${String(error)}`);
}
