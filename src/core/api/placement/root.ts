/** GET /: which versions there are. For everybody; the one route without a token. */
import { freshness } from './answers.ts';
import { type Ask, endpoint } from './route.ts';
import { VERSION_MAX, VERSION_MIN } from './version.ts';

const body = JSON.stringify({
  versions: [
    {
      id: 'v1.0',
      max_version: `1.${VERSION_MAX}`,
      min_version: `1.${VERSION_MIN}`,
      status: 'CURRENT',
      links: [{ rel: 'self', href: '' }],
    },
  ],
});

const answer = (ask: Ask) => ({
  status: 200,
  headers: { 'content-type': 'application/json', ...freshness(ask) },
  body,
});

export const rootRoutes = [
  endpoint({
    method: 'GET',
    path: '/',
    rule: null,
    handle: answer,
  }),
  endpoint({
    method: 'GET',
    path: '',
    rule: null,
    handle: answer,
  }),
];
