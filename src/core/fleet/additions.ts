/**
 * What the operator of a host adds to providers below it: pools of its devices, and whatever others
 * hung there (provider files).
 *
 *   { name: h_0000:3b:00.0, traits: [CUSTOM_UPLINK] } ──► the provider of that name below h
 *
 *   AD1  only providers below this host are written, whatever they are called;
 *   AD2  as of the host itself (F1–F3): what was added last and is no longer goes, with its entry
 *        or with a changed name, and what others gave stays;
 *   AD3  an entry is used whole or not at all: one that names what the devices themselves have, or
 *        a provider that another entry names too, changes nothing, and is told.
 *
 * An entry whose provider is not there (yet) waits for it: it is looked for with every report.
 */
import { bumpGeneration } from '../ledger/claim.ts';
import type { Draft } from '../ledger/draft.ts';
import { type HostAdditionRow, hostAdditions } from './addition-rows.ts';
import { keptBackOf, type LastReport, writeInventories, writeTraits } from './provider.ts';
import type { HostReport, ReportedAddition } from './report.ts';

interface Found {
  readonly provider_id: number;
  readonly addition: ReportedAddition;
}

const nothing: LastReport = { classes: [], traits: [], aggregates: [], reserved: {} };

/** Gives what is not used, in words. */
export function writeAdditions(draft: Draft, root: number, report: HostReport): string[] {
  const all = (report.below ?? []).flatMap((addition): Found[] => {
    const provider_id = below(draft, root, addition);
    return provider_id === null ? [] : [{ provider_id, addition }];
  });
  const refused = all.flatMap((one) => objection(draft, one, all) ?? []);
  const used = all.filter((one) => objection(draft, one, all) === null);
  takeBack(draft, report.host, used);
  const unknown = used.flatMap((one) => write(draft, report.host, one));
  return [...refused, ...unknown];
}

/** AD1. */
function below({ books }: Draft, root: number, { uuid, name }: ReportedAddition): number | null {
  const found = uuid === null ? books.providerNamed(name ?? '') : books.provider(uuid);
  return found !== undefined && found.root_id === root && found.id !== root ? found.id : null;
}

/** AD3. */
function objection(draft: Draft, one: Found, all: readonly Found[]): string | null {
  const { provider_id, addition } = one;
  const { name } = draft.books.row(provider_id);
  const other = all.find((found) => found !== one && found.provider_id === provider_id);
  if (other !== undefined) {
    return `${addition.where}: ${name} is what ${other.addition.where} says too, by uuid and by name`;
  }
  const own = ownOf(draft, provider_id);
  const said = [...addition.inventories.map((i) => i.resource_class), ...addition.traits];
  const taken = said.find((what) => own.has(what));
  return taken === undefined ? null : `${addition.where}: ${name} has ${taken} by itself`;
}

/** What the devices of a pool give it. */
const ownOf = ({ books }: Draft, pool: number): Set<string> =>
  new Set(
    books.devices
      .inPool(pool)
      .flatMap(({ facts, parked }) => [facts, ...(parked ? [parked.facts] : [])])
      .flatMap(({ resource_class, traits }) => [resource_class, ...traits]),
  );

/** AD2, for those that nothing is added to any more. */
function takeBack(draft: Draft, host: string, used: readonly Found[]): void {
  const kept = new Set(used.map(({ provider_id }) => draft.books.row(provider_id).uuid));
  for (const row of [...draft.rows(hostAdditions).by('host', host)]) {
    if (kept.has(row.provider_uuid)) continue;
    const id = draft.books.provider(row.provider_uuid)?.id;
    if (id !== undefined) written(draft, id, { inventories: [], traits: [] }, row);
    draft.remove(hostAdditions, row);
  }
}

function write(draft: Draft, host: string, { provider_id, addition }: Found): string[] {
  const { uuid } = draft.books.row(provider_id);
  const last = draft
    .rows(hostAdditions)
    .by('host', host)
    .find(({ provider_uuid }) => provider_uuid === uuid);
  const unknown = written(draft, provider_id, addition, last);
  const row: HostAdditionRow = {
    host,
    provider_uuid: uuid,
    classes: addition.inventories.map((one) => one.resource_class),
    traits: addition.traits,
    reserved: keptBackOf(addition.inventories),
  };
  if (JSON.stringify(last) !== JSON.stringify(row)) draft.put(hostAdditions, row);
  return unknown;
}

function written(
  draft: Draft,
  provider_id: number,
  { inventories, traits }: Pick<ReportedAddition, 'inventories' | 'traits'>,
  last: HostAdditionRow | undefined,
): string[] {
  const mark = draft.mark;
  const before: LastReport = { ...nothing, ...last };
  const unknown = [
    ...writeInventories(draft, provider_id, inventories, before),
    ...writeTraits(draft, provider_id, traits, before.traits),
  ];
  if (draft.mark > mark) bumpGeneration(draft, provider_id);
  return unknown;
}
