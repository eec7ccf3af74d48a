/**
 * Keeps hosts with free devices for those who ask for devices: of the hosts that fit, one without
 * any is best, and among the others the one that has fewest.
 *
 *   merit = 1 where none is free, else ½ × (1 − min(free, 99) ÷ 100)
 */
import type { HostView } from '../host-view.ts';
import type { Shape, Weigher } from '../plugin.ts';

const MOST = 99;

export const sparedDevices: Weigher = { name: 'spared-devices', merit: meritOf };

function meritOf(_shape: Shape, host: HostView): number {
  if (host.devices.length === 0) return 1;
  const free = host.books.devices.free(host.provider_id).length;
  return free === 0 ? 1 : (1 - Math.min(free, MOST) / (MOST + 1)) / 2;
}
