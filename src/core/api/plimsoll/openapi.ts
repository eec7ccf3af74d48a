/** The OpenAPI document of our own API, read from the routes themselves. */
import type { TSchema } from 'typebox';
import type { OwnRoute } from './route.ts';
import { Problem } from './schemas.ts';

export const OWN_PREFIX = '/plimsoll/v1';

export function openapi(routes: readonly OwnRoute[]): object {
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
    paths: Object.fromEntries(
      routes.map((route) => [
        `${OWN_PREFIX}${route.path.replaceAll(/:(\w+)/g, '{$1}')}`,
        { [route.method.toLowerCase()]: describe(route) },
      ]),
    ),
  };
}

function describe(route: OwnRoute): object {
  const required = new Set((route.query as { required?: string[] }).required ?? []);
  const stream = route.path === '/events';
  return {
    summary: route.summary,
    description: route.audience === 'operator' ? 'Needs the role admin.' : 'Of your own project.',
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
    responses: {
      200: content('as asked', stream ? 'text/event-stream' : 'application/json', route.reply),
      ...Object.fromEntries(
        Object.entries(refusals).map(([status, words]) => [
          status,
          content(words, 'application/json', Problem),
        ]),
      ),
    },
  };
}

const refusals = {
  400: 'the query is not as described',
  401: 'no valid token',
  403: 'not for this role',
  404: 'nothing under that name',
};

const content = (description: string, type: string, schema: TSchema) => ({
  description,
  content: { [type]: { schema } },
});
