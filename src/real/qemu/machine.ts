/**
 * What of this machine the driver can give to guests: its CPUs, its memory, and the disk of its
 * directory; large pages where a hugetlbfs of their size is mounted. It hands out no devices, and
 * its guests see a CPU of QEMU's own.
 */
import { readdir, readFile, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Machine, MachineCell } from '../../core/ports/hypervisor.ts';
import { type Decision, done, no } from '../../core/ports/reply.ts';
import { mibOf } from '../../core/topology/pages.ts';
import type { MachineReader } from '../machine/read-machine.ts';
import type { Accel } from './accel.ts';
import { pageFoldersHere } from './pages.ts';
import { QEMU, runTool } from './process.ts';

const GIB = 1024 ** 3;

/** `7.2.22` as 7,002,022; null when there is no QEMU that says so. */
export async function qemuVersion(): Promise<number | null> {
  const ran = await runTool(QEMU, ['--version'], 10_000);
  const found = ran.is === 'done' ? /version (\d+)\.(\d+)\.(\d+)/.exec(ran.value.output) : null;
  if (found === null) return null;
  const [, major, minor, release] = found.map(Number);
  return Number(major) * 1_000_000 + Number(minor) * 1_000 + Number(release);
}

export async function describeMachine(
  directory: string,
  accel: Accel,
  hypervisor_version: number,
  reader: MachineReader,
): Promise<Decision<Machine, string>> {
  try {
    const disk = await statfs(directory);
    const { cores, cells, cpu_info, booted_at_ms, problems } = reader.read();
    if (cores === 0) return no(`no CPUs can be seen: ${problems.join('; ')}`);
    const folders = pageFoldersHere();
    const given = cells.map((cell) => withPagesOf(cell, (size_kib) => folders.has(size_kib)));
    return done({
      hypervisor_type: 'QEMU',
      hypervisor_version,
      cpu_info: { ...cpu_info, accel },
      cores,
      memory_mib: given.reduce((all, { memory_mib }) => all + memory_mib, 0),
      disk_gib: Math.floor((disk.blocks * disk.bsize) / GIB),
      ...(booted_at_ms !== undefined && { booted_at_ms }),
      cells: given,
      traits: [
        'COMPUTE_ARCH_X86_64',
        'COMPUTE_IMAGE_TYPE_QCOW2',
        'COMPUTE_IMAGE_TYPE_RAW',
        'COMPUTE_STORAGE_BUS_VIRTIO',
        ...((await mayLock()) ? ['CUSTOM_PLIMSOLL_LOCKED_MEMORY'] : []),
      ],
      problems,
    });
  } catch (error) {
    return no((error as Error).message);
  }
}

/** Whether QEMU, which has the limits that we have, may keep all of a guest in memory. */
async function mayLock(): Promise<boolean> {
  const limits = await readFile('/proc/self/limits', 'utf8');
  return /^Max locked memory\s+unlimited\s/m.test(limits);
}

/** What is cut into pages of sizes that guests cannot have is lost to them. */
export function withPagesOf(
  { pages = [], memory_mib, ...cell }: MachineCell,
  canHave: (size_kib: number) => boolean,
): MachineCell {
  const given = pages.filter(({ size_kib }) => canHave(size_kib));
  const lost = pages.filter(({ size_kib }) => !canHave(size_kib));
  const lost_mib = lost.reduce((all, { size_kib, total }) => all + mibOf(total, size_kib), 0);
  const left = { ...cell, memory_mib: Math.floor(memory_mib - lost_mib) };
  return given.length === 0 ? left : { ...left, pages: given };
}

/** What is taken of the disk that holds this directory, without what is in it; null: unreadable. */
export async function diskUsedBeside(directory: string): Promise<number | null> {
  try {
    const { blocks, bavail, bsize } = await statfs(directory);
    const names = await readdir(directory, { recursive: true });
    const sizes = names.map((name) => allocatedBytes(join(directory, name)));
    const own_bytes = (await Promise.all(sizes)).reduce((all, bytes) => all + bytes, 0);
    return Math.max(0, Math.ceil(((blocks - bavail) * bsize - own_bytes) / GIB));
  } catch {
    return null;
  }
}

const STAT_BLOCK_BYTES = 512;

/** A sparse file takes less than it is long; one that went meanwhile takes nothing. */
const allocatedBytes = (path: string): Promise<number> =>
  stat(path).then(
    ({ blocks }) => blocks * STAT_BLOCK_BYTES,
    () => 0,
  );
