/**
 * What an operator says of the CPUs and pages of hosts: of all that this process runs, or of the
 * simulated ones. Whether the machine has them is not known here (agent/config-check.ts).
 */
import type { HostConfig } from '../../core/agent/config.ts';
import * as hosts from '../../core/config/hosts.ts';
import type { Settings } from '../../core/config/settings.ts';

export type HostShares = Pick<
  HostConfig,
  'cpu_shared_set' | 'cpu_dedicated_set' | 'reserved_pages'
>;

export const simulatedShares = (said: Settings): HostShares => ({
  cpu_shared_set: said.of(hosts.simulated.shared),
  cpu_dedicated_set: said.of(hosts.simulated.dedicated),
  reserved_pages: said.of(hosts.simulated.pages) ?? [],
});

export const sharesOfAll = (said: Settings): HostShares => ({
  cpu_shared_set: said.of(hosts.sharedCpus),
  cpu_dedicated_set: said.of(hosts.dedicatedCpus),
  reserved_pages: said.of(hosts.reservedPages) ?? [],
});

/** Of CPUs all or nothing is said: who names one set has not left the other out by mistake. */
export function sharesSaid(shares: HostShares): Partial<HostShares> {
  const { cpu_shared_set, cpu_dedicated_set, reserved_pages } = shares;
  const silent = cpu_shared_set === null && cpu_dedicated_set === null;
  return {
    ...(!silent && { cpu_shared_set, cpu_dedicated_set }),
    ...(reserved_pages.length > 0 && { reserved_pages }),
  };
}
