/** What is to be claimed on the host that was chosen: exactly what the filters looked at. */
import { present } from '../base/units.ts';
import type { Placement } from './ask.ts';
import { amountsWith, choiceOn, namedOf } from './host-devices.ts';
import type { HostView } from './host-view.ts';
import { isExact, ordinaryMib, pagesOn } from './memory-pages.ts';
import { pinsOn } from './pinning.ts';
import type { Request } from './plugin.ts';

/** The view stands on the host, with the chosen seat. */
export function placementOn(request: Request, host: HostView): Placement {
  const { ask, group } = request;
  const { provider_id } = host;
  const choice = present(choiceOn(request, host), 'devices for a guest that fits');
  return {
    host: host.row.name,
    provider_id,
    amounts: present(amountsWith(request, host, choice), 'room for all of it'),
    cells: ask.nodes.map((node, guest_node) => ({
      provider_id,
      guest_node,
      cell: present(host.cells[seatOf(host, guest_node)], 'its cell').row.cell,
      vcpus: node.vcpus,
      memory_mib: ordinaryMib(host, seatOf(host, guest_node), node),
      exact: isExact(node),
    })),
    pins: pinsOn(ask.nodes, host),
    pages: pagesOn(ask.nodes, host),
    devices: namedOf(request, host, choice),
    ...(ask.manner && { manner: ask.manner }),
    slots:
      group === null
        ? []
        : [
            {
              group_uuid: group.uuid,
              provider_id,
              member: ask.server_uuid,
              domain: group.policy === 'fault-domain' ? (ask.group?.domain ?? '') : '',
            },
          ],
  };
}

const seatOf = (host: HostView, guest_node: number): number =>
  present(host.seat[guest_node], 'a seat');
