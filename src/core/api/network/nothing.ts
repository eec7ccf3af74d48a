/**
 * What a network service has besides networks, and ours has none of: clients ask for these
 * lists in passing, and are content with empty ones. Quotas say the same: nobody has any, and 0
 * is the limit.
 */
import { type Caller, type HttpRequest, type HttpResponse, json, type Route } from '../http.ts';
import { forReaders, isAdmin, problem } from './answers.ts';
import type { NetworkRooms } from './rooms.ts';

/** By path; e.g. `/v2.0/security-groups` answers `{security_groups: []}`. */
const collections = [
  'agents',
  'availability_zones',
  'extensions',
  'floatingips',
  'ports',
  'routers',
  'security-group-rules',
  'security-groups',
  'service-providers',
  'subnetpools',
  'subnets',
  'trunks',
] as const;

const emptyLists = collections.flatMap((name): readonly Route<NetworkRooms>[] => {
  const key = name.replaceAll('-', '_');
  const path = `/v2.0/${name}`;
  return [
    { method: 'GET', path, handle: forReaders(() => json(200, { [key]: [] })) },
    {
      method: 'GET',
      path: `${path}/:id`,
      handle: forReaders(({ params }) =>
        problem(404, 'NotFound', `There is no ${params['id']} among the ${name}.`),
      ),
    },
  ];
});

const counted = [
  'floatingip',
  'network',
  'port',
  'rbac_policy',
  'router',
  'security_group',
  'security_group_rule',
  'subnet',
  'subnetpool',
  'trunk',
] as const;

const quotaOf = <T>(value: T): Readonly<Record<string, T>> =>
  Object.fromEntries(counted.map((name) => [name, value]));

const limits = json(200, { quota: quotaOf(0) });
const details = json(200, { quota: quotaOf({ limit: 0, used: 0, reserved: 0 }) });

/** Of one's own project; administrators see any. */
const quota = (answer: HttpResponse) =>
  forReaders(({ params }: HttpRequest, _rooms: NetworkRooms, caller: Caller) =>
    params['project'] === caller.project_id || isAdmin(caller)
      ? answer
      : problem(403, 'PolicyNotAuthorized', 'Only administrators see the quota of others.'),
  );

const quotaRoutes: readonly Route<NetworkRooms>[] = [
  { method: 'GET', path: '/v2.0/quotas/:project', handle: quota(limits) },
  { method: 'GET', path: '/v2.0/quotas/:project/default', handle: quota(limits) },
  { method: 'GET', path: '/v2.0/quotas/:project/details', handle: quota(details) },
  { method: 'GET', path: '/v2.0/quotas/:project/details.json', handle: quota(details) },
];

export const nothingRoutes = [...emptyLists, ...quotaRoutes];
