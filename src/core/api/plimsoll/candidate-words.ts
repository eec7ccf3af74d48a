/** A candidate search's funnel and misses in sentences with numbers and names. */
import type { Static } from 'typebox';
import { never } from '../../base/units.ts';
import type { Books } from '../../ledger/books.ts';
import type { Constraint, Shortfall } from '../../ledger/candidates-constraints.ts';
import type { Explained, Miss, Step, TreeConstraint } from '../../ledger/candidates-explain.ts';
import type { FunnelStep, Miss as MissSchema } from './ledger-schemas.ts';

export class CandidateWords {
  readonly #books: Books;
  readonly #explained: Explained;

  constructor(books: Books, explained: Explained) {
    this.#books = books;
    this.#explained = explained;
  }

  step({ slot, asked, counts, before, after }: Step): Static<typeof FunnelStep> {
    const constraint = this.#constraint(asked, slot);
    return { group: this.#group(slot), constraint, counts, in: before, out: after };
  }

  miss(miss: Miss): Static<typeof MissSchema> {
    const { uuid, name } = this.#books.row(miss.provider_id);
    return {
      group: this.#group(miss.slot),
      constraint: this.#constraint(miss.asked, miss.slot),
      provider_uuid: uuid,
      provider_name: name,
      needed: miss.shortfall?.needed ?? null,
      available: miss.shortfall?.available ?? null,
      sentence: this.#sentence(name, miss),
    };
  }

  /** Where it stopped, in one sentence. */
  summary(): string {
    const { steps, first, nearest, cut } = this.#explained;
    const stop = steps.find(({ before, after }) => before > 0 && after === 0);
    if (cut) return 'No candidate was found as far as the search went.';
    if (stop === undefined) return 'There are no candidates, since there are no providers.';
    const who = `${stop.before} ${stop.counts === 'roots' ? 'trees' : 'providers'}`;
    const what = this.#constraint(stop.asked, stop.slot);
    const miss = nearest ?? first;
    const near = miss === null ? '' : ` The nearest: ${this.miss(miss).sentence}.`;
    return `There are no candidates: of ${who} that came so far, none ${what}.${near}`;
  }

  #group(slot: number | null): string | null {
    if (slot === null) return null;
    const { plan } = this.#explained;
    return plan.ask.groups[plan.slots[slot]?.group ?? -1]?.suffix ?? null;
  }

  /** What somebody does who meets it: goes on from `none …`. */
  #constraint(asked: Constraint | TreeConstraint, slot: number | null): string {
    const books = this.#books;
    switch (asked.is) {
      case 'inventory':
        return `has ${books.className(asked.class_id)}`;
      case 'units':
        return `gives ${this.#amount(asked)} in one claim`;
      case 'room':
        return `has room for ${this.#amount(asked)}`;
      case 'trait':
        return `has ${this.#traits(asked.any_of)}`;
      case 'forbidden-trait':
        return `does without ${books.traitName(asked.trait_id)}`;
      case 'aggregate':
        return `is in ${inSets(asked.all_of)}`;
      case 'forbidden-aggregate':
        return `is outside of aggregate ${asked.aggregate_uuid}`;
      case 'tree':
        return `is in the tree of ${books.row(asked.root_id).name}`;
      default:
        return this.#treeConstraint(asked, slot);
    }
  }

  #treeConstraint(asked: TreeConstraint, slot: number | null): string {
    switch (asked.is) {
      case 'root-trait':
        return `has ${this.#books.traitName(asked.trait_id)} on its root`;
      case 'root-forbidden-trait':
        return `has a root without ${this.#books.traitName(asked.trait_id)}`;
      case 'options':
        return `has a provider for ${this.#slot(slot)}`;
      case 'together':
        return 'has room for all of it together';
      case 'isolate':
        return 'has a provider of its own for each group (group_policy=isolate)';
      case 'subtree':
        return 'has the groups of a same_subtree below one of their providers';
      case 'traits-together':
        return 'has all required traits on the providers of the group without a suffix';
      default:
        return never(asked);
    }
  }

  #sentence(name: string, { asked, slot, shortfall }: Miss): string {
    const needed = shortfall === null ? '' : `; needed ${shortfall.needed}`;
    const there = shortfall?.available ?? 0;
    switch (asked.is) {
      case 'inventory':
        return `${name} has no ${this.#books.className(asked.class_id)}${needed}`;
      case 'units':
        return `${name} does not give ${this.#amount(asked)} in one claim, but ${there}`;
      case 'room': {
        const what = this.#books.className(asked.class_id);
        return `${name} has room for ${there} more ${what}${needed}`;
      }
      case 'trait':
        return `${name} lacks ${this.#traits(asked.any_of)}`;
      case 'forbidden-trait':
        return `${name} has ${this.#books.traitName(asked.trait_id)}, which is forbidden`;
      case 'aggregate':
        return `${name} is not in ${inSets(asked.all_of)}`;
      case 'forbidden-aggregate':
        return `${name} is in aggregate ${asked.aggregate_uuid}, which is forbidden`;
      case 'tree':
        return `${name} is in another tree than ${this.#books.row(asked.root_id).name}`;
      default:
        return this.#treeSentence(name, asked, slot, shortfall);
    }
  }

  #treeSentence(
    name: string,
    asked: TreeConstraint,
    slot: number | null,
    shortfall: Miss['shortfall'],
  ): string {
    const tree = `the tree of ${name}`;
    switch (asked.is) {
      case 'together':
        return shortfall === null
          ? `in ${tree} each part fits by itself, but not all of them together`
          : `${tree} has room for ${shortfall.available} ${this.#scarce(shortfall)}`;
      case 'isolate':
        return `${tree} has ${shortfall?.available} providers for ${shortfall?.needed} groups`;
      case 'traits-together':
        return `${tree} has ${shortfall?.available} of the ${shortfall?.needed} required traits`;
      case 'root-trait':
      case 'root-forbidden-trait':
      case 'options':
      case 'subtree':
        return `${tree} is not one that ${this.#treeConstraint(asked, slot)}`;
      default:
        return never(asked);
    }
  }

  #scarce({ needed, class_id }: Shortfall): string {
    const what = class_id === undefined ? '' : `${this.#books.className(class_id)} `;
    return `more ${what}in all; needed ${needed}`;
  }

  #slot(slot: number | null): string {
    const about = slot === null ? undefined : this.#explained.plan.slots[slot];
    const parts = about?.parts.map((part) => this.#amount(part)).join(' and ') ?? '';
    const group = about?.suffixed ? `group ${this.#group(slot)}` : '';
    return [parts, group].filter((text) => text !== '').join(' of ');
  }

  #amount({ class_id, amount }: { readonly class_id: number; readonly amount: number }): string {
    return `${amount} ${this.#books.className(class_id)}`;
  }

  #traits(any_of: readonly number[]): string {
    return any_of.map((id) => this.#books.traitName(id)).join(' or ');
  }
}

const inSets = (sets: readonly (readonly string[])[]): string =>
  sets.map((set) => `aggregate ${set.join(' or ')}`).join(' and in ');
