/**
 * The pages of hosts that guests hold beside ordinary memory, by NUMA cell and size: how many there
 * are, and how many are held.
 *
 *   cell 0   1 GiB   total 4    reserved 1   used 2   ─► 1 free
 *            2 MiB   total 512  reserved 0   used 96  ─► 416 free
 *
 *   G1  `used` is the sum of the hold rows on it;
 *   G2  what is free is total − reserved − used. A host may take pages away under their holders:
 *       then none is free (the sum is negative), and nothing is held twice.
 */
import { at, newList, place } from '../base/places.ts';
import { assert, present } from '../base/units.ts';
import { mibOf, type PageWish, pagesIn, wantsSize } from '../topology/pages.ts';
import type { CellPagesRow, PageHoldRow } from './rows.ts';

export interface PagePool {
  row: CellPagesRow;
  used: number;
}

type Spot = Pick<CellPagesRow, 'provider_id' | 'cell' | 'size_kib'>;

const none: readonly PagePool[] = [];

export class Pages {
  /** By provider: its pools by cell, rising, and of a cell the largest pages first. */
  readonly #pools: (PagePool[] | undefined)[] = [];

  /** Puts or takes away a pool; gives the row that was there. */
  applyPool(row: CellPagesRow, gone: boolean): CellPagesRow | undefined {
    const pools = at(this.#pools, row.provider_id, newList<PagePool>);
    const found = this.pool(row);
    const before = found?.row;
    if (found !== undefined && !gone) found.row = row;
    else place(pools, { row, used: 0 }, gone, byCellAndSize);
    assert(!gone || found === undefined || found.used === 0, `${inWords(row)} are held`);
    return before;
  }

  weigh(hold: PageHoldRow, sign: 1 | -1): void {
    const pool = present(this.pool(hold), `no ${inWords(hold)}`);
    pool.used += sign * hold.pages;
    assert(pool.used >= 0, `fewer than none of the ${inWords(hold)} are held`);
  }

  of(provider: number): readonly PagePool[] {
    return this.#pools[provider] ?? none;
  }

  pool({ provider_id, cell, size_kib }: Spot): PagePool | undefined {
    return this.#pools[provider_id]?.find(
      ({ row }) => row.cell === cell && row.size_kib === size_kib,
    );
  }

  /** The largest size of which the cell has enough whole pages free; 0: none. Makes no objects. */
  sizeFor(provider: number, cell: number, wish: PageWish, memory_mib: number): number {
    for (const { row, used } of this.#pools[provider] ?? none) {
      if (row.cell !== cell || !wantsSize(wish, row.size_kib)) continue;
      const pages = pagesIn(memory_mib, row.size_kib);
      if (Number.isInteger(pages) && pages <= freeIn(row, used)) return row.size_kib;
    }
    return 0;
  }

  /** Memory of a host that is cut into such pages, in MiB: all of it, and what of it is held. */
  memoryOf(provider: number): { readonly total_mib: number; readonly used_mib: number } {
    let [total_mib, used_mib] = [0, 0];
    for (const { row, used } of this.#pools[provider] ?? none) {
      total_mib += mibOf(row.total, row.size_kib);
      used_mib += mibOf(used, row.size_kib);
    }
    return { total_mib, used_mib };
  }
}

const freeIn = ({ total, reserved }: CellPagesRow, used: number): number => total - reserved - used;

/** How many more pages may be held. */
export const freePages = ({ row, used }: PagePool): number => freeIn(row, used);

const byCellAndSize = ({ row: a }: PagePool, { row: b }: PagePool) =>
  a.cell - b.cell || b.size_kib - a.size_kib;

const inWords = ({ provider_id, cell, size_kib }: Spot): string =>
  `pages of ${size_kib} KiB in cell ${cell} of provider ${provider_id}`;
