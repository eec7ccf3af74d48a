/** Whether a batch that the store tells of is the one that was to be written. */
import type { Change } from '../base/table.ts';
import type { Batch } from '../ports/store.ts';

/** Rows that were read may name their columns in another order. */
export const sameBatch = (a: Batch, b: Batch): boolean =>
  a.sequence === b.sequence &&
  a.changes.length === b.changes.length &&
  a.changes.every((change, at) => sameChange(change, b.changes[at] as Change));

function sameChange(a: Change, b: Change): boolean {
  const [one, other] = [a.row, b.row] as Readonly<Record<string, unknown>>[];
  return (
    a.table === b.table &&
    a.gone === b.gone &&
    Object.keys(a.row).every(
      (column) => JSON.stringify(one?.[column]) === JSON.stringify(other?.[column]),
    )
  );
}
