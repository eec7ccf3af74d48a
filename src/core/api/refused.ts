/** Why a request was refused: a status and a sentence, which each API puts in its own form. */
import type { Unavailable } from '../ledger/ledger.ts';
import { type Decision, no, type Reply } from '../ports/reply.ts';
import type { HttpResponse } from './http.ts';

export interface Refused {
  readonly why: 'refused';
  readonly status: number;
  readonly message: string;
}

export const refuse = (
  status: number,
  message: string,
): { readonly is: 'no'; readonly why: Refused } => no({ why: 'refused', status, message });

/** The answer to a decision: what `show` makes of its value, or the refusal in `problem`'s form. */
export function settled<T>(
  reply: Reply<T, Refused | Unavailable> | Decision<T, Refused>,
  problem: (status: number, message: string) => HttpResponse,
  show: (value: T) => HttpResponse,
): HttpResponse {
  if (reply.is === 'done') return show(reply.value);
  if (reply.is === 'lost') return problem(503, 'The outcome is not known; look again.');
  if (reply.why.why === 'unavailable') return problem(503, reply.why.message);
  return problem(reply.why.status, reply.why.message);
}
