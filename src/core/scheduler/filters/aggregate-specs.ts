/**
 * What a flavor wishes of its host's aggregates: `aggregate_instance_extra_specs:ssd=true`.
 *
 * One of the aggregates must say it, in any of the ways that operators.ts knows; what no aggregate
 * of the host says anything about is not fulfilled.
 */
import type { HostView } from '../host-view.ts';
import { type Filter, plainly, type Request } from '../plugin.ts';
import { fulfils } from '../specs/operators.ts';

const SCOPE = 'aggregate_instance_extra_specs:';

export const aggregateSpecs: Filter<Request> = {
  name: 'aggregate-specs',
  wakes: ['host.added', 'host.changed'],
  allows: (request, host) => unfulfilled(request, host) === undefined,
  objection: (request, host) => {
    const [key, wish] = unfulfilled(request, host) ?? ['', ''];
    const said = valuesOf(host, key);
    const what = said.length === 0 ? 'say nothing of it' : `say ${said.join(', ')}`;
    return plainly(`is wanted with ${key} ${wish}, and its aggregates ${what}`);
  },
};

function unfulfilled({ ask }: Request, host: HostView): [key: string, wish: string] | undefined {
  for (const [scoped, wish] of Object.entries(ask.about.specs)) {
    if (!scoped.startsWith(SCOPE)) continue;
    const key = scoped.slice(SCOPE.length);
    if (!valuesOf(host, key).some((value) => fulfils(value, wish))) return [key, wish];
  }
  return undefined;
}

const valuesOf = ({ metadata }: HostView, key: string): readonly string[] =>
  metadata.flatMap((one) => one[key] ?? []);
