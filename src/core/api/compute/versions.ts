/** Which versions there are; asked before anybody has a token. */
import { type HttpRequest, type HttpResponse, json, type Route } from '../http.ts';
import { fault } from './faults.ts';
import { VERSION_MAX, VERSION_MIN } from './microversion.ts';
import type { ComputeRooms } from './rooms.ts';

const about = ({ origin }: HttpRequest) => ({
  id: 'v2.1',
  status: 'CURRENT',
  version: `2.${VERSION_MAX}`,
  min_version: `2.${VERSION_MIN}`,
  updated: '2013-07-23T11:33:21Z',
  links: [{ rel: 'self', href: `${origin}/compute/v2.1/` }],
});

/** The same routes without microversions: what there was before them. */
const before = ({ origin }: HttpRequest) => ({
  id: 'v2.0',
  status: 'SUPPORTED',
  version: '',
  min_version: '',
  updated: '2011-01-21T11:33:21Z',
  links: [{ rel: 'self', href: `${origin}/compute/v2/` }],
});

const all = (request: HttpRequest): HttpResponse =>
  json(200, { versions: [before(request), about(request)] });

const shown = (version: ReturnType<typeof about>): HttpResponse => {
  const links = [
    ...version.links,
    { rel: 'describedby', type: 'text/html', href: 'https://docs.openstack.org/api-ref/compute/' },
  ];
  const type = 'application/vnd.openstack.compute+json;version=2.1';
  const media = [{ base: 'application/json', type }];
  return json(200, { version: { ...version, links, 'media-types': media } });
};

const one = (request: HttpRequest): HttpResponse => shown(about(request));
const old = (request: HttpRequest): HttpResponse => shown(before(request));

function named(request: HttpRequest): HttpResponse {
  const version = [about(request), before(request)].find(({ id }) => id === request.params['id']);
  return version === undefined ? fault(404, 'There is no such version.') : shown(version);
}

export const versionRoutes: readonly Route<ComputeRooms>[] = [
  { method: 'GET', path: '', handle: all },
  { method: 'GET', path: '/', handle: all },
  { method: 'GET', path: '/v2.1', handle: one },
  { method: 'GET', path: '/v2.1/', handle: one },
  { method: 'GET', path: '/v2', handle: old },
  { method: 'GET', path: '/v2/', handle: old },
  { method: 'GET', path: '/versions/:id', handle: named },
];
