/** Where operators weigh hosts' figures and require them: turns down hosts that tell them not. */
import type { HostView } from '../host-view.ts';
import { type Filter, plainly, type Request } from '../plugin.ts';

export const metrics: Filter<Request> = {
  name: 'metrics',
  wakes: ['host.added', 'host.changed'],
  allows: ({ metrics: wish }, host) =>
    wish?.required !== true || untold(Object.keys(wish.weights), host).length === 0,
  objection: ({ metrics: wish }, host) => {
    const names = untold(Object.keys(wish?.weights ?? {}), host);
    return plainly(`does not tell its metrics ${names.join(', ')}`);
  },
};

const untold = (names: readonly string[], { metrics: told }: HostView): readonly string[] =>
  names.filter((name) => told?.[name] === undefined);
