/**
 * What this machine has, read from the kernel. A cell's own memory is still growing while a large
 * machine starts, so a machine of one cell is told by its total.
 */
import { readdir, readFile, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Machine, MachineCell } from '../../core/ports/hypervisor.ts';
import { type Decision, done, no } from '../../core/ports/reply.ts';
import type { Accel } from './accel.ts';
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
  root = '/',
): Promise<Decision<Machine, string>> {
  try {
    const disk = await statfs(directory);
    const memory_mib = memoryIn(await readFile(join(root, 'proc/meminfo'), 'utf8'));
    const booted_at_ms = bootTimeIn(await readFile(join(root, 'proc/stat'), 'utf8'));
    const cells = await cellsOf(join(root, 'sys/devices/system/node'), memory_mib);
    return done({
      hypervisor_type: 'QEMU',
      hypervisor_version,
      cpu_info: { arch: 'x86_64', model: 'qemu64', accel, topology: { cells: cells.length } },
      cores: cells.reduce((all, { cores }) => all + cores, 0),
      memory_mib,
      disk_gib: Math.floor((disk.blocks * disk.bsize) / GIB),
      ...(booted_at_ms !== null && { booted_at_ms }),
      cells,
      traits: [
        'COMPUTE_ARCH_X86_64',
        'COMPUTE_IMAGE_TYPE_QCOW2',
        'COMPUTE_IMAGE_TYPE_RAW',
        'COMPUTE_STORAGE_BUS_VIRTIO',
      ],
    });
  } catch (error) {
    return no((error as Error).message);
  }
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

/** The kernel tells it in seconds. */
function bootTimeIn(stat: string): number | null {
  const found = /^btime (\d+)$/m.exec(stat);
  return found === null ? null : Number(found[1]) * 1000;
}

async function cellsOf(nodes: string, memory_mib: number): Promise<MachineCell[]> {
  const names = (await readdir(nodes)).filter((name) => /^node\d+$/.test(name));
  const cells = names.map(async (name) => ({
    cell: Number(name.slice(4)),
    cores: countOf(await readFile(join(nodes, name, 'cpulist'), 'utf8')),
    memory_mib:
      names.length === 1
        ? memory_mib
        : memoryIn(await readFile(join(nodes, name, 'meminfo'), 'utf8')),
  }));
  return (await Promise.all(cells)).toSorted((a, b) => a.cell - b.cell);
}

const memoryIn = (text: string): number =>
  Math.floor(Number(/MemTotal:\s+(\d+) kB/.exec(text)?.[1]) / 1024);

/** e.g. `0-3,8` → 5 */
const countOf = (list: string): number =>
  list
    .trim()
    .split(',')
    .filter((range) => range !== '')
    .reduce((all, range) => {
      const [first, last = first] = range.split('-').map(Number);
      return all + Number(last) - Number(first) + 1;
    }, 0);
