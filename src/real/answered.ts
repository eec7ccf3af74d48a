/** Tells of each answer once it is out, by its route as it was declared. */
import type { FastifyInstance } from 'fastify';

export interface Answered {
  readonly method: string;
  /** As it was declared, e.g. `/compute/v2.1/servers/:id`; null: no route has the path. */
  readonly route: string | null;
  readonly status: number;
  readonly took_s: number;
}

export function tellAnswers(server: FastifyInstance, answered: (answer: Answered) => void): void {
  server.addHook('onResponse', (request, reply, next) => {
    const { method, routeOptions } = request;
    const took_s = reply.elapsedTime / 1000;
    answered({ method, route: routeOptions.url ?? null, status: reply.statusCode, took_s });
    next();
  });
}
