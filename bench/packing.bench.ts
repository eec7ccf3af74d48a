/**
 * How well requests of a real cloud are packed: hosts touched and requests refused, for our
 * policy `pack` and for plainer ways, on one recorded fleet. Each keeps all rules
 * (packing.model.ts).
 *
 *   as recorded     every way
 *   otherwise       ours and first fit: halves, backwards, in blocks, shuffled (seeds are fixed)
 *
 * The trace is found by TRACES, a directory with PM_res.csv and VM_data_*.csv.
 */
import { existsSync } from 'node:fs';
import { env } from 'node:process';
import { against, type Figure, figure } from './figure.ts';
import { Model } from './packing.model.ts';
import { type Order, orders } from './packing.orders.ts';
import { ours } from './packing.ours.ts';
import { bestFit, type Chooser, firstFit, upstreamDefault } from './packing.rivals.ts';
import { readTrace, type TraceHost, type TraceRequest } from './packing.trace.ts';

const TRACES = env['TRACES'] ?? '../shared/traces/huawei-topology';

export async function* figures(): AsyncGenerator<Figure> {
  if (!existsSync(TRACES)) throw new Error(`no trace in ${TRACES}; name one by TRACES`);
  const { fleet, sequences } = readTrace(TRACES);
  for (const { name, requests } of sequences) {
    for (const order of orders) {
      const asked = order.of(requests);
      yield* compared(`${name} ${order.name}`, fleet, asked, waysFor(order, fleet));
    }
  }
}

interface Way {
  readonly name: string;
  readonly choose: Chooser;
}

function waysFor({ name }: Order, fleet: readonly TraceHost[]): readonly Way[] {
  const always: readonly Way[] = [
    { name: 'first fit', choose: firstFit },
    { name: 'ours', choose: ours(fleet, 'pack') },
  ];
  if (name !== 'as recorded') return always;
  const rivals: readonly Way[] = [
    { name: 'best fit', choose: bestFit },
    { name: "upstream's weighers", choose: upstreamDefault },
  ];
  return [...always, ...rivals];
}

/** Each way's hosts beside those of the first; then what it refused. */
function* compared(
  where: string,
  fleet: readonly TraceHost[],
  requests: readonly TraceRequest[],
  ways: readonly Way[],
): Generator<Figure> {
  let first: Figure | null = null;
  for (const { name, choose } of ways) {
    const { touched, refused, affinity_hosts } = played(fleet, requests, choose);
    const hosts = figure(`${where}: ${name}`, requests.length, touched, 'hosts');
    yield first === null ? hosts : against(hosts, first);
    first ??= hosts;
    yield figure(`${where}: ${name}`, requests.length, refused, 'refused');
    yield figure(`${where}: ${name}`, requests.length, affinity_hosts, 'hosts of affinity groups');
  }
}

function played(fleet: readonly TraceHost[], requests: readonly TraceRequest[], choose: Chooser) {
  const model = new Model(fleet);
  let refused = 0;
  for (const request of requests) {
    const place = choose(model, request);
    if (place === null) refused++;
    else if (!model.put(request, place)) throw new Error(`a rule is broken by ${request.at}`);
  }
  return { touched: model.touched, refused, affinity_hosts: model.affinity_hosts };
}
