/**
 * Prefers hosts that are in use already; of the empty ones the largest, so that few are touched.
 *
 *   in use     merit = 1
 *   empty      merit = ½ × size ÷ (size + 1), size = the least, over the resources asked for, of
 *              the capacity in standard hosts (64 VCPUs, 256 GiB …)
 */
import type { HostView } from '../host-view.ts';
import type { Shape, Wanted, Weigher } from '../plugin.ts';

export const opened: Weigher = {
  name: 'opened',
  merit: (shape, host) => (host.consumers > 0 ? 1 : sizeMerit(shape, host) / 2),
};

function sizeMerit({ resources }: Shape, host: HostView): number {
  let least = Number.MAX_SAFE_INTEGER;
  for (let at = 0; at < resources.length; at++) {
    const wanted = resources[at] as Wanted;
    const { limit } = host.books.column(wanted.id);
    const standard = STANDARD_HOST[wanted.name];
    if (standard === undefined) continue;
    const provider = host.providerFor(wanted);
    if (provider < 0) continue;
    least = Math.min(least, (limit[provider] as number) / standard);
  }
  return least === Number.MAX_SAFE_INTEGER ? 0 : least / (least + 1);
}

const STANDARD_HOST: Readonly<Record<string, number>> = {
  VCPU: 64,
  PCPU: 64,
  MEMORY_MB: 256 * 1024,
  DISK_GB: 4096,
};
