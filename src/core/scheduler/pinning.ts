/** Which CPUs of the chosen cells the guest is to hold: chosen here, claimed as chosen. */
import { present } from '../base/units.ts';
import { pick } from '../topology/cores.ts';
import type { GuestNode, Placement } from './ask.ts';
import { pinsOf } from './cpu-policy.ts';
import type { HostView } from './host-view.ts';

/** Whether the cell has the CPUs that the node is to have to itself. */
export function fitsCpus(host: HostView, cell: number, node: GuestNode): boolean {
  if (node.pinned === undefined) return true;
  return pinsOf(node) <= freeCpus(host, cell, node.pinned.threads);
}

/** How many vCPUs could have CPUs of their own there. */
export function freeCpus(
  host: HostView,
  cell: number,
  threads: NonNullable<GuestNode['pinned']>['threads'],
): number {
  const { provider_id, cell: name } = present(host.cells[cell], 'a cell').row;
  return host.books.pins.roomIn(provider_id, name)?.room[threads] ?? 0;
}

/** The CPUs of every node, in the cell where `host.seat` has it. */
export const pinsOn = (nodes: readonly GuestNode[], host: HostView): Placement['pins'] =>
  nodes.flatMap((node, guest_node) => pinsOfNode(node, guest_node, host));

function pinsOfNode(node: GuestNode, guest_node: number, host: HostView): Placement['pins'] {
  const { pinned } = node;
  if (pinned === undefined) return [];
  const { row } = present(host.cells[present(host.seat[guest_node], 'a seat')], 'its cell');
  const { provider_id } = row;
  const cores = host.books.pins.roomIn(provider_id, row.cell)?.cores ?? [];
  const picked = present(pick(cores, pinsOf(node), pinned.threads), 'CPUs for a node that fits');
  const spot = (cpu: number) => ({ provider_id, cpu, guest_node });
  return [
    ...picked.cpus.map((cpu, at) => {
      const vcpu = pinned.vcpus[at];
      return vcpu === undefined
        ? { ...spot(cpu), use: 'emulator' as const, vcpu: null }
        : { ...spot(cpu), use: 'vcpu' as const, vcpu };
    }),
    ...picked.idle.map((cpu) => ({ ...spot(cpu), use: 'idle' as const, vcpu: null })),
  ];
}
