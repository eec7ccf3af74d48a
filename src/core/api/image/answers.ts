/** How the image service says no. */
import type { Unavailable } from '../../ledger/ledger.ts';
import type { Decision, Reply } from '../../ports/reply.ts';
import { type Caller, type HttpRequest, type HttpResponse, json } from '../http.ts';
import { type Refused, settled } from '../refused.ts';

export { type Refused, refuse } from '../refused.ts';

export const problem = (code: number, message: string): HttpResponse =>
  json(code, { error: { code, message, title: `HTTP ${code}` } });

/** The answer to a decision: what `show` makes of its value, or the refusal's words. */
export const answered = <T>(
  reply: Reply<T, Refused | Unavailable> | Decision<T, Refused>,
  show: (value: T) => HttpResponse,
): HttpResponse => settled(reply, problem, show);

/** Lets only those with a project (or administrators) through; for a change, no mere readers. */
export function guarded(
  to: 'read' | 'write',
  handle: (request: HttpRequest, caller: Caller) => HttpResponse | Promise<HttpResponse>,
): (request: HttpRequest) => HttpResponse | Promise<HttpResponse> {
  return (request) => {
    const { caller } = request;
    if (caller === null) return problem(401, 'This needs a valid token in X-Auth-Token.');
    const wanted = to === 'read' ? 'reader' : 'member';
    const may = caller.roles.includes(wanted) || caller.roles.includes('admin');
    return may ? handle(request, caller) : problem(403, `This needs the role ${wanted}.`);
  };
}

export const isAdmin = (caller: Caller): boolean => caller.roles.includes('admin');
