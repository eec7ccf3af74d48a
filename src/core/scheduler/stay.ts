/**
 * Whether a server may stay on its host with another image: what a rebuild asks.
 *
 *   the image's own needs   traits, hypervisor, its place in aggregates and on isolated hosts
 *   its topology            must stay as it is: its cells and CPUs are held as they are
 *
 * It takes no new room, so filters of room are not asked; and a host that takes no new servers
 * keeps the one that it has.
 */
import type { View } from '../ledger/draft.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import type { Ask } from './ask.ts';
import { aggregateImages } from './filters/aggregate-images.ts';
import { imageHost } from './filters/image-host.ts';
import { isolated } from './filters/isolated.ts';
import { traits } from './filters/traits.ts';
import { HostView } from './host-view.ts';
import type { Filter, Request } from './plugin.ts';
import { requestOf } from './shape.ts';

const ofImages: readonly Filter<Request>[] = [traits, imageHost, isolated, aggregateImages];

export function mayStay(
  view: View,
  name: string,
  nodes: Ask['nodes'],
  after: Ask,
): Decision<void, string> {
  if (JSON.stringify(nodes) !== JSON.stringify(after.nodes)) {
    return no('The image asks for another NUMA topology than the server has.');
  }
  const host = new HostView(view);
  const provider = view.books.providerNamed(name)?.id;
  if (provider === undefined || !host.at(provider)) return no(`${name} is not there.`);
  const request = requestOf(view.books, after);
  const against = ofImages.find((filter) => !filter.allows(request, host));
  if (against === undefined) return done(undefined);
  return no(`${name} ${against.objection(request, host).reason}.`);
}
