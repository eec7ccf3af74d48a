/**
 * On a host whose memory is partly cut into large pages, a guest without a topology needs room in
 * what is left: it cannot use the others, though they are memory of the host as well.
 */
import type { HostView } from '../host-view.ts';
import { ordinaryRoom } from '../memory-pages.ts';
import type { Filter, Objection, Shape } from '../plugin.ts';

export const ordinaryMemory: Filter = {
  name: 'ordinary-memory',
  wakes: ['host.added', 'server.gone', 'inventory.grown'],
  allows: (shape, host) => shape.nodes.length > 0 || ordinaryRoom(shape, host) >= 0,
  objection,
};

function objection({ resources }: Shape, host: HostView): Objection {
  const needed = resources.find(({ name }) => name === 'MEMORY_MB')?.amount ?? 0;
  const left = ordinaryRoom({ resources: [], nodes: [] }, host);
  const reason = `has ${left} MiB left that are not cut into large pages, not the ${needed} asked for`;
  return { reason, resource: 'MEMORY_MB', needed, available: left };
}
