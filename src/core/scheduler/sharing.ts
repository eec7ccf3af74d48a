/**
 * Providers that share what they have with the hosts of their aggregates, e.g. a disk array.
 *
 *   array ── aggregate ──┬── host 1      a host without DISK_GB of its own takes it from the array
 *                        └── host 2
 *
 * A change of one concerns every host that it reaches, so rankings know it by a digest: what of it
 * makes a difference to their class. It changes when the array fills up, not with each claim.
 */
import { byNumber, byText } from '../base/order.ts';
import type { Books } from '../ledger/books.ts';
import { SHARING } from '../ledger/standard.ts';
import type { Shape, Wanted } from './plugin.ts';

const nobody: readonly number[] = [];

/** Those outside of the tree that share with one of its providers, rising by id. */
export function sharersOf(books: Books, tree: readonly number[]): readonly number[] {
  const sharing = books.traitBits.get(SHARING);
  if (sharing === undefined || sharing.size === 0) return nobody;
  const found = tree
    .flatMap((member) => [...(books.providerAggregates[member] ?? [])])
    .flatMap((aggregate) => [...(books.aggregates.get(aggregate) ?? [])])
    .filter((provider) => sharing.has(provider) && !tree.includes(provider));
  return [...new Set(found)].sort(byNumber);
}

/** What a class of requests must know of all that share; '': nobody does. */
export function sharingDigest(books: Books, shape: Shape): string {
  const sharing = books.traitBits.get(SHARING);
  if (sharing === undefined || sharing.size === 0) return '';
  // Groups may take several amounts of one inventory: then how much is left matters, not only that.
  const exact = shape.groups.length > 0;
  const wanted = [shape, ...shape.groups].flatMap(({ resources }) => resources);
  const each = [...sharing].map((provider) => [
    provider,
    [...(books.providerAggregates[provider] ?? [])].sort(byText),
    [...(exact ? (books.providerTraits[provider] ?? []) : [])].sort(byNumber),
    wanted.map((one) => (exact ? leftOf(books, one, provider) : fits(books, one, provider))),
  ]);
  return JSON.stringify(each);
}

const fits = (books: Books, { id, amount }: Wanted, provider: number): boolean =>
  id >= 0 && books.column(id).fits(provider, amount);

function leftOf(books: Books, { id }: Wanted, provider: number): number {
  if (id < 0) return -1;
  const { limit, used } = books.column(id);
  return (limit[provider] ?? -1) - (used[provider] ?? 0);
}
