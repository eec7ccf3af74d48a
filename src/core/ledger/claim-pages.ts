/**
 * The part of a claim that is about memory in its places: pages, ordinary memory of a cell, and
 * ordinary memory of a host as a whole.
 *
 *   memory of a host   ┌ pages of 2 MiB ┬ pages of 1 GiB ┬ ordinary ──────────────────────┐
 *   held               ▓▓▓▓▓▓           ▓▓               by cells ▓▓▓   floating ▓▓▓▓▓
 *
 * A guest without a topology floats: it is in no cell, and takes ordinary memory all the same. So a
 * host with pages of other sizes is also judged as a whole: what its guests hold of MEMORY_MB and
 * not in such pages, and what running them takes, is within what is ordinary.
 */
import { timesRatio } from '../base/decimal.ts';
import type { Books, Cell } from './books.ts';
import type { Amount, ClaimRefusal } from './claim.ts';
import type { Draft } from './draft.ts';
import { freePages } from './pages.ts';
import type { CellHoldRow, PageHoldRow } from './rows.ts';
import * as rows from './rows.ts';
import { MEMORY_MB } from './standard.ts';

type PageHold = Omit<PageHoldRow, 'consumer_uuid'>;
type CellHold = Omit<CellHoldRow, 'consumer_uuid'>;

export const poolKey = ({ provider_id, cell, size_kib }: Omit<PageHold, 'guest_node' | 'pages'>) =>
  `${provider_id}/${cell}/${size_kib}`;

/** What is free is looked at once all is taken (`overPages`). */
export function takePages(
  draft: Draft,
  consumer_uuid: string,
  holds: readonly PageHold[],
): ClaimRefusal | null {
  for (const hold of holds) {
    if (draft.books.pages.pool(hold) === undefined) return pagesFull(hold, 0);
    draft.put(rows.pageHolds, { consumer_uuid, ...hold });
  }
  return null;
}

/** `before`: pages that were held where the claims let go, by `poolKey`. */
export function overPages(
  books: Books,
  holds: readonly PageHold[],
  before: ReadonlyMap<string, number>,
): ClaimRefusal | null {
  for (const hold of holds) {
    const pool = books.pages.pool(hold);
    if (pool === undefined) continue;
    const free = freePages(pool);
    if (free >= 0 || pool.used <= (before.get(poolKey(hold)) ?? 0)) continue;
    return pagesFull(hold, free + hold.pages);
  }
  return null;
}

const pagesFull = ({ provider_id, cell, size_kib, pages }: PageHold, free: number) =>
  ({ why: 'pages-full', provider_id, cell, size_kib, asked: pages, free }) as const;

/** Of a cell's vCPUs or memory: the most that may be held, as this hold sees it. */
export const cellLimit = (
  { row }: Cell,
  hold: CellHold,
  resource: 'vcpus' | 'memory_mib',
): number =>
  resource === 'vcpus' ? row.vcpus : hold.exact ? row.memory_mib : row.memory_limit_mib;

/** A guest node that is larger than its cell would over-commit against itself. */
export const cellSize = ({ row }: Cell, resource: 'vcpus' | 'memory_mib'): number =>
  resource === 'vcpus' ? row.cpus : row.memory_mib;

/** Ordinary memory of a host with other pages, in MiB; null: MEMORY_MB itself tells. */
export function ordinaryMemory(
  books: Books,
  provider: number,
): { readonly used_mib: number; readonly limit_mib: number } | null {
  if (books.pages.of(provider).length === 0) return null;
  const inventory = books.inventory(provider, MEMORY_MB);
  if (inventory === undefined) return null;
  const { total, reserved, allocation_ratio } = inventory;
  const { total_mib, used_mib } = books.pages.memoryOf(provider);
  const ordinary = Math.floor(Math.max(0, total - reserved - total_mib));
  const load = books.column(MEMORY_MB).load(provider);
  return { used_mib: load - used_mib, limit_mib: timesRatio(ordinary, allocation_ratio) };
}

/** Writes down what is held before anything is let go. */
export function noteOrdinary(
  books: Books,
  amounts: readonly Amount[],
  before: Map<number, number>,
): void {
  for (const { provider_id: provider, resource_class_id } of amounts) {
    if (resource_class_id !== MEMORY_MB || before.has(provider)) continue;
    const memory = ordinaryMemory(books, provider);
    if (memory !== null) before.set(provider, memory.used_mib);
  }
}

/** `before`: as it was noted. Only a claim that raises it may be too much. */
export function overOrdinary(
  books: Books,
  amounts: readonly Amount[],
  before: ReadonlyMap<number, number>,
): ClaimRefusal | null {
  for (const asked of amounts) {
    if (asked.resource_class_id !== MEMORY_MB) continue;
    const { provider_id: provider, amount } = asked;
    const memory = ordinaryMemory(books, provider);
    if (memory === null || memory.used_mib <= memory.limit_mib) continue;
    if (memory.used_mib <= (before.get(provider) ?? 0)) continue;
    const { used_mib, limit_mib: limit } = memory;
    return { why: 'full', used: used_mib - amount, limit, ...asked };
  }
  return null;
}
