/**
 * Requests as spans, in the trace of whoever sent a `traceparent`. Probes are left out: a balancer
 * asks all day.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Route } from '../core/api/http.ts';
import { type Span, type Traces, untraced } from '../core/ports/traces.ts';

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/** `url`: the route as it is declared. */
export function traced(
  traces: Traces = untraced,
  { method, at_once = false }: Pick<Route<unknown>, 'method' | 'at_once'>,
  url: string,
  handler: Handler,
): Handler {
  if (traces === untraced || at_once) return handler;
  const attributes = { 'http.request.method': method, 'http.route': url };
  const about = { name: `${method} ${url}`, kind: 'server', attributes } as const;
  return (request, reply) => {
    const parent = request.headers['traceparent'];
    return traces.within(about, typeof parent === 'string' ? parent : null, async (span) => {
      await handler(request, reply);
      answered(span, reply.statusCode);
      return reply;
    });
  };
}

function answered(span: Span, status: number): void {
  span.tell({ 'http.response.status_code': status });
  if (status >= 500) span.fail(`status ${status}`);
}
