/** A host whose control planes are elsewhere: its images come from there, and are kept here. */
import { statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Decision } from '../../core/ports/reply.ts';
import { controlLine } from './control-line.ts';
import { type QemuHost, type QemuHostAbout, qemuHost, REAL_ZONE } from './qemu-host.ts';
import { remoteImages } from './remote-images.ts';

export interface HostAfarAbout extends Omit<QemuHostAbout, 'images' | 'zone' | 'cache_bytes_max'> {
  readonly zone?: string;
  readonly control: readonly string[];
  readonly token: string;
}

const CACHE_BYTES_MAX = 20 * 1024 ** 3;
const CACHE_PART = 10;

export async function qemuHostAfar(about: HostAfarAbout): Promise<Decision<QemuHost, string>> {
  const { directory, control, token, zone = REAL_ZONE } = about;
  const { blocks, bsize } = await statfs(dirname(directory));
  const cache_bytes_max = Math.min(CACHE_BYTES_MAX, Math.floor((blocks * bsize) / CACHE_PART));
  const images = remoteImages({
    ask: controlLine(control, token),
    directory: join(directory, 'images'),
    bytes_max: cache_bytes_max,
  });
  return qemuHost({ ...about, zone, images, cache_bytes_max });
}
