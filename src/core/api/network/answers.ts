/** How the network service says no, and who may look. */
import { type Caller, type HttpRequest, type HttpResponse, json } from '../http.ts';

export const problem = (code: number, type: string, message: string): HttpResponse =>
  json(code, { NeutronError: { type, message, detail: '' } });

export const isAdmin = ({ roles }: Caller): boolean => roles.includes('admin');

/** Lets those through who have a token, a project and at least the role of a reader. */
export function forReaders<Rooms>(
  handle: (request: HttpRequest, rooms: Rooms, caller: Caller) => HttpResponse,
): (request: HttpRequest, rooms: Rooms) => HttpResponse {
  return (request, rooms) => {
    const { caller } = request;
    if (caller === null) {
      return problem(401, 'HTTPUnauthorized', 'This needs a valid token in X-Auth-Token.');
    }
    const may = caller.roles.includes('reader') || isAdmin(caller);
    return may
      ? handle(request, rooms, caller)
      : problem(403, 'PolicyNotAuthorized', 'This needs the role reader.');
  };
}
