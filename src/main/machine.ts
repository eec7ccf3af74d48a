/**
 * `plimsoll machine`: what the machine here has, read from its /proc and /sys, before any host
 * offers some of it to guests.
 */
import type { MachineOptions } from '../cli/here-verbs.ts';
import { type Column, table } from '../cli/table.ts';
import type { MachineDevice } from '../core/ports/device.ts';
import type { MachineCell } from '../core/ports/hypervisor.ts';
import { sizeInWords } from '../core/topology/pages.ts';
import { type MachineFacts, readMachine } from '../real/machine/read-machine.ts';

/** Gives the exit code: 1 where no CPU can be seen. */
export async function showMachine({ root, format }: MachineOptions): Promise<number> {
  const facts = readMachine(root);
  console.log(format === 'json' ? JSON.stringify(facts, null, 2) : inWords(facts));
  for (const problem of facts.problems) console.error(`plimsoll: ${problem}`);
  return facts.cores > 0 ? 0 : 1;
}

const cellColumns: readonly Column<MachineCell>[] = [
  { title: 'CELL', right: true, cell: ({ cell }) => cell },
  { title: 'SOCKET', right: true, cell: ({ socket }) => socket ?? null },
  { title: 'CPUS', right: true, cell: ({ cores }) => cores },
  { title: 'CORES', right: true, cell: ({ cpus }) => cpus?.length ?? null },
  { title: 'MEMORY MiB', right: true, cell: ({ memory_mib }) => memory_mib },
  { title: 'PAGES', cell: ({ pages = [] }) => pages.map(pagesInWords).join(', ') || null },
];

const deviceColumns: readonly Column<MachineDevice>[] = [
  { title: 'DEVICE', cell: ({ address }) => address },
  { title: 'KIND', cell: ({ kind }) => kind },
  { title: 'VENDOR', cell: ({ vendor_id }) => vendor_id },
  { title: 'PRODUCT', cell: ({ product_id }) => product_id },
  { title: 'PART OF', cell: ({ parent }) => parent },
  { title: 'CELL', right: true, cell: ({ cell }) => cell },
];

const pagesInWords = ({ size_kib, total }: { size_kib: number; total: number }): string =>
  `${total} of ${sizeInWords(size_kib)}`;

function inWords({ cores, memory_mib, cells, devices, cpu_info }: MachineFacts): string {
  const head = `${cpu_info['model'] ?? 'CPUs of no name'}: ${cores} CPUs, ${memory_mib} MiB`;
  const parts = [head, table(cellColumns, cells)];
  return [...parts, ...(devices.length > 0 ? [table(deviceColumns, devices)] : [])].join('\n\n');
}
