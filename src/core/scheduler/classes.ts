/**
 * Request classes: requests of one shape share a ranking of hosts, which is kept and not made anew.
 *
 *   books.touched   … 7 7 7 12 12 3 │ 9 9 4
 *                     seen ─────────┘      only 9 and 4 are looked at again
 *
 * So a decision costs what changed since the last one of its class, and not the size of the fleet.
 *
 *   C1  after `get` the ranking holds, for every host, what `score` says of the books as they are:
 *       also in the middle of a draft, and after one was taken back;
 *   C2  a change of any provider concerns the host at the root of its tree; one that shares
 *       concerns all that it reaches, and where that makes a difference to the class all are looked
 *       at;
 *   C3  at most CLASSES_MAX are kept; the one not asked for longest makes room;
 *   C4  which filter turned down how many is counted with a ranking, for who asks (choice.ts).
 */
import { present } from '../base/units.ts';
import { TOUCHES_KEPT } from '../ledger/books.ts';
import type { PolicyName } from './ask.ts';
import type { Ranked } from './choice.ts';
import type { HostView } from './host-view.ts';
import type { Shape, Weights } from './plugin.ts';
import { Ranking } from './ranking.ts';
import { INELIGIBLE, NO_HOST, PASSES, score } from './score.ts';
import { sameIds } from './shape.ts';
import { sharingDigest } from './sharing.ts';
import { Tally } from './tally.ts';

export const CLASSES_MAX = 64;

interface RequestClass {
  readonly shape: Shape;
  readonly ranking: Ranking;
  /** By place in `shapeFilters`: how many hosts it turned down. */
  readonly tally: Tally;
  /** What it knows of providers that share (sharing.ts). */
  readonly sharing: string;
  /** Which zones are short of headroom, where its policy weighs that (headroom.ts). */
  readonly short: string;
  /** What images have that it compares its own with (weighers/image-props.ts). */
  readonly images: string;
  /** How many touches the ranking knows of. */
  seen: number;
}

export class Classes {
  readonly #host: HostView;
  readonly #weights: Readonly<Record<PolicyName, Weights>>;
  readonly #classes = new Map<string, RequestClass>();
  /** By provider: the round in which it was last looked at, so that each is looked at once. */
  #looked = new Int32Array(64);
  #round = 0;

  constructor(host: HostView, weights: Readonly<Record<PolicyName, Weights>>) {
    this.#host = host;
    this.#weights = weights;
  }

  /** The ranking of the shape's class, brought up to date. */
  get(shape: Shape): Ranking {
    const found = this.#classes.get(shape.key);
    this.#classes.delete(shape.key);
    const usable = found !== undefined && this.#canCatchUp(found, shape);
    const kept = usable ? found : this.#make(shape);
    if (usable) this.#catchUp(kept);
    this.#classes.set(shape.key, kept);
    if (this.#classes.size > CLASSES_MAX) this.#forgetOldest();
    return kept.ranking;
  }

  /** What the class of the shape, which was just brought up to date, knows of the fleet. */
  ranked(shape: Shape): Ranked {
    const ranking = this.get(shape);
    const { tally } = present(this.#classes.get(shape.key), 'the class just asked for');
    return { ranking, turned_down: tally.counts };
  }

  /** Classes whose ranking is not what looking at every host gives now: none, if C1 holds. */
  astray(): readonly string[] {
    const shapes = [...this.#classes.values()].map(({ shape }) => shape);
    return shapes.filter((shape) => this.#isAstray(shape)).map(({ key }) => key);
  }

  #isAstray(shape: Shape): boolean {
    const found = this.#classes.get(shape.key);
    if (found === undefined || !this.#canCatchUp(found, found.shape)) return false;
    const { books } = this.#host;
    this.#catchUp(found);
    for (let id = 0; id <= books.provider_id_max; id++) {
      const weights = this.#weights[shape.policy];
      const worth = books.trees.has(id) ? score(shape, this.#host, id, weights) : INELIGIBLE;
      if (found.ranking.scoreOf(id) !== worth) return true;
    }
    return false;
  }

  #canCatchUp(kept: RequestClass, shape: Shape): boolean {
    const { shape: known, seen, ranking, sharing } = kept;
    const { touches, provider_id_max } = this.#host.books;
    const within = touches - seen <= TOUCHES_KEPT && provider_id_max < ranking.capacity;
    const alike =
      sameIds(known, shape) &&
      kept.short === this.#short(shape) &&
      kept.images === this.#host.imageDigest(shape);
    return within && alike && sharing === sharingDigest(this.#host.books, shape);
  }

  #short({ policy }: Shape): string {
    return this.#weights[policy].headroom === 0 ? '' : this.#host.headroom.digest;
  }

  #make(shape: Shape): RequestClass {
    const { books } = this.#host;
    const ranking = new Ranking(books.provider_id_max);
    const tally = new Tally(ranking.capacity, PASSES + 1);
    const sharing = sharingDigest(books, shape);
    const images = this.#host.imageDigest(shape);
    const known = { sharing, short: this.#short(shape), images, seen: books.touches };
    const made = { shape, ranking, tally, ...known };
    for (const root of books.trees.keys()) this.#look(made, root);
    return made;
  }

  #look({ shape, ranking, tally }: RequestClass, root: number): void {
    ranking.set(root, score(shape, this.#host, root, this.#weights[shape.policy]));
    tally.set(root, this.#host.failed);
  }

  #catchUp(kept: RequestClass): void {
    const { touches, touched, providers } = this.#host.books;
    const { ranking, tally } = kept;
    this.#nextRound(ranking.capacity);
    for (; kept.seen < touches; kept.seen++) {
      const provider = touched[kept.seen & (TOUCHES_KEPT - 1)] as number;
      const root = providers[provider]?.root_id ?? provider;
      if (this.#looked[root] === this.#round) continue;
      this.#looked[root] = this.#round;
      this.#look(kept, root);
      if (root === provider) continue;
      // What was a root of its own may have become a child: it is no longer in the running.
      ranking.set(provider, INELIGIBLE);
      tally.set(provider, NO_HOST);
    }
  }

  #nextRound(capacity: number): void {
    if (this.#looked.length < capacity) this.#looked = new Int32Array(capacity);
    this.#round = (this.#round + 1) | 0;
  }

  #forgetOldest(): void {
    for (const oldest of this.#classes.keys()) {
      this.#classes.delete(oldest);
      return;
    }
  }
}
