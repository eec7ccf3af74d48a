/** The links that an answer about a provider or a class carries; each came with its version. */
import type { ProviderRow } from '../../ledger/rows.ts';

interface Link {
  readonly rel: string;
  readonly href: string;
}

export const classLinks = (prefix: string, name: string): readonly Link[] => [
  { rel: 'self', href: `${prefix}/resource_classes/${name}` },
];

const kinds: readonly { readonly rel: string; readonly since: number }[] = [
  { rel: 'inventories', since: 0 },
  { rel: 'usages', since: 0 },
  { rel: 'aggregates', since: 1 },
  { rel: 'traits', since: 6 },
  { rel: 'allocations', since: 11 },
];

export function providerLinks(
  prefix: string,
  { uuid }: Pick<ProviderRow, 'uuid'>,
  minor: number,
): readonly Link[] {
  const self = `${prefix}/resource_providers/${uuid}`;
  const more = kinds
    .filter(({ since }) => minor >= since)
    .map(({ rel }) => ({ rel, href: `${self}/${rel}` }));
  return [{ rel: 'self', href: self }, ...more];
}
