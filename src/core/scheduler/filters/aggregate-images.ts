/**
 * Keeps images off hosts whose aggregates speak of a property that they have with another value.
 *
 * e.g. an aggregate with os_distro=windows takes images with os_distro=windows, or without any.
 */
import type { HostView } from '../host-view.ts';
import { type Filter, plainly, type Request } from '../plugin.ts';

export const aggregateImages: Filter<Request> = {
  name: 'aggregate-images',
  wakes: ['host.added', 'host.changed'],
  allows: (request, host) => clash(request, host) === null,
  objection: (request, host) => {
    const [key, has, takes] = clash(request, host) ?? [];
    return plainly(`takes images with ${key} ${takes}, and this one has ${has}`);
  },
};

type Clash = readonly [key: string, has: string, takes: string];

function clash({ ask }: Request, { metadata }: HostView): Clash | null {
  const { image, options } = ask.about;
  for (const one of metadata) {
    for (const [key, takes] of Object.entries(one)) {
      const has = PROPERTY.test(key) ? image[key] : undefined;
      if (has === undefined || !key.startsWith(options.aggregate_image_keys)) continue;
      if (!takes.split(',').some((value) => value.trim() === has)) return [key, has, takes];
    }
  }
  return null;
}

/** Of the many keys of metadata, those that are an image's. */
const PROPERTY = /^(hw_|os_|img_|hypervisor_type$|architecture$|vm_mode$)/;
