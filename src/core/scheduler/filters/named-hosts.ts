/** Keeps to the hosts that the request names, and off those that it rules out. */
import type { Ask } from '../ask.ts';
import { type Filter, plainly, type Request } from '../plugin.ts';

export const namedHosts: Filter<Request> = {
  name: 'named-hosts',
  wakes: [],
  allows: ({ ask }, { row }) =>
    !ask.ignore_hosts.includes(row.name) &&
    ask.tried_hosts?.includes(row.name) !== true &&
    (ask.only_hosts === null || ask.only_hosts.includes(row.name)),
  objection: ({ ask }, { row }) => plainly(reason(ask, row.name)),
};

function reason(ask: Ask, host: string): string {
  if (ask.ignore_hosts.includes(host)) return 'is ruled out by the request';
  return ask.tried_hosts?.includes(host) === true
    ? 'was asked a moment ago, and refused it or gave no answer'
    : 'is not one of the hosts that the request names';
}
