/** Keeps isolated images on isolated hosts, and other images off them (options). */
import type { HostView } from '../host-view.ts';
import { type Filter, plainly, type Request } from '../plugin.ts';

export const isolated: Filter<Request> = {
  name: 'isolated',
  wakes: ['host.added'],
  allows: (request, host) => {
    const [image, its_host] = both(request, host);
    return image
      ? its_host
      : !its_host || !request.ask.about.options.isolated_hosts_only_for_images;
  },
  objection: (request, host) =>
    plainly(
      both(request, host)[0]
        ? 'is no isolated host, and the image may only be on one'
        : 'is an isolated host, and the image may not be on one',
    ),
};

const both = ({ ask }: Request, { row }: HostView): readonly [boolean, boolean] => [
  ask.about.image_id !== null && ask.about.options.isolated_images.includes(ask.about.image_id),
  ask.about.options.isolated_hosts.includes(row.name),
];
