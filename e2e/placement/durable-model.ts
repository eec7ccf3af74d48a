/**
 * What Placement's answers commit it to, kept by a test that shares no code with it.
 *
 *   asked ──► answered 204 ──► it is so, for ever
 *        ├──► answered 409 ──► it is as before
 *        └──► no answer    ──► before or after, the whole request: a look afterwards decides
 */
import { deepEqual, equal, ok } from 'node:assert/strict';

export const CAPACITY = { VCPU: 12, MEMORY_MB: 40, PCI_DEVICE: 1 } as const;
export type Class = keyof typeof CAPACITY;
export const CLASSES = Object.keys(CAPACITY) as Class[];
export type Amounts = Partial<Record<Class, number>>;

/** What a consumer holds: all on one provider, so that more than one is a doubling. */
export interface Holding {
  readonly generation: number;
  readonly provider: string;
  readonly amounts: Amounts;
}

/** One request on one or two consumers, as it would leave them; null: nothing held. */
export interface Deed {
  readonly after: ReadonlyMap<string, Holding | null>;
  /** The providers whose generation it raises by one. */
  readonly raises: ReadonlySet<string>;
}

export interface Found {
  readonly holdings: ReadonlyMap<string, Holding>;
  readonly generations: ReadonlyMap<string, number>;
  readonly usages: ReadonlyMap<string, Amounts>;
}

export class Model {
  readonly holdings = new Map<string, Holding>();
  readonly generations = new Map<string, number>();
  #open = new Set<Deed>();
  readonly counted = { answered: 0, refused: 0, open: 0, openDone: 0, openUndone: 0 };

  begin(deed: Deed): void {
    this.#open.add(deed);
  }

  answered(deed: Deed): void {
    this.#open.delete(deed);
    this.counted.answered++;
    this.#apply(deed);
  }

  refused(deed: Deed): void {
    this.#open.delete(deed);
    this.counted.refused++;
  }

  /** After a restart: what was open is decided by what is found, and then all must agree. */
  settle(found: Found): void {
    for (const deed of this.#open) {
      this.counted.open++;
      const [[consumer, after]] = deed.after as unknown as [[string, Holding | null]];
      const happened = same(found.holdings.get(consumer) ?? null, after);
      if (happened) this.#apply(deed);
      this.counted[happened ? 'openDone' : 'openUndone']++;
    }
    this.#open.clear();
    this.compare(found);
  }

  compare({ holdings, generations, usages }: Found): void {
    deepEqual(sorted(holdings), sorted(this.holdings), 'L7, L2: who holds what is as answered');
    deepEqual(sorted(generations), sorted(this.generations), 'L2: a generation rose by itself');
    for (const [provider, used] of usages) {
      deepEqual(used, this.#usageOf(provider), `L1: the use of ${provider} is not its holdings`);
      for (const name of CLASSES) {
        ok((used[name] ?? 0) <= CAPACITY[name], `L1: ${provider} holds ${used[name]} ${name}`);
      }
      const owners = [...holdings.values()].filter(
        (held) => held.provider === provider && held.amounts.PCI_DEVICE === 1,
      );
      ok(owners.length <= 1, `L3: the device of ${provider} has ${owners.length} owners`);
    }
  }

  #apply({ after, raises }: Deed): void {
    for (const [consumer, holding] of after) {
      if (holding === null) this.holdings.delete(consumer);
      else this.holdings.set(consumer, holding);
    }
    for (const provider of raises) {
      this.generations.set(provider, (this.generations.get(provider) ?? 0) + 1);
    }
  }

  #usageOf(provider: string): Record<Class, number> {
    const used: Record<Class, number> = { VCPU: 0, MEMORY_MB: 0, PCI_DEVICE: 0 };
    for (const { provider: on, amounts } of this.holdings.values()) {
      if (on !== provider) continue;
      for (const name of CLASSES) used[name] += amounts[name] ?? 0;
    }
    return used;
  }
}

const sorted = <T>(map: ReadonlyMap<string, T>): [string, T][] =>
  [...map].toSorted(([a], [b]) => (a < b ? -1 : 1));

function same(a: Holding | null, b: Holding | null): boolean {
  if (a === null || b === null) return a === b;
  return (
    a.generation === b.generation &&
    a.provider === b.provider &&
    CLASSES.every((name) => a.amounts[name] === b.amounts[name])
  );
}

/** What one consumer holds by GET /allocations/…: on one provider, or nowhere. */
export function holdingOf(body: {
  readonly allocations: Readonly<Record<string, { readonly resources: Amounts }>>;
  readonly consumer_generation?: number;
}): Holding | null {
  const spots = Object.entries(body.allocations);
  ok(spots.length <= 1, `L7: a consumer is doubled: ${JSON.stringify(body)}`);
  const [spot] = spots;
  if (spot === undefined) return null;
  const [provider, { resources }] = spot;
  equal(typeof body.consumer_generation, 'number');
  return { generation: body.consumer_generation ?? 0, provider, amounts: resources };
}
