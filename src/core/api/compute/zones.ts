/**
 * Availability zones: groups of hosts that fail apart from each other. Hosts only for operators.
 */
import { byText } from '../../base/order.ts';
import { type HostRow, hosts } from '../../fleet/rows.ts';
import type { View } from '../../ledger/draft.ts';
import { type HttpResponse, json } from '../http.ts';
import { micros } from '../times.ts';
import { stateOf } from './hypervisor-view.ts';
import type { ComputeRooms } from './rooms.ts';
import type { Ask, ComputeRoute } from './route.ts';

/** Every zone that some host is in. */
export const zoneNames = (view: View): ReadonlySet<string> =>
  new Set([...view.rows(hosts).values()].map((row) => row.availability_zone));

/** The zone is there while one of its hosts takes servers. */
const takes = (row: HostRow): boolean => row.status === 'enabled' && stateOf(row) === 'up';

const list =
  (detailed: boolean) =>
  async (_: Ask, { ledger }: ComputeRooms): Promise<HttpResponse> => {
    const rows = await ledger.read((view) => [...view.rows(hosts).values()]);
    const sorted = rows.toSorted((a, b) => byText(a.name, b.name));
    const names = [...new Set(rows.map((row) => row.availability_zone))].sort(byText);
    const availabilityZoneInfo = names.map((zoneName) => {
      const members = sorted.filter((row) => row.availability_zone === zoneName);
      const zoneState = { available: members.some(takes) };
      return { zoneName, zoneState, hosts: detailed ? hostsOf(members) : null };
    });
    return json(200, { availabilityZoneInfo });
  };

const hostsOf = (members: readonly HostRow[]) =>
  Object.fromEntries(
    members.map((row) => [
      row.name,
      {
        'nova-compute': {
          active: row.status === 'enabled',
          available: stateOf(row) === 'up',
          updated_at: micros(row.heard_at_ms),
        },
      },
    ]),
  );

export const zoneRoutes: readonly ComputeRoute[] = [
  { method: 'GET', path: '/os-availability-zone', who: 'reader', handle: list(false) },
  { method: 'GET', path: '/os-availability-zone/detail', who: 'admin', handle: list(true) },
];
