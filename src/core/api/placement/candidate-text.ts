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
 *
 * Every name in them (UUIDs, classes, traits, suffixes) is of letters that JSON and ASCII share, so
 * a text here has as many bytes as characters.
 */
import type { Books } from '../../ledger/books.ts';
import type { Picks, Plan } from '../../ledger/candidates.ts';

const DICTIONARY_SINCE = 12;
const TRAITS_SINCE = 17;
export const ALL_CLASSES_SINCE = 27;
export const TREES_SINCE = 29;
const MAPPINGS_SINCE = 34;

/** How a provider is named in the text; its UUID, unless a template is made. */
export type NameOf = (provider: number) => string;

export function requestText(plan: Plan, minor: number, picks: Picks, nameOf: NameOf): string {
  const held = heldBy(plan, picks);
  const parts = [...held].map(([provider, amounts]) =>
    allocationText(plan.books, minor, nameOf(provider), amounts),
  );
  if (minor < DICTIONARY_SINCE) return `{"allocations":[${parts.join()}]}`;
  const allocations = `"allocations":{${parts.join()}}`;
  if (minor < MAPPINGS_SINCE) return `{${allocations}}`;
  return `{${allocations},"mappings":{${mappingsText(plan, picks, nameOf)}}}`;
}

/** Amounts by class, by provider: what several groups take of one inventory is added up. */
function heldBy(plan: Plan, picks: Picks): Map<number, Map<number, number>> {
  const held = new Map<number, Map<number, number>>();
  plan.slots.forEach(({ parts }, at) => {
    const provider = picks[at] as number;
    for (const { class_id, amount } of parts) {
      const resources = held.get(provider) ?? new Map<number, number>();
      held.set(provider, resources);
      resources.set(class_id, (resources.get(class_id) ?? 0) + amount);
    }
  });
  return held;
}

function allocationText(
  books: Books,
  minor: number,
  name: string,
  amounts: ReadonlyMap<number, number>,
): string {
  const list = [...amounts].map(([id, amount]) => `"${books.className(id)}":${amount}`);
  const resources = `"resources":{${list.join()}}`;
  return minor < DICTIONARY_SINCE
    ? `{"resource_provider":{"uuid":"${name}"},${resources}}`
    : `"${name}":{${resources}}`;
}

function mappingsText(plan: Plan, picks: Picks, nameOf: NameOf): string {
  const groups = plan.ask.groups.map(({ suffix }, group) => {
    const providers = new Set<number>();
    plan.slots.forEach((slot, at) => {
      if (slot.group === group) providers.add(picks[at] as number);
    });
    const names = [...providers].map((id) => `"${nameOf(id)}"`);
    return `${JSON.stringify(suffix)}:[${names.join()}]`;
  });
  return groups.join();
}

/** One entry of `provider_summaries`; `asked` bounds its classes before 1.27. */
export function summaryText(
  books: Books,
  minor: number,
  id: number,
  asked: ReadonlySet<number>,
): string {
  const { uuid, parent_id, root_id } = books.row(id);
  const parts = [`"resources":{${resourcesText(books, minor, id, asked)}}`];
  if (minor >= TRAITS_SINCE) parts.push(`"traits":${traitsText(books, id)}`);
  if (minor >= TREES_SINCE) {
    const parent = parent_id === null ? 'null' : `"${books.row(parent_id).uuid}"`;
    const root = books.row(root_id).uuid;
    parts.push(`"parent_provider_uuid":${parent}`, `"root_provider_uuid":"${root}"`);
  }
  return `"${uuid}":{${parts.join()}}`;
}

function resourcesText(
  books: Books,
  minor: number,
  id: number,
  asked: ReadonlySet<number>,
): string {
  const shown: string[] = [];
  for (const class_id of books.inventories[id]?.keys() ?? []) {
    if (minor < ALL_CLASSES_SINCE && !asked.has(class_id)) continue;
    const column = books.column(class_id);
    const capacity = column.limit[id] as number;
    const used = column.used[id] as number;
    shown.push(`"${books.className(class_id)}":{"capacity":${capacity},"used":${used}}`);
  }
  return shown.join();
}

function traitsText(books: Books, id: number): string {
  const names = [...(books.providerTraits[id] ?? [])].map((trait) => books.traitName(trait));
  return JSON.stringify(names);
}
