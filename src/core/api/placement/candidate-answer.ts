/**
 * Candidates as the versions show them.
 *
 *   before 1.12   allocation_requests: [{ allocations: [{ resource_provider, resources }] }]
 *   1.12          … [{ allocations: { <uuid>: { resources } } }]
 *   1.34          … [{ allocations, mappings: { <suffix>: [<uuid>] } }]
 *
 *   provider_summaries: { <uuid>: { resources: { <class>: { capacity, used } } } }
 *   1.17 + traits · 1.27 every class the provider has, not only those asked for ·
 *   1.29 + parent and root, and every provider of the trees that are used
 */
import type { Books } from '../../ledger/books.ts';
import type { Found, Picks, Plan } from '../../ledger/candidates.ts';

const DICTIONARY_SINCE = 12;
const TRAITS_SINCE = 17;
const ALL_CLASSES_SINCE = 27;
const TREES_SINCE = 29;
const MAPPINGS_SINCE = 34;

export class CandidateAnswer {
  readonly #plan: Plan;
  readonly #books: Books;
  readonly #candidates: readonly Picks[];
  readonly #minor: number;

  constructor({ plan, candidates }: Found, minor: number) {
    this.#plan = plan;
    this.#books = plan.books;
    this.#candidates = candidates;
    this.#minor = minor;
  }

  text(): string {
    const requests = this.#candidates.map((picks) => this.#request(picks));
    const summaries = [...this.#shown()].map((id) => this.#summary(id));
    return `{"allocation_requests":[${requests.join()}],"provider_summaries":{${summaries.join()}}}`;
  }

  #request(picks: Picks): string {
    const held = this.#held(picks);
    const parts = [...held].map(([provider, resources]) => this.#allocation(provider, resources));
    if (this.#minor < DICTIONARY_SINCE) return `{"allocations":[${parts.join()}]}`;
    const allocations = `"allocations":{${parts.join()}}`;
    if (this.#minor < MAPPINGS_SINCE) return `{${allocations}}`;
    return `{${allocations},"mappings":{${this.#mappings(picks)}}}`;
  }

  /** Amounts by class, by provider: what several groups take of one inventory is added up. */
  #held(picks: Picks): Map<number, Map<number, number>> {
    const held = new Map<number, Map<number, number>>();
    this.#plan.slots.forEach(({ parts }, at) => {
      const provider = picks[at] as number;
      for (const { class_id, amount } of parts) {
        const resources = held.get(provider) ?? new Map<number, number>();
        held.set(provider, resources);
        resources.set(class_id, (resources.get(class_id) ?? 0) + amount);
      }
    });
    return held;
  }

  #allocation(provider: number, amounts: ReadonlyMap<number, number>): string {
    const { uuid } = this.#books.row(provider);
    const list = [...amounts].map(([id, amount]) => `"${this.#books.className(id)}":${amount}`);
    const resources = `"resources":{${list.join()}}`;
    return this.#minor < DICTIONARY_SINCE
      ? `{"resource_provider":{"uuid":"${uuid}"},${resources}}`
      : `"${uuid}":{${resources}}`;
  }

  #mappings(picks: Picks): string {
    const groups = this.#plan.ask.groups.map(({ suffix }, group) => {
      const providers = new Set<number>();
      this.#plan.slots.forEach((slot, at) => {
        if (slot.group === group) providers.add(picks[at] as number);
      });
      const uuids = [...providers].map((id) => `"${this.#books.row(id).uuid}"`);
      return `${JSON.stringify(suffix)}:[${uuids.join()}]`;
    });
    return groups.join();
  }

  /** Which providers have a summary. */
  #shown(): Set<number> {
    const shown = new Set<number>();
    const books = this.#books;
    for (const picks of this.#candidates) {
      for (const [at, provider] of picks.entries()) {
        if (this.#minor < TREES_SINCE) shown.add(provider);
        else if (this.#plan.slots[at]?.parts.length === 0) continue;
        else for (const member of books.treeOf(provider)) shown.add(member);
      }
    }
    return shown;
  }

  #summary(id: number): string {
    const { uuid, parent_id, root_id } = this.#books.row(id);
    const parts = [`"resources":{${this.#resources(id)}}`];
    if (this.#minor >= TRAITS_SINCE) parts.push(`"traits":${this.#traits(id)}`);
    if (this.#minor >= TREES_SINCE) {
      const parent = parent_id === null ? 'null' : `"${this.#books.row(parent_id).uuid}"`;
      const root = this.#books.row(root_id).uuid;
      parts.push(`"parent_provider_uuid":${parent}`, `"root_provider_uuid":"${root}"`);
    }
    return `"${uuid}":{${parts.join()}}`;
  }

  #resources(id: number): string {
    const shown: string[] = [];
    for (const class_id of this.#books.inventories[id]?.keys() ?? []) {
      if (this.#minor < ALL_CLASSES_SINCE && !this.#isAskedFor(class_id)) continue;
      const column = this.#books.column(class_id);
      const capacity = column.limit[id] as number;
      const used = column.used[id] as number;
      const name = this.#books.className(class_id);
      shown.push(`"${name}":{"capacity":${capacity},"used":${used}}`);
    }
    return shown.join();
  }

  #isAskedFor(class_id: number): boolean {
    return this.#plan.slots.some(({ parts }) => parts.some((part) => part.class_id === class_id));
  }

  #traits(id: number): string {
    const names = [...(this.#books.providerTraits[id] ?? [])].map((t) => this.#books.traitName(t));
    return JSON.stringify(names);
  }
}
