/**
 * A guest that needs nothing: Debian's kernel, and busybox with a first program that counts on the
 * serial console and writes what it has counted to its disk. For the demonstration and for tests.
 *
 *   apt-get download ─► kernel and modules, kept in the temporary directory for the next time
 *   busybox, modules, INIT ─► initramfs
 *
 *   drive ro=1 "hostname":"H"   once, of a config drive, if it has one: that it cannot be written,
 *                and what is on it
 *   off          by itself, when its power button is pressed
 *   tick N       on the console, some twenty a second, or each `every=` microseconds
 *   record N     at the Nth block of 512 bytes of its disk, every tenth tick, if it has a
 *                disk and `records=1` is on its kernel's command line
 *   MemTotal, found   then also once: its memory, and what was at the tenth block when it began
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** In the order in which they are loaded. */
const MODULES = [
  ...['virtio_ring', 'virtio', 'virtio_pci_legacy_dev', 'virtio_pci_modern_dev', 'virtio_pci'],
  ...['virtio_blk', 'button', 'evdev'],
];

const INIT = `#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
for m in ${MODULES.join(' ')}; do /bin/busybox insmod /modules/$m.ko 2>/dev/null; done
for d in /dev/vd?; do
  label=$(/bin/busybox dd if=$d bs=1 skip=32808 count=8 2>/dev/null)
  [ "$label" = config-2 ] && echo "drive ro=$(/bin/busybox blockdev --getro $d) $(
    /bin/busybox grep -o '"hostname":"[^"]*"' $d | /bin/busybox head -n 1)"
done
for e in /dev/input/event*; do
  (/bin/busybox dd if=$e bs=24 count=1 of=/dev/null 2>/dev/null && /bin/busybox poweroff -f) &
done
if [ "$records" = 1 ]; then
  /bin/busybox mount -t proc proc /proc
  /bin/busybox grep MemTotal /proc/meminfo
  echo "found $(/bin/busybox dd if=/dev/vda bs=512 skip=10 count=1 2>/dev/null |
    /bin/busybox head -n 1)"
fi
/bin/busybox echo GUEST-READY
n=0
while :; do
  n=$((n+1)); echo "tick $n"
  if [ "$records" = 1 ] && [ $((n%10)) = 0 ] && [ -b /dev/vda ]; then
    echo "record $n" | /bin/busybox dd of=/dev/vda bs=512 seek=$n conv=notrunc,fsync 2>/dev/null
  fi
  /bin/busybox usleep \${every:-50000}
done
`;

const NEEDED: readonly (readonly [path: string, package_name: string])[] = [
  ['/usr/bin/qemu-system-x86_64', 'qemu-system-x86'],
  ['/usr/bin/qemu-img', 'qemu-utils'],
  ['/bin/busybox', 'busybox-static'],
];

/** What is missing to run real guests here, in a line; null: nothing. */
export function missing(): string | null {
  const absent = NEEDED.filter(([path]) => !existsSync(path)).map(([, name]) => name);
  if (absent.length > 0) return `not here yet: apt-get install ${absent.join(' ')}`;
  if (kernel() !== null) return null;
  return 'no Linux kernel to boot, and none could be had by apt-get download';
}

export interface SmallGuest {
  readonly kernel: string;
  readonly initramfs: string;
}

/** Null where there is none and none can be had. */
function kernel(): string | null {
  const kept = keptIn();
  if (isOurs(kept)) return kernelIn(kept);
  const fresh = mkdtempSync(join(tmpdir(), 'plimsoll-guest-'));
  const script = `set -e; cd ${fresh}
    name=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends:/{print $2;exit}')
    apt-get download "$name" >&2; dpkg-deb --fsys-tarfile linux-image-*.deb |
      tar x --wildcards './boot/vmlinuz-*' ${MODULES.map((name) => `'*/${name}.ko'`).join(' ')}
    mv boot/vmlinuz-* .; find lib -name '*.ko' -exec mv {} . ';'
    rm -rf boot lib *.deb; mv ${fresh} ${kept}`;
  spawnSync('sh', ['-c', script], { stdio: 'ignore' });
  rmSync(fresh, { recursive: true, force: true });
  return isOurs(kept) ? kernelIn(kept) : kernelIn('/boot');
}

const keptIn = (): string => join(tmpdir(), `plimsoll-guest-${process.getuid?.() ?? 0}`);

/** Anybody may make a directory there. */
function isOurs(directory: string): boolean {
  return existsSync(directory) && statSync(directory).uid === (process.getuid?.() ?? 0);
}

function kernelIn(directory: string): string | null {
  if (!existsSync(directory)) return null;
  const name = readdirSync(directory).find((one) => one.startsWith('vmlinuz-'));
  return name === undefined ? null : join(directory, name);
}

/** Made in the directory; what is `missing` was asked before. */
export function makeSmallGuest(directory: string): SmallGuest {
  const tree = join(directory, 'tree');
  for (const name of ['bin', 'dev', 'proc', 'modules']) {
    mkdirSync(join(tree, name), { recursive: true });
  }
  copyFileSync('/bin/busybox', join(tree, 'bin/busybox'));
  for (const name of MODULES.map((module) => `${module}.ko`)) {
    const path = join(keptIn(), name);
    if (existsSync(path)) copyFileSync(path, join(tree, 'modules', name));
  }
  writeFileSync(join(tree, 'init'), INIT);
  chmodSync(join(tree, 'init'), 0o755);
  const initramfs = join(directory, 'initramfs');
  const pack = `cd ${tree} && find . | sort | busybox cpio -o -H newc | gzip -1 > ${initramfs}`;
  const packed = spawnSync('sh', ['-c', pack], { encoding: 'utf8' });
  if (packed.status !== 0) throw new Error(packed.stderr);
  return { kernel: kernel() ?? '', initramfs };
}

/** What the console shows of its counting: which ticks never came, which came again. */
export interface Counted {
  readonly last: number;
  readonly lost: number;
  readonly repeated: number;
}

export function countedOn(console_text: string): Counted {
  const ticks = [...console_text.matchAll(/^tick (\d+)\r?\n/gm)].map(([, n]) => Number(n));
  const seen = new Set(ticks);
  const last = Math.max(0, ...seen);
  const first = Math.min(...seen, last);
  const expected = seen.size === 0 ? 0 : last - first + 1;
  return { last, lost: expected - seen.size, repeated: ticks.length - seen.size };
}
