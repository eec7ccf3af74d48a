/**
 * GET /metrics, in Prometheus' text format.
 *
 *   --metrics-token FILE    only with `Authorization: Bearer`, and what is in the file
 *   without it              to whoever reaches a loopback address; elsewhere to nobody
 *
 * A proxy on this machine reaches a loopback address for others: where there is one, name a token.
 */
import { readFileSync } from 'node:fs';
import type { HttpRequest, HttpResponse, Service } from '../../core/api/http.ts';
import type { PasswordHasher } from '../../core/ports/passwords.ts';
import { type Decision, done, no } from '../../core/ports/reply.ts';
import type { Metrics } from '../../real/metrics/metrics.ts';

const TOKEN = /^[\x21-\x7e]{16,255}$/;

export interface MetricsRooms {
  readonly metrics: Metrics;
  readonly digests: Pick<PasswordHasher, 'digest'>;
  readonly access: MetricsAccess;
}

export type MetricsAccess =
  | { readonly is: 'open' }
  | { readonly is: 'closed' }
  | { readonly is: 'token'; readonly token: string };

/** Who may ask: `path` is that of the token's file, if one is named. */
export function metricsAccess(
  path: string | null,
  loopback: boolean,
): Decision<MetricsAccess, string> {
  if (path === null) return done({ is: loopback ? 'open' : 'closed' });
  try {
    const token = readFileSync(path, 'utf8').trim();
    if (TOKEN.test(token)) return done({ is: 'token', token });
    return no(`--metrics-token: ${path} must hold 16 to 255 visible characters`);
  } catch (error) {
    return no(`--metrics-token: ${(error as Error).message}`);
  }
}

async function show(request: HttpRequest, rooms: MetricsRooms): Promise<HttpResponse> {
  if (!mayAsk(request, rooms)) return closed;
  const { type, text } = await rooms.metrics.shown();
  return {
    status: 200,
    headers: { 'content-type': type, 'cache-control': 'no-store' },
    body: text,
  };
}

function mayAsk({ headers }: HttpRequest, { access, digests }: MetricsRooms): boolean {
  if (access.is !== 'token') return access.is === 'open';
  const said = /^Bearer (\S+)$/.exec(headers['authorization'] ?? '')?.[1];
  return said !== undefined && digests.digest(said) === digests.digest(access.token);
}

const text = (status: number, body: string, headers = {}): HttpResponse => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
  body,
});
const closed = text(401, 'Send the token of --metrics-token.\n', { 'www-authenticate': 'Bearer' });

export const metricsService: Service<MetricsRooms> = {
  name: 'metrics',
  prefix: '/metrics',
  routes: [{ method: 'GET', path: '', at_once: true, handle: show }],
  notFound: () => text(404, 'There is nothing here.\n'),
  wrongMethod: (_request, allow) =>
    text(405, 'Only GET is possible here.\n', { allow: allow.join(', ') }),
  failed: () => text(500, 'This is a fault of ours; the log has more.\n'),
};
