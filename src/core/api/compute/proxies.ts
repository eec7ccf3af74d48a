/**
 * What older clients ask Compute for though another service has it: networks, addresses, security
 * groups, volumes, bare metal; gone with 2.36. None of these services is here, so the lists are
 * empty, nothing is found by its id, and nothing can be made.
 */
import { type HttpResponse, json } from '../http.ts';
import { fault } from './faults.ts';
import type { Ask, ComputeRoute } from './route.ts';

const to = 35;

interface Proxy {
  readonly path: string;
  /** What its list is called. */
  readonly list: string;
  /** What one of it is, in a sentence. */
  readonly one: string;
  /** Verbs beyond looking that it had. */
  readonly making: readonly ('POST' | 'PUT' | 'DELETE')[];
  readonly who?: 'admin';
}

const proxies: readonly Proxy[] = [
  { path: 'os-networks', list: 'networks', one: 'Network', making: [] },
  { path: 'os-tenant-networks', list: 'networks', one: 'Network', making: [] },
  { path: 'os-floating-ip-pools', list: 'floating_ip_pools', one: 'Pool', making: [] },
  {
    path: 'os-floating-ips',
    list: 'floating_ips',
    one: 'Floating IP',
    making: ['POST', 'DELETE'],
  },
  {
    path: 'os-security-groups',
    list: 'security_groups',
    one: 'Security group',
    making: ['POST', 'PUT', 'DELETE'],
  },
  {
    path: 'os-security-group-rules',
    list: 'security_group_rules',
    one: 'Security group rule',
    making: ['POST', 'DELETE'],
  },
  { path: 'os-volumes', list: 'volumes', one: 'Volume', making: ['POST', 'DELETE'] },
  { path: 'os-snapshots', list: 'snapshots', one: 'Snapshot', making: ['POST', 'DELETE'] },
  {
    path: 'os-baremetal-nodes',
    list: 'nodes',
    one: 'Node',
    making: ['POST', 'DELETE'],
    who: 'admin',
  },
];

function routesOf({ path, list, one, making, who }: Proxy): ComputeRoute[] {
  const empty = (): HttpResponse => json(200, { [list]: [] });
  const unknown = ({ params }: Ask): HttpResponse =>
    fault(404, `${one} ${params['id']} could not be found.`);
  const unmade = (): HttpResponse => fault(400, `There is no service here for it: ${one}.`);
  const [reader, member] = [who ?? ('reader' as const), who ?? ('member' as const)];
  const root = `/${path}`;
  const detailed = list === 'volumes' || list === 'snapshots';
  return [
    { method: 'GET', path: root, who: reader, to, handle: empty },
    ...(detailed
      ? [{ method: 'GET' as const, path: `${root}/detail`, who: reader, to, handle: empty }]
      : []),
    { method: 'GET', path: `${root}/:id`, who: reader, to, handle: unknown },
    ...making.map(
      (method): ComputeRoute =>
        method === 'POST'
          ? { method, path: root, who: member, to, handle: unmade }
          : { method, path: `${root}/:id`, who: member, to, handle: unknown },
    ),
  ];
}

export const proxyRoutes: readonly ComputeRoute[] = proxies.flatMap(routesOf);
