/**
 * Guests for tests: Debian's kernel with a first program that counts on the serial console. The
 * kernel comes from the package that apt downloads (kept for the next time), the rest from busybox.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { done } from '../../core/ports/reply.ts';
import type { ImageSource } from './outfit.ts';

/** Prints `tick N` twenty times a second; shuts down when the power button is pressed. */
const INIT = `#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox echo GUEST-READY
n=0
while :; do n=$((n+1)); echo "tick $n"; /bin/busybox usleep 50000; done
`;

const NEEDED = ['/usr/bin/qemu-system-x86_64', '/usr/bin/qemu-img', '/bin/busybox'];

/** What is missing to run real guests here; null: nothing. */
export function missing(): string | null {
  const absent = NEEDED.find((path) => !existsSync(path));
  if (absent !== undefined) return `${absent} is not there`;
  return kernel() === null ? 'no Linux kernel to boot: apt-get install one, as root' : null;
}

export interface Files {
  readonly kernel: string;
  readonly initramfs: string;
}

/** Null where there is none and none can be had. */
function kernel(): string | null {
  const kept = join(tmpdir(), `plimsoll-kernel-${process.getuid?.() ?? 0}`);
  const found = kernelIn(kept) ?? kernelIn('/boot');
  if (found !== null) return found;
  const fresh = mkdtempSync(join(tmpdir(), 'plimsoll-kernel-'));
  const script = `set -e; cd ${fresh}
    name=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends:/{print $2;exit}')
    apt-get download "$name" >&2; dpkg-deb --fsys-tarfile linux-image-*.deb | tar x ./boot
    mv boot/vmlinuz-* .; rm -rf boot *.deb; mv ${fresh} ${kept}`;
  spawnSync('sh', ['-c', script], { stdio: 'ignore' });
  rmSync(fresh, { recursive: true, force: true });
  return kernelIn(kept);
}

function kernelIn(directory: string): string | null {
  if (!existsSync(directory)) return null;
  const name = readdirSync(directory).find((one) => one.startsWith('vmlinuz-'));
  return name === undefined ? null : join(directory, name);
}

export function makeFiles(directory: string): Files {
  const tree = join(directory, 'tree');
  for (const name of ['bin', 'dev', 'proc']) mkdirSync(join(tree, name), { recursive: true });
  copyFileSync('/bin/busybox', join(tree, 'bin/busybox'));
  writeFileSync(join(tree, 'init'), INIT);
  chmodSync(join(tree, 'init'), 0o755);
  const initramfs = join(directory, 'initramfs');
  const pack = `cd ${tree} && find . | sort | busybox cpio -o -H newc | gzip -1 > ${initramfs}`;
  const packed = spawnSync('sh', ['-c', pack], { encoding: 'utf8' });
  if (packed.status !== 0) throw new Error(packed.stderr);
  return { kernel: kernel() ?? '', initramfs };
}

export const IMAGE = '00000000-0000-4000-8000-000000000001';

/**
 * One image with a kernel and an initramfs; its disk, if any, is what `disk` holds. What hosts save
 * goes to `saved`.
 */
export function imagesOf(
  { kernel, initramfs }: Files,
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
