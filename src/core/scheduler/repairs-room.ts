/**
 * The repair that makes room: whose leaving a host would let it in, as little of it as can be.
 *
 *   one that is enough by itself, the smallest such         else
 *   the largest ones together, less those that need not go
 *
 * A sum of amounts is only a hint which to try: whether NUMA cells, groups and sizes agree is for
 * the real filters to say. RELEASED_MAX leave at most, and each host costs a bounded number of
 * trials.
 */

import type { Draft } from '../ledger/draft.ts';
import type { Against } from './against.ts';
import type { Repair } from './ask.ts';
import { filters } from './filters.ts';
import { type Amounts, type Holder, holders, nameOf } from './holders.ts';
import type { Request } from './plugin.ts';
import { release, takes, tried } from './trial.ts';

const HOSTS_TRIED_MAX = 3;
const SINGLES_TRIED_MAX = 8;
const RELEASED_MAX = 8;

const curable = new Set(
  filters.filter(({ wakes }) => wakes.includes('server.gone')).map(({ name }) => name),
);

export function freeRoom(
  draft: Draft,
  request: Request,
  against: readonly Against[],
): Repair | null {
  const full = against.filter(({ objections }) => cured(objections)).slice(0, HOSTS_TRIED_MAX);
  const found = full.flatMap((one) => enoughOn(draft, request, one) ?? []);
  const cheapest = found.toSorted((a, b) => a.size - b.size)[0];
  if (cheapest === undefined) return null;
  const { one, leaving } = cheapest;
  const amounts = total(leaving);
  const names = leaving.map(({ consumer_uuid }) => nameOf(draft, consumer_uuid));
  const much = Object.entries(amounts).map(([name, amount]) => `${amount} ${name}`);
  const sentence = `free ${much.join(', ')} on ${one.host}: move or delete ${names.join(', ')}`;
  const consumer_uuids = leaving.map(({ consumer_uuid }) => consumer_uuid);
  return { kind: 'free', sentence, host: one.host, amounts, consumer_uuids };
}

/** A group's rule alone has a repair of its own. */
const cured = (objections: Against['objections']): boolean =>
  objections.length > 0 &&
  objections.every(({ filter }) => curable.has(filter)) &&
  objections.some(({ filter }) => filter !== 'group');

interface Enough {
  readonly one: Against;
  readonly leaving: readonly Holder[];
  readonly size: number;
}

function enoughOn(draft: Draft, request: Request, one: Against): Enough | null {
  const all = holders(draft, request, one.provider_id);
  const works = (some: readonly Holder[]): boolean =>
    tried(draft, () => {
      release(
        draft,
        some.map(({ consumer_uuid }) => consumer_uuid),
      );
      return takes(draft, request.ask, one.provider_id);
    });
  const leaving = single(all, one, works) ?? together(all, works);
  const size = leaving?.reduce((sum, holder) => sum + holder.size, 0) ?? 0;
  return leaving === null ? null : { one, leaving, size };
}

type Works = (some: readonly Holder[]) => boolean;

function single(all: readonly Holder[], one: Against, works: Works): readonly Holder[] | null {
  const covering = all.filter(({ amounts }) => covers(amounts, one.objections));
  const tries = covering.slice(0, SINGLES_TRIED_MAX).map((holder) => [holder]);
  return tries.find(works) ?? null;
}

const covers = (amounts: Amounts, objections: Against['objections']): boolean =>
  objections.every(({ filter, resource, needed, available }) => {
    if (filter !== 'capacity' || resource === null) return true;
    return (amounts[resource] ?? 0) >= (needed ?? 0) - (available ?? 0);
  });

function together(all: readonly Holder[], works: Works): readonly Holder[] | null {
  const largest = all.toReversed().slice(0, RELEASED_MAX);
  if (!works(largest)) return null;
  let leaving: readonly Holder[] = largest;
  for (const holder of largest.toReversed()) {
    const fewer = leaving.filter((other) => other !== holder);
    if (works(fewer)) leaving = fewer;
  }
  return leaving;
}

function total(some: readonly Holder[]): Amounts {
  const sum: Record<string, number> = {};
  for (const { amounts } of some) {
    for (const [name, amount] of Object.entries(amounts)) sum[name] = (sum[name] ?? 0) + amount;
  }
  return sum;
}
