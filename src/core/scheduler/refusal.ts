/**
 * The kind of a refusal, decided at once: can waiting help, can an operator, or nobody?
 *
 *   could some host hold it if it were empty and open?  ── no ──► impossible
 *     yes, and one of those is open                     ───────► no-room
 *     yes, but those that are open were asked just now, and refused it or gave
 *     no answer                                         ───────► hosts-failed
 *     yes, but all of those are closed or down          ───────► hosts-closed
 *
 * "If it were empty" is asked of the real filters, on a draft in which the host was emptied. Hosts
 * of equal hardware give equal answers, so each hardware is emptied once, and of more than
 * HARDWARE_MAX the rest is given the benefit of the doubt: `impossible` is never said in error.
 */

import { byNumber } from '../base/order.ts';
import { never } from '../base/units.ts';
import { metadataOfHost } from '../fleet/aggregate-rows.ts';
import type { Books } from '../ledger/books.ts';
import type { Draft } from '../ledger/draft.ts';
import type { InventoryRow } from '../ledger/rows.ts';
import type { Core } from '../topology/cores.ts';
import type { Against } from './against.ts';
import type { RefusalKind } from './ask.ts';
import { limitOf } from './filter-options.ts';
import { howBusy, SERVERS_MAX_KEY } from './filters/how-many.ts';
import { filters } from './filters.ts';
import type { Filter, Request } from './plugin.ts';
import { sharersOf } from './sharing.ts';
import { cleanAll, holdersOn, release, takes, tried } from './trial.ts';

/** How many kinds of hardware are emptied to see. */
const HARDWARE_MAX = 32;

const closing = filters.filter(({ wakes }) => wakes.includes('host.enabled'));
const others = filters.filter((filter) => !closing.includes(filter));
/** What is being done with servers ends by itself. */
const enduring = others.filter((filter) => filter !== howBusy);
/** What fewer servers could change. */
const passing = filters.filter(({ wakes }) => wakes.includes('server.gone'));

/** A host that did not take it a moment ago, which speaks against it for now alone. */
const hasTried = ({ ask }: Request, { host }: Against): boolean =>
  ask.tried_hosts?.includes(host) === true &&
  !ask.ignore_hosts.includes(host) &&
  (ask.only_hosts?.includes(host) ?? true);

const named = (some: readonly Filter<Request>[], { objections }: Against) =>
  objections.filter(({ filter }) => some.some(({ name }) => name === filter));

export function refusalKind(
  draft: Draft,
  request: Request,
  against: readonly Against[],
): RefusalKind {
  const answers = new Map<string, boolean>();
  let closed = false;
  let failed = false;
  for (const one of against) {
    const open = named(closing, one).length === 0;
    const untried = !hasTried(request, one);
    if ((closed && !open) || (failed && !untried)) continue;
    if (!couldEver(draft, request, one, answers)) continue;
    if (open && untried) return 'no-room';
    if (open) failed = true;
    else closed = true;
  }
  return failed ? 'hosts-failed' : closed ? 'hosts-closed' : 'impossible';
}

function couldEver(
  draft: Draft,
  request: Request,
  one: Against,
  answers: Map<string, boolean>,
): boolean {
  const lasting = named(others, one).length - named(passing, one).length;
  if (lasting > (hasTried(request, one) ? 1 : 0)) return false;
  const hardware = hardwareOf(draft, request, one);
  const known = answers.get(hardware);
  if (known !== undefined) return known;
  if (answers.size >= HARDWARE_MAX) return true;
  const could = tried(draft, () => {
    release(draft, everybodyOn(draft.books, one.provider_id));
    cleanAll(draft, one.provider_id);
    return takes(draft, { ...request.ask, tried_hosts: [] }, one.provider_id, enduring);
  });
  answers.set(hardware, could);
  return could;
}

/** Those on the host, and those on what is shared with it. */
function everybodyOn(books: Books, root: number): readonly string[] {
  const roots = [root, ...sharersOf(books, books.trees.get(root) ?? [])];
  return [...new Set(roots.flatMap((one) => holdersOn(books, one)))];
}

/** All that a host is when empty, as far as this request looks at it. */
function hardwareOf(draft: Draft, request: Request, { host, provider_id: root }: Against): string {
  const { books } = draft;
  const ids = [request, ...request.groups].flatMap(({ resources }) =>
    resources.map(({ id }) => id),
  );
  const tree = (books.trees.get(root) ?? []).map((provider) => [
    ids.map((id) => bare(books.inventory(provider, id))),
    [...(books.providerTraits[provider] ?? [])].sort(byNumber),
  ]);
  const cells = [
    ...(books.cells[root] ?? []).map(({ row }) => row),
    ...(books.pins.cores[root] ?? []).map(({ cell, cores }) => [cell, cores.map(widthOf)]),
    ...books.pages.of(root).map(({ row }) => row),
  ].map((row) => ({ ...row, provider_id: 0 }));
  const devices = request.devices.length === 0 ? [] : books.devices.on(root);
  // A group's members, or what a query asks of a host's name, may bind it to one host.
  const like = request.group === null && request.ask.about.hints['query'] === undefined;
  const shared = sharersOf(books, books.trees.get(root) ?? []);
  const servers_max = limitOf(metadataOfHost(draft, host), SERVERS_MAX_KEY, null);
  const of = [cells, devices.map(({ facts }) => facts), shared, servers_max];
  return JSON.stringify([tree, ...of, like ? null : root]);
}

/** Which CPUs they are makes no difference. */
const widthOf = ({ cpus, threads }: Core) => [cpus.length, threads];

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
    case 'hosts-failed':
      return 'Every host that could hold it was asked, and refused it or gave no answer.';
    default:
      return never(kind);
  }
}
