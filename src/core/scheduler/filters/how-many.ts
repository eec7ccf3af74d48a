/** Keeps to a number of servers a host, or of servers being worked on, where one is set. */
import { limitOf } from '../filter-options.ts';
import type { HostView } from '../host-view.ts';
import { type Filter, plainly, type Request } from '../plugin.ts';

/** An aggregate's metadata that says how many servers each of its hosts may hold. */
export const SERVERS_MAX_KEY = 'max_instances_per_host';

const maxServers = ({ ask }: Request, { metadata }: HostView): number | null =>
  limitOf(metadata, SERVERS_MAX_KEY, ask.about.options.max_servers);

const maxBusy = ({ ask }: Request, { metadata }: HostView): number | null =>
  limitOf(metadata, 'max_io_ops_per_host', ask.about.options.max_busy);

export const howMany: Filter<Request> = {
  name: 'how-many',
  wakes: ['host.added', 'host.changed', 'server.gone'],
  allows: (request, host) => {
    const most = maxServers(request, host);
    return most === null || host.consumers < most;
  },
  objection: (request, host) =>
    plainly(`holds ${host.consumers} of at most ${maxServers(request, host)} servers`),
};

export const howBusy: Filter<Request> = {
  name: 'how-busy',
  wakes: ['host.added', 'host.changed', 'server.gone'],
  allows: (request, host) => {
    const most = maxBusy(request, host);
    return most === null || host.busy < most;
  },
  objection: (request, host) =>
    plainly(`works on ${host.busy} of at most ${maxBusy(request, host)} servers at a time`),
};
