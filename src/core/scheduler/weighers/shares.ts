/** How full a host would be, as seen by several weighers. */
import type { HostView } from '../host-view.ts';
import type { Shape } from '../plugin.ts';

/** The mean, over the resources asked for, of the share that is used once the guest is there. */
export function meanShareAfter({ resources }: Shape, host: HostView): number {
  let sum = 0;
  for (let at = 0; at < resources.length; at++) {
    sum += host.shareAfter(resources[at] as Shape['resources'][number]);
  }
  return resources.length === 0 ? 0 : Math.min(1, sum / resources.length);
}
