/** The OpenAPI document of our own API, read from the routes themselves. */
import type { TSchema } from 'typebox';
import type { OwnRoute } from './route.ts';
import { Problem } from './schemas.ts';

export const OWN_PREFIX = '/plimsoll/v1';

type Described = Omit<OwnRoute, 'handle'>;

export function openapi(routes: readonly Described[]): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Plimsoll',
      version: '1',
      description:
        "What the OpenStack APIs have no words for: the fleet's room, operations with their " +
        'steps, explanations, events. Send a Keystone token in X-Auth-Token.',
    },
    components: {
      securitySchemes: { token: { type: 'apiKey', in: 'header', name: 'X-Auth-Token' } },
    },
    security: [{ token: [] }],
    paths: pathsOf(routes),
  };
}

function pathsOf(routes: readonly Described[]): Record<string, Record<string, object>> {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = `${OWN_PREFIX}${route.path.replaceAll(/:(\w+)/g, '{$1}')}`;
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: describe(route) };
  }
  return paths;
}

function describe(route: Described): object {
  const required = new Set((route.query as { required?: string[] }).required ?? []);
  const stream = route.path === '/events';
  return {
    summary: route.summary,
    description: [
      route.audience === 'operator' ? 'Needs the role admin.' : 'Of your own project.',
      ...(route.open_query === undefined ? [] : [route.open_query]),
    ].join(' '),
    parameters: [
      ...[...route.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
        name,
        in: 'path',
        required: true,
        schema: { type: 'string' },
      })),
      ...Object.entries(route.query.properties).map(([name, schema]) => ({
        name,
        in: 'query',
        required: required.has(name),
        schema,
      })),
    ],
    ...(route.body === undefined
      ? {}
      : { requestBody: { required: true, ...content('', 'application/json', route.body) } }),
    responses: {
      200: content('as asked', stream ? 'text/event-stream' : 'application/json', route.reply),
      ...Object.fromEntries(
        Object.entries({ ...refusals, ...route.refusals }).map(([status, words]) => [
          status,
          content(words, 'application/json', Problem),
        ]),
      ),
    },
  };
}

const refusals = {
  400: 'the query or the body is not as described',
  401: 'no valid token',
  403: 'not for this role',
  404: 'nothing under that name',
  503: 'nothing was written, or nothing can be read: try again',
};

const content = (description: string, type: string, schema: TSchema) => ({
  description,
  content: { [type]: { schema } },
});
