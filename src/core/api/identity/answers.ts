/** How the identity service says no, and how it names what it has. */
import type { Unavailable } from '../../ledger/ledger.ts';
import { type Decision, no, type Reply } from '../../ports/reply.ts';
import { type HttpRequest, type HttpResponse, json } from '../http.ts';
import { type Refused, refuse, settled } from '../refused.ts';

export { type Refused, refuse } from '../refused.ts';

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

export function problem(request: HttpRequest, code: number, message: string): HttpResponse {
  const url = `${request.origin}/identity`;
  const headers = code === 401 ? { 'www-authenticate': `Keystone uri="${url}"` } : {};
  return json(code, { error: { code, message, title: titles[code] ?? 'Error' } }, headers);
}

export const missing = (what: string) => refuse(404, `Could not find ${what}.`);

/** The answer to a decision: what `show` makes of its value, or the refusal's words. */
export const answered = <T>(
  request: HttpRequest,
  reply: Reply<T, Refused | Unavailable> | Decision<T, Refused>,
  show: (value: T) => HttpResponse,
): HttpResponse => settled(reply, (status, message) => problem(request, status, message), show);

/** Null lets the caller through. */
export function needsAdmin(request: HttpRequest): HttpResponse | null {
  if (request.caller === null) return unauthorized(request);
  if (request.caller.roles.includes('admin')) return null;
  return problem(request, 403, 'You are not authorized to do that: it needs the role admin.');
}

/** What an administrator sent; or the answer to somebody else, or to something else. */
export function fromAdmin<T>(
  request: HttpRequest,
  read: (bytes: Uint8Array | null) => Decision<T, string>,
): Decision<T, HttpResponse> {
  const refused = needsAdmin(request);
  if (refused !== null) return no(refused);
  const body = read(request.body);
  return body.is === 'no' ? no(problem(request, 400, body.why)) : body;
}

export const unauthorized = (request: HttpRequest): HttpResponse =>
  problem(request, 401, 'The request you have made requires authentication.');

export const base = (request: HttpRequest): string => `${request.origin}/identity/v3`;
