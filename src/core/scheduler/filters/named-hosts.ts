/** Keeps to the hosts that the request names, and off those that it rules out. */
import { type Filter, plainly, type Request } from '../plugin.ts';

export const namedHosts: Filter<Request> = {
  name: 'named-hosts',
  wakes: [],
  allows: ({ ask }, { row }) =>
    !ask.ignore_hosts.includes(row.name) &&
    (ask.only_hosts === null || ask.only_hosts.includes(row.name)),
  objection: ({ ask }, { row }) =>
    plainly(
      ask.ignore_hosts.includes(row.name)
        ? 'is ruled out by the request'
        : 'is not one of the hosts that the request names',
    ),
};
