/**
 * What a flavor wishes of the host itself: `capabilities:hypervisor_version = >= 6002000`.
 *
 * The path goes by colons through what the host's agent said; see facts.ts for its names.
 */
import { factOf } from '../facts.ts';
import type { HostView } from '../host-view.ts';
import { type Filter, plainly, type Request } from '../plugin.ts';
import { fulfils } from '../specs/operators.ts';

const SCOPE = 'capabilities:';

export const capabilities: Filter<Request> = {
  name: 'capabilities',
  wakes: ['host.added', 'host.changed'],
  allows: (request, host) => unfulfilled(request, host) === undefined,
  objection: (request, host) => {
    const [path, wish] = unfulfilled(request, host) ?? [''];
    const has = factOf(host, path.split(':'));
    const what = has === undefined ? `knows no ${path}` : `has ${path} ${textOf(has)}`;
    return plainly(`${what}, and ${wish} is wanted`);
  },
};

function unfulfilled({ ask }: Request, host: HostView): [path: string, wish: string] | undefined {
  for (const [key, wish] of Object.entries(ask.about.specs)) {
    if (!key.startsWith(SCOPE)) continue;
    const path = key.slice(SCOPE.length);
    const has = factOf(host, path.split(':'));
    if (has === undefined || !fulfils(textOf(has), wish)) return [path, wish];
  }
  return undefined;
}

const textOf = (fact: unknown): string =>
  typeof fact === 'string' ? fact : (JSON.stringify(fact) ?? '');
