/** How the compute service says no: one object under a name that tells the kind. */
import type { Unavailable } from '../../ledger/ledger.ts';
import type { Decision, Reply } from '../../ports/reply.ts';
import type { OperationRefusal } from '../../sagas/operations.ts';
import type { Overrun } from '../../servers/quota.ts';
import { type HttpResponse, json } from '../http.ts';
import { type Refused, settled } from '../refused.ts';

const kinds: Readonly<Record<number, string>> = {
  400: 'badRequest',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'itemNotFound',
  405: 'badMethod',
  409: 'conflictingRequest',
  413: 'overLimit',
  415: 'badMediaType',
  429: 'overLimit',
  501: 'notImplemented',
  503: 'serviceUnavailable',
};

export const fault = (code: number, message: string): HttpResponse =>
  json(code, { [kinds[code] ?? 'computeFault']: { code, message } });

/** The answer to a decision: what `show` makes of its value, or the refusal's words. */
export const answered = <T>(
  reply: Reply<T, Refused | Unavailable> | Decision<T, Refused>,
  show: (value: T) => HttpResponse,
): HttpResponse => settled(reply, fault, show);

/** The answer to an operation on a server. */
export function operated<T>(
  reply: Reply<T, OperationRefusal>,
  server: string,
  show: (value: T) => HttpResponse,
): HttpResponse {
  if (reply.is === 'done') return show(reply.value);
  if (reply.is === 'lost') return fault(503, 'The outcome is not known; look again.');
  const { why } = reply;
  switch (why.why) {
    case 'unavailable':
      return fault(503, why.message);
    case 'unknown-server':
      return fault(404, `Instance ${server} could not be found.`);
    case 'not-fenced':
      return fault(400, notFenced(why.host));
    case 'unknown-move':
      return fault(404, `No such live migration of ${server} is under way.`);
    case 'wrong-state':
    case 'unheld':
      return fault(409, why.message);
    case 'unknown-host':
      return fault(400, `Compute host ${why.host} could not be found.`);
    case 'over-quota':
      return fault(403, overQuota(why.over));
    case 'unfit':
    case 'no-valid-host':
      return fault(400, why.message);
  }
}

const notFenced = (host: string): string =>
  `Compute service of ${host} is still in use, or nobody has made sure that it is not: cut its ` +
  'power, then say so (openstack compute service set --down).';

/** e.g. Quota exceeded for cores: 8 more asked for, 16 of 20 in use. */
export const overQuota = (over: readonly Overrun[]): string =>
  `Quota exceeded for ${over.map(words).join('; ')}.`;

const words = ({ resource, asked, used, limit }: Overrun): string =>
  `${resource}: ${asked} more asked for, ${used} of ${limit} in use`;
