/**
 * The scheduler: decides where a server goes, inside the ledger request that then claims it there.
 *
 *   ask ─► request ─► ranking of its class ─► first that this request's own filters let through
 *                     members of its group ─► looked at one by one, for a soft rule's sake
 *
 *   D1  the host with the highest score among those that pass all filters; of equals the lowest
 *       provider id: the same books and the same ask give the same host on every process (L8);
 *   D2  the ranking is only a faster way to what looking at every host would give;
 *   D3  what is chosen can be claimed as it is: amounts, cells and slots fit the books it saw;
 *   D4  a refusal is explained, at the price of looking at every host.
 */

import { assert, present } from '../base/units.ts';
import type { Books } from '../ledger/books.ts';
import type { Draft, View } from '../ledger/draft.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import type { Ask, Explanation, Placement, PolicyName } from './ask.ts';
import { type Choice, choiceOf } from './choice.ts';
import { choices } from './choice-rows.ts';
import { Classes } from './classes.ts';
import type { Aliases } from './device-asks.ts';
import { explain } from './explain.ts';
import { type FilterOptions, STANDARD_OPTIONS } from './filter-options.ts';
import { requestFilters } from './filters.ts';
import { HostView } from './host-view.ts';
import { type Bounds, serverAsk } from './lookup.ts';
import { placementOn } from './placement.ts';
import type { Request, Weights } from './plugin.ts';
import { type WeightsGiven, weightsWith } from './policies.ts';
import type { AskFacts } from './request.ts';
import { keepAmong, storeExplanation } from './rows.ts';
import { INELIGIBLE, score } from './score.ts';
import { seatBest } from './seat.ts';
import { requestOf } from './shape.ts';
import { wish } from './wishes.ts';

export interface SchedulerOptions {
  /** For servers whose flavor names none. */
  readonly policy?: PolicyName;
  readonly weights?: WeightsGiven;
  readonly filters?: Partial<FilterOptions>;
  /** The names by which flavors ask for devices. */
  readonly aliases?: Aliases;
}

export class Scheduler {
  readonly #policy: PolicyName;
  readonly #options: FilterOptions;
  readonly #aliases: Aliases;
  readonly #weights: Readonly<Record<PolicyName, Weights>>;
  #known: { readonly books: Books; readonly host: HostView; readonly classes: Classes } | null =
    null;

  constructor(options: SchedulerOptions = {}) {
    const { policy = 'spread', weights = {}, filters: given = {}, aliases = new Map() } = options;
    this.#policy = policy;
    this.#aliases = aliases;
    this.#options = { ...STANDARD_OPTIONS, ...given };
    this.#weights = weightsWith(weights);
  }

