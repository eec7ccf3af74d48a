/**
 * Routes that the API had once. What it has no more at any version is gone (410), so that a client
 * knows that it need not look again; a plain 404 would only say that there is none now.
 */
import type { HttpResponse } from '../http.ts';
import { fault } from './faults.ts';
import type { ComputeRoute } from './route.ts';

type Method = ComputeRoute['method'];

const gone = (): HttpResponse => fault(410, 'The API does not have this any more.');

const ROOTS: readonly (readonly [string, ...Method[]])[] = [
  ['/os-agents', 'GET', 'POST'],
  ['/os-agents/:id', 'PUT', 'DELETE'],
  ['/os-cells', 'GET', 'POST'],
  ['/os-cells/capacities', 'GET'],
  ['/os-cells/detail', 'GET'],
  ['/os-cells/info', 'GET'],
  ['/os-cells/sync_instances', 'POST'],
  ['/os-cells/:id', 'GET', 'PUT', 'DELETE'],
  ['/os-cells/:id/capacities', 'GET'],
  ['/os-certificates', 'POST'],
  ['/os-certificates/:id', 'GET'],
  ['/os-cloudpipe', 'GET', 'POST'],
  ['/os-cloudpipe/:id', 'PUT'],
  ['/os-fixed-ips/:id', 'GET'],
  ['/os-fixed-ips/:id/action', 'POST'],
  ['/os-floating-ip-dns', 'GET'],
  ['/os-floating-ip-dns/:id', 'PUT', 'DELETE'],
  ['/os-floating-ip-dns/:id/entries/:name', 'GET', 'PUT', 'DELETE'],
  ['/os-floating-ips-bulk', 'GET', 'POST'],
  ['/os-floating-ips-bulk/:id', 'GET', 'PUT'],
  ['/os-fping', 'GET'],
  ['/os-fping/:id', 'GET'],
  ['/os-networks', 'POST'],
  ['/os-networks/add', 'POST'],
  ['/os-networks/:id', 'DELETE'],
  ['/os-networks/:id/action', 'POST'],
  ['/os-security-group-default-rules', 'GET', 'POST'],
  ['/os-security-group-default-rules/:id', 'GET', 'DELETE'],
  ['/os-tenant-networks', 'POST'],
  ['/os-tenant-networks/:id', 'DELETE'],
  ['/servers/:id/consoles', 'GET', 'POST'],
  ['/servers/:id/consoles/:console', 'GET', 'DELETE'],
  ['/servers/:id/os-virtual-interfaces', 'GET'],
];

export const removedRoutes: readonly ComputeRoute[] = ROOTS.flatMap(([path, ...methods]) =>
  methods.map((method) => ({ method, path, who: 'reader' as const, handle: gone })),
);
