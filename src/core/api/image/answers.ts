/** How the image service says no. */
import type { Unavailable } from '../../ledger/ledger.ts';
import { type Decision, no, type Reply } from '../../ports/reply.ts';
import { type Caller, type HttpRequest, type HttpResponse, json } from '../http.ts';

export const problem = (code: number, message: string): HttpResponse =>
  json(code, { error: { code, message, title: `HTTP ${code}` } });

export interface Refused {
  readonly why: 'refused';
  readonly status: number;
  readonly message: string;
}
export const refuse = (
  status: number,
  message: string,
): { readonly is: 'no'; readonly why: Refused } => no({ why: 'refused', status, message });

/** The answer to a decision: what `show` makes of its value, or the refusal's words. */
export function answered<T>(
  reply: Reply<T, Refused | Unavailable> | Decision<T, Refused>,
  show: (value: T) => HttpResponse,
): HttpResponse {
  if (reply.is === 'done') return show(reply.value);
  if (reply.is === 'lost') return problem(503, 'The outcome is not known; look again.');
  if (reply.why.why === 'unavailable') return problem(503, reply.why.message);
  return problem(reply.why.status, reply.why.message);
}

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
