/** GET /hosts and /hosts/:name: the fleet as an operator sees it. */
import { Type } from 'typebox';
import { hosts } from '../../fleet/rows.ts';
import { found, missing, own } from './route.ts';
import { Host } from './schemas.ts';
import { hostOf, sortedHosts } from './views.ts';

export const listHosts = own({
  method: 'GET',
  path: '/hosts',
  summary: 'Every host: its state, its room, its NUMA cells',
  audience: 'operator',
  query: Type.Object({}),
  reply: Type.Object({ hosts: Type.Array(Host) }),
  handle: async (_ask, { ledger }) =>
    found(
      await ledger.read((view) => ({
        hosts: sortedHosts(view.rows(hosts).values()).map((host) => hostOf(view, host)),
      })),
    ),
});

export const showHost = own({
  method: 'GET',
  path: '/hosts/:name',
  summary: 'One host',
  audience: 'operator',
  query: Type.Object({}),
  reply: Type.Object({ host: Host }),
  handle: ({ params: { name = '' } }, { ledger }) =>
    ledger.read((view) => {
      const host = view.rows(hosts).get(name);
      return host === undefined ? missing(`host ${name}`) : found({ host: hostOf(view, host) });
    }),
});
