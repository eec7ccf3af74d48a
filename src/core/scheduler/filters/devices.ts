/** The devices that the flavor names must be free, and near enough to where the guest would sit. */
import { answers, type DeviceAsk } from '../../devices/alias.ts';
import { chooseDevices } from '../../devices/choice.ts';
import { freeDevices } from '../host-devices.ts';
import type { HostView } from '../host-view.ts';
import { type Filter, type Objection, plainly, type Shape } from '../plugin.ts';
import { seatWithDevices } from '../seat.ts';

export const devices: Filter = {
  name: 'devices',
  wakes: ['host.added', 'server.gone', 'host.changed', 'inventory.grown'],
  allows: (shape, host) => shape.devices.length === 0 || seatWithDevices(shape, host),
  objection: (shape, host) =>
    tooFew(shape, host) ??
    notTogether(shape, host) ??
    plainly(
      shape.nodes.length === 0
        ? 'has the devices, but not beside the other resources asked for'
        : `has the devices, but not in reach of the NUMA cells that the guest fits in (${policies(shape)})`,
    ),
};

/** The first request that has too few devices to itself, wherever they are. */
function tooFew({ devices: asks }: Shape, host: HostView): Objection | null {
  const free = freeDevices(host);
  for (const ask of asks) {
    const available = free.filter((device) => answers(ask, device)).length;
    if (available < ask.count) return short(ask, available, host);
  }
  return null;
}

function short(ask: DeviceAsk, available: number, { devices: all }: HostView): Objection {
  const { alias, count: needed } = ask;
  const offered = all.filter(({ facts }) => answers(ask, facts)).length;
  const reason =
    offered === 0
      ? `has no device for ${alias}`
      : `has ${available} of ${offered} devices for ${alias} free, not the ${needed} asked for`;
  return { reason, resource: `device ${alias}`, needed, available };
}

function notTogether({ devices: asks }: Shape, host: HostView): Objection | null {
  if (chooseDevices(asks, freeDevices(host), null) !== null) return null;
  const names = asks.map(({ alias, count }) => `${count} for ${alias}`).join(', ');
  return plainly(`has devices for each alone, but not ${names} at once`);
}

const policies = ({ devices: asks }: Shape): string =>
  asks.map(({ alias, numa }) => `${alias}: ${numa}`).join(', ');
