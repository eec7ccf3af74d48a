/** Images for tests with real guests: what small-guest.ts makes, with a disk or without. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { done } from '../../core/ports/reply.ts';
import type { ImageSource } from './outfit.ts';
import type { SmallGuest } from './small-guest.ts';

export const IMAGE = '00000000-0000-4000-8000-000000000001';

/**
 * One image with a kernel and an initramfs; its disk, if any, is what `disk` holds. What hosts save
 * goes to `saved`.
 */
export function imagesOf(
  { kernel, initramfs }: SmallGuest,
  disk: Uint8Array | null,
  saved = new Map<string, Buffer>(),
): ImageSource {
  return {
    save: async (id, _format, bytes) => {
      const all: Uint8Array[] = [];
      for await (const piece of bytes) all.push(piece);
      const whole = Buffer.concat(all);
      saved.set(id, whole);
      const checksum = createHash('md5').update(whole).digest('hex');
      return done({ size_bytes: whole.length, checksum });
    },
    remove: async (id) => void saved.delete(id),
    find: async () =>
      done({
        disk_format: disk === null ? null : 'raw',
        kernel_id: 'kernel',
        ramdisk_id: 'initramfs',
        command_line: 'console=ttyS0 quiet panic=-1',
      }),
    open: async (id) => {
      if (id === 'kernel') return createReadStream(kernel);
      if (id === 'initramfs') return createReadStream(initramfs);
      return disk === null ? null : once(disk);
    },
  };
}

async function* once(bytes: Uint8Array) {
  yield bytes;
}
