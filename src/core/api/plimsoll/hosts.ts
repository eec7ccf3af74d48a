/** GET /hosts and /hosts/:name: the fleet as an operator sees it. */
import { Type } from 'typebox';
import { hostViews } from '../../fleet/view.ts';
import { found, missing, own } from './route.ts';
import { Host } from './schemas.ts';
import { hostNamed, hostOf } from './views.ts';

export const listHosts = own({
  method: 'GET',
  path: '/hosts',
  summary: 'Every host: its state, its room, its NUMA cells',
  audience: 'operator',
  query: Type.Object({}),
  reply: Type.Object({ hosts: Type.Array(Host) }),
  handle: async (_ask, { ledger }) =>
    found(await ledger.read((view) => ({ hosts: hostViews(view).map(hostOf) }))),
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
      const host = hostNamed(view, name);
      return host === null ? missing(`host ${name}`) : found({ host });
    }),
});
