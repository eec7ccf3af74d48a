/**
 * Who is below whom: the trees of providers, and their names.
 *
 *   children   by provider: those directly below it, rising
 *   trees      by root: all of its tree, rising, itself first
 *
 * `books.ts` alone changes it, a row at a time; a row that is put over another is first unlinked
 * with what comes after it, so that nothing which stays the same is moved.
 */
import { byNumber } from '../base/order.ts';
import { at, newList, place } from '../base/places.ts';
import { present } from '../base/units.ts';
import type { ProviderRow } from './rows.ts';

export class Forest {
  readonly byUuid = new Map<string, number>();
  readonly byName = new Map<string, number>();
  readonly children: (number[] | undefined)[] = [];
  readonly trees = new Map<number, number[]>();

  link(row: ProviderRow, before: ProviderRow | undefined): void {
    this.byUuid.set(row.uuid, row.id);
    this.byName.set(row.name, row.id);
    if (before?.parent_id !== row.parent_id && row.parent_id !== null) {
      place(at(this.children, row.parent_id, newList<number>), row.id, false, byNumber);
    }
    if (before?.root_id !== row.root_id) {
      const tree = this.trees.get(row.root_id);
      if (tree === undefined) this.trees.set(row.root_id, [row.id]);
      else place(tree, row.id, false, byNumber);
    }
  }

  unlink(row: ProviderRow, next: ProviderRow | undefined): void {
    if (next?.uuid !== row.uuid) this.byUuid.delete(row.uuid);
    if (next?.name !== row.name && this.byName.get(row.name) === row.id) {
      this.byName.delete(row.name);
    }
    if (next?.parent_id !== row.parent_id && row.parent_id !== null) {
      place(this.children[row.parent_id] ?? [], row.id, true, byNumber);
    }
    if (next?.root_id !== row.root_id) {
      const tree = present(this.trees.get(row.root_id), 'a provider outside its tree');
      place(tree, row.id, true, byNumber);
      if (tree.length === 0) this.trees.delete(row.root_id);
    }
  }
}
