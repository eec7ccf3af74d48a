/**
 * Keeps hosts of an aggregate with `trait:X=required` for those who require X, by flavor or image.
 *
 * e.g. licensed hosts: only flavors that pay for the license may use them.
 */
import type { HostView } from '../host-view.ts';
import { type Filter, plainly, type Request } from '../plugin.ts';

export const aggregateTraits: Filter<Request> = {
  name: 'aggregate-traits',
  wakes: ['host.added', 'host.changed'],
  allows: (request, host) => uncovered(request, host).length === 0,
  objection: (request, host) =>
    plainly(`is kept for those who require ${uncovered(request, host).join(', ')}`),
};

function uncovered({ ask }: Request, { metadata }: HostView): readonly string[] {
  if (!ask.about.options.isolate_aggregates || metadata.length === 0) return [];
  return metadata
    .flatMap((one) => Object.entries(one))
    .filter(([key, value]) => key.startsWith('trait:') && value === 'required')
    .map(([key]) => key.slice('trait:'.length))
    .filter((trait) => !ask.required_traits.includes(trait));
}
