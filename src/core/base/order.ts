/** Orders that are the same on every machine: by code point and by number, never by locale. */

export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
export const byNumber = (a: number, b: number): number => a - b;
/** Compares by what `of` says of each; e.g. `hosts.toSorted(by((h) => h.name))`. */
export const by =
  <T>(of: (item: T) => string) =>
  (a: T, b: T): number =>
    byText(of(a), of(b));
