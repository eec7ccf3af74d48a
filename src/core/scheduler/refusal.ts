/**
 * The kind of a refusal, decided at once: can waiting help, can an operator, or nobody?
 *
 *   could some host hold it if it were empty and open?  ── no ──► impossible
 *     yes, and one of those is open                     ───────► no-room
 *     yes, but all of those are closed or down          ───────► hosts-closed
 *
 * "If it were empty" is asked of the real filters, on a draft in which the host was emptied. Hosts
 * of equal hardware give equal answers, so each hardware is emptied once, and of more than
 * HARDWARE_MAX the rest is given the benefit of the doubt: `impossible` is never said in error.
 */

import { byNumber } from '../base/order.ts';
import { never } from '../base/units.ts';
import type { Books } from '../ledger/books.ts';
import type { Draft } from '../ledger/draft.ts';
import type { InventoryRow } from '../ledger/rows.ts';
import type { Against } from './against.ts';
import type { RefusalKind } from './ask.ts';
import { filters } from './filters.ts';
import type { Filter, Request } from './plugin.ts';
import { holdersOn, release, takes, tried } from './trial.ts';

/** How many kinds of hardware are emptied to see. */
const HARDWARE_MAX = 32;

const closing = filters.filter(({ wakes }) => wakes.includes('host.enabled'));
const others = filters.filter((filter) => !closing.includes(filter));
/** What fewer servers could change. */
const passing = filters.filter(({ wakes }) => wakes.includes('server.gone'));

const named = (some: readonly Filter<Request>[], { objections }: Against) =>
  objections.filter(({ filter }) => some.some(({ name }) => name === filter));

export function refusalKind(
  draft: Draft,
  request: Request,
  against: readonly Against[],
): RefusalKind {
  const answers = new Map<string, boolean>();
  let closed = false;
  for (const one of against) {
    const open = named(closing, one).length === 0;
    if (closed && !open) continue;
    if (!couldEver(draft, request, one, answers)) continue;
    if (open) return 'no-room';
    closed = true;
  }
  return closed ? 'hosts-closed' : 'impossible';
}

function couldEver(
  draft: Draft,
  request: Request,
  one: Against,
  answers: Map<string, boolean>,
): boolean {
  const lasting = named(others, one).length - named(passing, one).length;
  if (lasting > 0) return false;
  const hardware = hardwareOf(draft.books, request, one.provider_id);
  const known = answers.get(hardware);
  if (known !== undefined) return known;
  if (answers.size >= HARDWARE_MAX) return true;
  const could = tried(draft, () => {
    release(draft, holdersOn(draft.books, one.provider_id));
    return takes(draft, request.ask, one.provider_id, others);
  });
  answers.set(hardware, could);
  return could;
}

/** All that a host is when empty, as far as this request looks at it. */
function hardwareOf(books: Books, request: Request, root: number): string {
  const ids = [request, ...request.groups].flatMap(({ resources }) =>
    resources.map(({ id }) => id),
  );
  const tree = (books.trees.get(root) ?? []).map((provider) => [
    ids.map((id) => bare(books.inventory(provider, id))),
    [...(books.providerTraits[provider] ?? [])].sort(byNumber),
  ]);
  const cells = (books.cells[root] ?? []).map(({ row }) => ({ ...row, provider_id: 0 }));
  // A group's members elsewhere may bind it to one host: then no other host is like it.
  return JSON.stringify([tree, cells, request.group === null ? null : root]);
}

const bare = (row: InventoryRow | undefined) =>
  row === undefined ? null : { ...row, provider_id: 0, updated_at_ms: 0 };

/** What is added to a refusal's summary; names no host. */
export function refusalWords(kind: RefusalKind): string {
  switch (kind) {
    case 'impossible':
      return 'No host could hold it, even an empty one.';
    case 'no-room':
      return 'It would fit if there were more room.';
    case 'hosts-closed':
      return 'Every host that could hold it is closed or down.';
    default:
      return never(kind);
  }
}
