/**
 * Memory by the page: what a guest may ask, and which of a cell's pools it gets its pages from.
 *
 *   pool   ordinary 4 KiB     2 MiB            1 GiB
 *          ░░░░░░░░░░░░░░     ▓▓▓▓░░░░         ▓░          ▓ held   ░ free
 *
 *   small   ordinary pages                        large   the largest other pages that are free
 *   any     as large, else ordinary ones          a size  pages of that size
 *
 * A node has pages of one size, whole ones and enough of them. Who asks for pages, of whatever
 * kind, never shares them: ordinary memory that is asked for as pages is not over-committed.
 */

/** `small`, `large`, `any`, or a size in KiB. */
export type PageWish = 'small' | 'large' | 'any' | number;

/** Of ordinary memory. */
export const ORDINARY_KIB = 4;

const KIB_IN_MIB = 1024;

/** e.g. 6 MiB are 3 pages of 2 MiB; 7 MiB are 3.5, which nobody can have. */
export const pagesIn = (memory_mib: number, size_kib: number): number =>
  (memory_mib * KIB_IN_MIB) / size_kib;

export const mibOf = (pages: number, size_kib: number): number => (pages * size_kib) / KIB_IN_MIB;

export const wantsOrdinary = (wish: PageWish): boolean =>
  wish === 'small' || wish === 'any' || wish === ORDINARY_KIB;

/** Whether pages of this size, other than ordinary ones, are what was asked for. */
export const wantsSize = (wish: PageWish, size_kib: number): boolean =>
  wish === 'large' || wish === 'any' || wish === size_kib;

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1, m: 2 ** 10, g: 2 ** 20, t: 2 ** 30 };
const WRITTEN = /^([1-9]\d{0,11})\s*([kmgt]?)(?:i?b)?$/i;

/** In KiB, e.g. of `2MB`, `1GiB` or `2048`; units are powers of 1024. Null: it is no size. */
export function sizeOfPages(text: string): number | null {
  const [, count, unit = ''] = WRITTEN.exec(text.trim().toLowerCase()) ?? [];
  return count === undefined ? null : Number(count) * (UNITS[unit] as number);
}

/** e.g. `2 MiB`, `64 KiB`: for people. */
export function sizeInWords(size_kib: number): string {
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  let [size, unit] = [size_kib, 0];
  while (size % KIB_IN_MIB === 0 && unit < units.length - 1) [size, unit] = [size / 1024, unit + 1];
  return `${size} ${units[unit]}`;
}
