/** How full a host would be, as seen by several weighers. */
import type { HostView } from '../host-view.ts';
import type { Shape } from '../plugin.ts';

/** The mean, over what is asked of the host itself, of the share used once the guest is there. */
export function meanShareAfter({ resources }: Shape, host: HostView): number {
  let sum = 0;
  let count = 0;
  for (let at = 0; at < resources.length; at++) {
    const share = host.shareAfter(resources[at] as Shape['resources'][number]);
    if (Number.isNaN(share)) continue;
    sum += share;
    count++;
  }
  return count === 0 ? 0 : Math.min(1, sum / count);
}
