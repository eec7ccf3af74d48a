/**
 * What a host needs to know of an image to boot from it: as its owner stated it, never as its bytes
 * look. The properties are those of upstream's images: kernel_id, ramdisk_id, os_command_line.
 */
import { type Decision, done, no } from '../../core/ports/reply.ts';
import type { ImageRow } from '../../core/servers/rows.ts';
import type { BootImage } from '../../real/qemu/outfit.ts';

type Stated = Pick<ImageRow, 'id' | 'status' | 'disk_format' | 'properties'>;

export function bootImageOf(row: Stated | undefined): Decision<BootImage, string> {
  if (row === undefined) return no('the image is gone');
  const { id, status, disk_format: format, properties } = row;
  if (status !== 'active') return no(`the image ${id} has no bytes`);
  if (format !== 'raw' && format !== 'qcow2') {
    return no(`the image ${id} is ${format ?? 'of no format'}; this host boots raw and qcow2`);
  }
  return done({
    disk_format: format,
    kernel_id: properties['kernel_id'] ?? null,
    ramdisk_id: properties['ramdisk_id'] ?? null,
    command_line: properties['os_command_line'] ?? null,
  });
}
