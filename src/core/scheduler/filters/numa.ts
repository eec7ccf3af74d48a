/** Every NUMA node of the guest needs a cell of its own with room for it. */
import type { GuestNode } from '../ask.ts';
import type { HostView } from '../host-view.ts';
import { type Filter, type Objection, plainly, type Shape } from '../plugin.ts';
import { fitsCell, seatAny } from '../seat.ts';

export const numa: Filter = {
  name: 'numa',
  wakes: ['host.added', 'server.gone', 'host.changed'],
  allows: (shape, host) => shape.nodes.length === 0 || seatAny(shape, host),
  objection: (shape, host) =>
    tooFewCells(shape, host) ??
    tooLargeNode(shape, host) ??
    plainly('has a cell for each guest node alone, but not for all of them at once'),
};

function tooFewCells({ nodes }: Shape, { cells }: HostView): Objection | null {
  if (cells.length >= nodes.length) return null;
  const reason = `has ${cells.length} NUMA cells, not the ${nodes.length} asked for`;
  return { reason, resource: 'NUMA cells', needed: nodes.length, available: cells.length };
}

/** The first guest node that no cell can take, or that too few can. */
function tooLargeNode({ nodes }: Shape, host: HostView): Objection | null {
  for (const node of nodes) {
    const alike = nodes.filter((n) => n.vcpus >= node.vcpus && n.memory_mib >= node.memory_mib);
    const roomy = host.cells.filter((_, cell) => fitsCell(host, cell, node));
    if (roomy.length >= alike.length) continue;
    return roomy.length === 0 ? nowhere(node, host) : inTooFew(node, alike.length, roomy.length);
  }
  return null;
}

function inTooFew({ vcpus, memory_mib }: GuestNode, needed: number, available: number): Objection {
  const room = `${vcpus} VCPU and ${memory_mib} MiB free`;
  const reason = `has ${available} NUMA cells with ${room}, not the ${needed} asked for`;
  return { reason, resource: 'NUMA cells', needed, available };
}

function nowhere(node: GuestNode, host: HostView): Objection {
  const most = (free: Float64Array) => Math.max(...free.subarray(0, host.cells.length));
  const vcpus = most(host.free_vcpus);
  if (vcpus < node.vcpus) return inOneCell('VCPU', node.vcpus, vcpus);
  const memory_mib = most(host.free_memory_mib);
  if (memory_mib < node.memory_mib) return inOneCell('MEMORY_MB', node.memory_mib, memory_mib);
  return plainly(
    `has no NUMA cell with ${node.vcpus} VCPU and ${node.memory_mib} MiB free together`,
  );
}

const inOneCell = (resource: string, needed: number, available: number): Objection => ({
  reason: `has at most ${available} ${resource} left in a NUMA cell, not the ${needed} asked for`,
  resource,
  needed,
  available,
});
