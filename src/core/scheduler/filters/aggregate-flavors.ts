/** Keeps hosts of an aggregate with `instance_type` to the flavors that it names. */
import type { HostView } from '../host-view.ts';
import { type Filter, plainly, type Request } from '../plugin.ts';

export const aggregateFlavors: Filter<Request> = {
  name: 'aggregate-flavors',
  wakes: ['host.added', 'host.changed'],
  allows: ({ ask }, host) => {
    const names = flavorsOf(host);
    return names.length === 0 || names.includes(ask.about.flavor_name);
  },
  objection: ({ ask }, host) =>
    plainly(`takes only the flavors ${flavorsOf(host).join(', ')}, not ${ask.about.flavor_name}`),
};

const flavorsOf = ({ metadata }: HostView): readonly string[] =>
  metadata
    .flatMap((one) => one['instance_type']?.split(',') ?? [])
    .map((name) => name.trim())
    .filter((name) => name !== '');
