/**
 * Makes an image of a guest's own disk as it is at one instant; the guest goes on.
 *
 *   something runs it   that copies the disk as it was when it was asked, whatever is written since
 *   nothing does        the file is as it is
 *
 * The copy lies beside the disk until the image service has all of it.
 */
import { createReadStream } from 'node:fs';
import { copyFile, rm } from 'node:fs/promises';
import type { HypervisorReply } from '../../core/ports/hypervisor.ts';
import type { SaveRefusal } from '../../core/ports/image-files.ts';
import type { Snapshot, StepKey } from '../../core/ports/order.ts';
import { type Decision, done, lost, no } from '../../core/ports/reply.ts';
import { type DiskFormat, diskFile } from './command-line.ts';
import { failed, type House, onGuest } from './house.ts';
import type { Resident } from './resident.ts';

const COPY = 'image.copy';

export const snapshot = (
  house: House,
  key: StepKey,
  uuid: string,
  image_id: string,
): HypervisorReply<Snapshot> =>
  onGuest(house, key, uuid, async (guest) => {
    const disk_format = guest.record.outfit?.disk ?? null;
    if (disk_format === null) return failed('it has no disk of its own');
    const copy = guest.folder.file(COPY);
    try {
      const copied = await copyDisk(guest, disk_format);
      if (copied.is === 'no') return failed(copied.why);
      const saved = await house.images.save(image_id, disk_format, createReadStream(copy));
      if (saved.is === 'lost') return lost;
      if (saved.is === 'no') return failed(said(saved.why));
      if (!house.steps.closed.has(key)) return done({ ...saved.value, disk_format });
      await house.images.remove(image_id);
      return no({ why: 'closed' });
    } finally {
      await rm(copy, { force: true });
    }
  });

async function copyDisk(guest: Resident, format: DiskFormat): Promise<Decision<void, string>> {
  const copy = guest.folder.file(COPY);
  await rm(copy, { force: true });
  const copied = await guest.backUp(COPY, format);
  if (copied !== null) return copied;
  try {
    await copyFile(guest.folder.file(diskFile(guest.record.outfit)), copy);
    return done(undefined);
  } catch (error) {
    return no((error as Error).message); // the disk is full …
  }
}

const said = (why: SaveRefusal): string =>
  why.why === 'too-large' ? `its disk is larger than ${why.size_bytes_max} bytes` : why.message;
