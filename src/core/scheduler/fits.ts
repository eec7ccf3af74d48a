/**
 * How many more servers fit, and where: claimed one after the other until every host says no.
 *
 *   host 1   filters ─► claim ─► filters ─► claim ─► filters: no      3 more
 *   host 2   filters ─► claim ─► filters: no                          1 more
 *
 *   FI1  the real filters and the real claim say what fits; all of it is taken back;
 *   FI2  hosts share one draft, so what they share is counted once;
 *   FI3  never more than FITS_COUNTED_MAX claims: then it is `at-least` so many, and says so.
 *
 * A request that is nothing but amounts is claimed on its provider as often as it goes, in one
 * claim: how many divide into what is left is all that filters could say of it one by one.
 */
import { byNumber } from '../base/order.ts';
import { type HostRow, hosts } from '../fleet/rows.ts';
import type { Books } from '../ledger/books.ts';
import { type Amount, claimAll } from '../ledger/claim.ts';
import type { Draft } from '../ledger/draft.ts';
import type { Ask } from './ask.ts';
import { SERVERS_MAX_KEY } from './filters/how-many.ts';
import { filters } from './filters.ts';
import { HostView } from './host-view.ts';
import { placementOn } from './placement.ts';
import type { Request } from './plugin.ts';
import { seatBest } from './seat.ts';
import { requestOf } from './shape.ts';
import { tried } from './trial.ts';

/** How many claims one count makes at most. */
export const FITS_COUNTED_MAX = 10_000;

/** What a number is worth: counting was cut short, something was left out of it, or both. */
export type Bound = 'exact' | 'at-least' | 'at-most' | 'unsure';

export interface HostFits {
  readonly host: string;
  readonly availability_zone: string;
  readonly more: number;
}

export interface Fits {
  readonly more: number;
  readonly bound: Bound;
  /** Those that have room, those with most first. */
  readonly hosts: readonly HostFits[];
}

/** Counts on the draft as it stands, and leaves it so. */
export function countFits(draft: Draft, ask: Ask, claims_max = FITS_COUNTED_MAX): Fits {
  return tried(draft, () => {
    const filling = new Filling(draft, ask, claims_max);
    const rows = [...draft.rows(hosts).values()];
    const found = rows
      .sort((a, b) => byNumber(a.provider_id, b.provider_id))
      .map((row) => filling.hostFits(row))
      .filter(({ more }) => more > 0);
    const more = found.reduce((sum, one) => sum + one.more, 0);
    const bound = filling.left > 0 ? 'exact' : 'at-least';
    return { more, bound, hosts: found.toSorted((a, b) => b.more - a.more) };
  });
}

class Filling {
  readonly #draft: Draft;
  readonly #host: HostView;
  readonly #request: Request;
  /** Claims that may still be made. */
  left: number;

  constructor(draft: Draft, ask: Ask, claims_max: number) {
    this.#draft = draft;
    this.#host = new HostView(draft);
    this.#request = requestOf(draft.books, ask);
    this.left = claims_max;
  }

  hostFits({ name: host, availability_zone, provider_id }: HostRow): HostFits {
    let more = 0;
    while (this.left > 0 && this.#passes(provider_id)) {
      const taken = this.#take();
      if (taken === 0) break;
      more += taken;
    }
    return { host, availability_zone, more };
  }

  #passes(provider_id: number): boolean {
    const host = this.#host;
    return host.at(provider_id) && filters.every((one) => one.allows(this.#request, host));
  }

  /** Claims there, once or as often as goes; gives how often. */
  #take(): number {
    const [request, host] = [this.#request, this.#host];
    seatBest(request, host);
    const place = placementOn(request, host);
    const times = onlyAmounts(request, host) ? timesIn(host.books, place.amounts) : 1;
    const amounts = place.amounts.map((one) => ({ ...one, amount: one.amount * times }));
    const consumer_uuid = `one more ${this.left--}`;
    const owner = { project_id: '', user_id: '', consumer_type: null };
    // Sizes that one may have say nothing of the sum of many.
    const claim = { consumer_uuid, ...owner, ...place, amounts, whatever_units: true };
    return claimAll(this.#draft, [claim]).is === 'done' ? times : 0;
  }
}

/** No filter asks how many are there already, and nothing is chosen one by one. */
const onlyAmounts = ({ nodes, ask }: Request, { metadata }: HostView): boolean =>
  nodes.length === 0 &&
  ask.group === null &&
  ask.about.options.max_servers === null &&
  !metadata.some((one) => SERVERS_MAX_KEY in one);

/**
 * What takes nothing fits without end: it is counted one by one until counting ends. So is what
 * brings overhead with it, of which one large consumer would bring too little.
 */
function timesIn(books: Books, amounts: readonly Amount[]): number {
  if (amounts.length === 0) return 1;
  const each = amounts.map(({ provider_id, resource_class_id, amount }) => {
    const column = books.column(resource_class_id);
    if ((column.overhead[provider_id] ?? 0) > 0) return 1;
    return Math.floor(column.room(provider_id) / amount);
  });
  return Math.min(...each);
}
