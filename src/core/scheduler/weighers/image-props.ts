/**
 * Prefers hosts whose servers have images like the one asked for: licences, warm caches.
 *
 *   os_distro=2, os_version=1      a server from an image of the same distribution and version: 3
 *
 * The sum over all servers of the host; which properties count, and how much, operators say.
 */
import type { Weigher } from '../plugin.ts';
import { eitherWay } from './half-way.ts';

const HALF = 8;

export const imageProps: Weigher = {
  name: 'image-props',
  merit: ({ alike }, host) => {
    if (alike.length === 0) return 0.5;
    let sum = 0;
    for (const properties of host.image_properties) {
      for (const { property, value, weight } of alike) {
        if (properties[property] === value) sum += weight;
      }
    }
    return eitherWay(sum, HALF);
  },
};
