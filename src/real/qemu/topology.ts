/**
 * A guest's NUMA nodes, its memory and its vCPUs, as the ledger claimed them on this machine.
 *
 *   node ─► memory bound to the claimed cell, in pages of its size ─► QEMU's arguments
 *   pin  ─► its vCPU's thread, or QEMU's other threads, on that CPU alone ─► once it was started
 *
 * Both are looked at afterwards where they are true: memory that cannot be bound ends QEMU, and
 * what a thread may run on, and which large pages are its, is read from the kernel before the guest
 * runs.
 */
import { readdir, readFile } from 'node:fs/promises';
import type { GuestSpec } from '../../core/ports/order.ts';
import { type Decision, done, no } from '../../core/ports/reply.ts';
import { holdsItsPages, largeOf } from './pages.ts';
import { runTool } from './process.ts';
import type { Qmp } from './qmp.ts';

type Node = GuestSpec['nodes'][number];

/** Which vCPUs are whose: the nodes take them in order. e.g. 2 and 1: `0-1`, `2-2`. */
export function vcpusOf(nodes: readonly Node[], at: number): string {
  const first = nodes.slice(0, at).reduce((sum, { vcpus }) => sum + vcpus, 0);
  return `${first}-${first + (nodes[at]?.vcpus ?? 1) - 1}`;
}

/**
 * Under emulation live migration of a guest that writes loses pages of every block of memory that
 * is a multiple of 256 KiB (measured). So each has 64 KiB more; but memory in large pages is whole
 * pages: such a guest stands still while it is streamed.
 */
const ODD_KIB = 64;

const sizeKib = (node: Node, isEmulated: boolean): number =>
  node.memory_mib * 1024 + (isEmulated && largeOf(node) === null ? ODD_KIB : 0);

export const mustStandStill = ({ nodes }: GuestSpec, isEmulated: boolean): boolean =>
  isEmulated && nodes.some((node) => largeOf(node) !== null);

/** Of all its memory, by node or not. */
export function memoryKib({ nodes, memory_mib }: GuestSpec, isEmulated: boolean): number {
  if (nodes.length === 0) return memory_mib * 1024 + (isEmulated ? ODD_KIB : 0);
  return nodes.reduce((sum, node) => sum + sizeKib(node, isEmulated), 0);
}

/** `folders`: where large pages are, by their KiB. */
export function nodeArguments(
  { nodes }: GuestSpec,
  isEmulated: boolean,
  folders: ReadonlyMap<number, string>,
): string[] {
  return nodes.flatMap((node, at) => {
    const large_kib = largeOf(node);
    const folder = large_kib === null ? undefined : folders.get(large_kib);
    const memory = {
      ...(folder === undefined
        ? { 'qom-type': 'memory-backend-memfd' }
        : { 'qom-type': 'memory-backend-file', 'mem-path': folder }),
      ...{ id: `node${at}`, size: sizeKib(node, isEmulated) * 1024 },
      ...{ 'host-nodes': [node.cell], policy: 'bind' },
      prealloc: node.exact === true || large_kib !== null,
    };
    const numa = `node,nodeid=${at},cpus=${vcpusOf(nodes, at)},memdev=node${at}`;
    return ['-object', JSON.stringify(memory), '-numa', numa];
  });
}

/** Puts its threads where they belong, and looks that they and its memory are there. */
export async function putInPlace(
  spec: GuestSpec,
  qmp: Qmp,
  pid: number,
): Promise<Decision<void, string>> {
  const held = await holdsItsPages(spec, pid);
  return held.is === 'no' ? held : pinThreads(spec, qmp, pid);
}

async function pinThreads(spec: GuestSpec, qmp: Qmp, pid: number): Promise<Decision<void, string>> {
  const pins = spec.nodes.flatMap((node) => node.pins ?? []);
  if (pins.length === 0) return done(undefined);
  const asked = await qmp.ask<readonly VcpuThread[]>('query-cpus-fast');
  if (asked.is !== 'done') return no('its monitor does not say which threads it has');
  const wanted = new Map<number, string>();
  for (const { cpu, use, vcpu } of pins) {
    const thread = asked.value.find((one) => one['cpu-index'] === vcpu)?.['thread-id'];
    if (use === 'vcpu' && thread !== undefined) wanted.set(thread, String(cpu));
  }
  const emulator = pins.filter(({ use }) => use === 'emulator').map(({ cpu }) => cpu);
  const vcpus = new Set(asked.value.map((one) => one['thread-id']));
  const others = (await readdir(`/proc/${pid}/task`)).map(Number).filter((tid) => !vcpus.has(tid));
  if (emulator.length > 0) for (const tid of others) wanted.set(tid, emulator.join(','));
  return pinned(pid, wanted);
}

interface VcpuThread {
  readonly 'cpu-index': number;
  readonly 'thread-id': number;
}

const PINNED_WITHIN_MS = 5_000;

async function pinned(
  pid: number,
  wanted: ReadonlyMap<number, string>,
): Promise<Decision<void, string>> {
  for (const [thread, cpus] of wanted) {
    await runTool('taskset', ['-pc', cpus, String(thread)], PINNED_WITHIN_MS);
    const status = await readFile(`/proc/${pid}/task/${thread}/status`, 'utf8').catch(() => '');
    const allowed = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1];
    if (allowed !== undefined && sameCpus(allowed, cpus)) continue;
    return no(`its thread ${thread} may run on CPU ${allowed ?? '?'}, and was to run on ${cpus}`);
  }
  return done(undefined);
}

/** The kernel writes `0-1` for `0,1`. */
const sameCpus = (a: string, b: string): boolean => listed(a).join() === listed(b).join();

const listed = (text: string): number[] =>
  text
    .split(',')
    .flatMap((range) => {
      const [first = 0, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, at) => first + at);
    })
    .sort((one, other) => one - other);