  /** What a server needs, from its flavor, image, group and hints; or why it can be nowhere. */
  askFor(view: View, server: AskFacts['server'], bounds: Bounds): Decision<Ask, string> {
    return serverAsk(view, server, bounds, this.#policy, this.#options, this.#aliases);
  }

  /** Chooses among all hosts, and claims nothing. */
  decide(draft: Draft, ask: Ask): Decision<Placement, Explanation> {
    const { host, classes } = this.#on(draft);
    const request = requestOf(host.books, ask);
    const chosen = this.#choose(request, host, classes);
    return this.#answer(draft, request, chosen);
  }

  /** The same where nobody will ask why not, which spares the look at every host (D4). */
  find(view: View, ask: Ask): Placement | null {
    const { host, classes } = this.#on(view);
    const request = requestOf(host.books, ask);
    const chosen = this.#choose(request, host, classes);
    return chosen < 0 ? null : this.#placed(request, host, chosen);
  }

  /** Whether any host can take it now. Cheap where none can, since nothing is explained. */
  finds(draft: Draft, ask: Ask): boolean {
    const { host, classes } = this.#on(draft);
    return this.#choose(requestOf(host.books, ask), host, classes) >= 0;
  }

  /** The same filters for one named host, e.g. the destination that a user chose. */
  check(draft: Draft, ask: Ask, host_name: string): Decision<Placement, Explanation> {
    return this.decide(draft, { ...ask, only_hosts: [host_name] });
  }

  /** Decides by looking at every host: what the ranking must always agree with (D2). */
  scan(draft: Draft, ask: Ask): Decision<Placement, Explanation> {
    const { host } = this.#on(draft);
    const request = requestOf(host.books, ask);
    return this.#answer(draft, request, this.#bestOf(request, host, host.books.trees.keys()));
  }

  /** Request classes whose ranking is not what a full scan gives, for whoever checks: none (D2). */
  astray(draft: Draft): readonly string[] {
    return this.#on(draft).classes.astray();
  }

  /** Why `place` was chosen for it: asked right after the decision, before the claim. */
  choice(draft: Draft, ask: Ask, place: Placement): Choice {
    const { host, classes } = this.#on(draft);
    const request = requestOf(host.books, ask);
    const ranked = fewHosts(request, host.books) === null ? classes.ranked(request) : null;
    return choiceOf(draft, host, request, place, this.#weights[request.policy], ranked);
  }

  /** Stores why it was placed where it is, among the last ones. */
  keepChoice(draft: Draft, choice: Choice): void {
    keepAmong(draft, choices, choice);
  }

  /** Stores why nothing could take it, among the last ones. */
  keep(draft: Draft, explanation: Explanation): void {
    storeExplanation(draft, explanation);
  }

  #answer(draft: Draft, request: Request, chosen: number): Decision<Placement, Explanation> {
    const { host } = this.#on(draft);
    if (chosen < 0) return no(explain(draft, request, this.askFor.bind(this)));
    return done(this.#placed(request, host, chosen));
  }

  #placed(request: Request, host: HostView, chosen: number): Placement {
    assert(host.at(chosen), 'what was chosen is a host');
    seatBest(request, host);
    return placementOn(request, host);
  }

  #choose(request: Request, host: HostView, classes: Classes): number {
    const few = fewHosts(request, host.books);
    if (few !== null) return this.#bestOf(request, host, few);
    const ranking = classes.get(request);
    const members = membersHosts(request, host.books);
    const best = this.#bestOf(request, host, members);
    for (const stranger of ranking.walk()) {
      if (members.includes(stranger) || !passes(request, host, stranger)) continue;
      return best < 0 ? stranger : this.#better(request, host, best, stranger);
    }
    return best;
  }

  #bestOf(request: Request, host: HostView, candidates: Iterable<number>): number {
    let best = -1;
    for (const candidate of candidates) best = this.#better(request, host, best, candidate);
    return best;
  }

  #better(request: Request, host: HostView, a: number, b: number): number {
    const first = a < 0 ? INELIGIBLE : this.#worth(request, host, a);
    const second = this.#worth(request, host, b);
    if (second === INELIGIBLE) return a;
    return second > first || (second === first && b < a) ? b : a;
  }

  /** Score and wish of a host, by all filters. Leaves the view, and the best seat, on it. */
  #worth(request: Request, host: HostView, provider: number): number {
    const weights = this.#weights[request.policy];
    if (!passes(request, host, provider)) return INELIGIBLE;
    return score(request, host, provider, weights) + wish(request, host, weights);
  }

  #on(view: View) {
    const { books } = view;
    if (this.#known?.books !== books) {
      const host = new HostView(view);
      this.#known = { books, host, classes: new Classes(host, this.#weights) };
    }
    return present(this.#known, 'the books just opened');
  }
}

/** The only hosts that the request may go to, where there are few and they are known. */
function fewHosts({ ask, group }: Request, books: Books): readonly number[] | null {
  if (ask.only_hosts !== null) {
    return ask.only_hosts.flatMap((name) => books.providerNamed(name)?.id ?? []);
  }
  if (group?.policy !== 'affinity') return null;
  const there = [...(books.slotsOf.get(group.uuid) ?? [])]
    .filter(([, slots]) => slots.some((slot) => slot.member !== ask.server_uuid))
    .map(([provider]) => provider);
  return there.length === 0 ? null : there;
}

/** Where members of a soft group live: the only hosts for which its wish makes a difference. */
function membersHosts({ group }: Request, books: Books): readonly number[] {
  if (group?.policy !== 'soft-affinity' && group?.policy !== 'soft-anti-affinity') return [];
  return [...(books.slotsOf.get(group.uuid)?.keys() ?? [])];
}

function passes(request: Request, host: HostView, provider: number): boolean {
  if (!host.at(provider)) return false;
  for (const filter of requestFilters) if (!filter.allows(request, host)) return false;
  return true;
}
