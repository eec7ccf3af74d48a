/**
 * Inventories as bodies name them, turned into those of the ledger.
 *
 * A capacity of nothing is refused before 1.26 and allowed from then on. A capacity below nothing
 * is always refused, by its sign and not after rounding: upstream lets small negative ratios pass.
 */
import type { Static } from 'typebox';
import type { Books } from '../../ledger/books.ts';
import { capacity } from '../../ledger/column.ts';
import { type Inventory, plainInventory } from '../../ledger/inventory.ts';
import type { ProviderRow } from '../../ledger/rows.ts';
import { type Decision, done, no } from '../../ports/reply.ts';
import type { Inventories } from './bodies.ts';
import { type Fault, fault } from './fault.ts';

type Amounts = Static<typeof Inventories>['inventories'][string];

const NOTHING_ALLOWED_SINCE = 26;

/** One inventory; `what` begins the sentence of a fault. */
export function readInventory(
  books: Books,
  provider: ProviderRow,
  name: string,
  body: Amounts,
  minor: number,
  what: string,
): Decision<Inventory, Fault> {
  const row = books.classByName.get(name);
  if (row === undefined) return no(fault(400, `${what}: No such resource class ${name}.`));
  const inventory = filled(row.id, body);
  const wrong = wrongCapacity(inventory, minor);
  if (wrong === null) return done(inventory);
  const whose = `'${name}' on resource provider '${provider.uuid}'`;
  return no(fault(400, `${what}: Invalid inventory for ${whose}. ${wrong}`));
}

function filled(class_id: number, body: Amounts): Inventory {
  const plain = plainInventory(class_id, body.total);
  const { reserved, min_unit, max_unit, step_size, allocation_ratio } = { ...plain, ...body };
  return { ...plain, reserved, min_unit, max_unit, step_size, allocation_ratio };
}

function wrongCapacity(inventory: Inventory, minor: number): string | null {
  if (inventory.allocation_ratio < 0) {
    return 'The allocation ratio is negative: the capacity would be greater than total, downwards.';
  }
  const most = capacity(inventory);
  if (minor < NOTHING_ALLOWED_SINCE && most <= 0) {
    return 'The reserved value is greater than or equal to total.';
  }
  return most < 0 ? 'The reserved value is greater than total.' : null;
}

/** A whole set of them, by class. */
export function readInventories(
  books: Books,
  provider: ProviderRow,
  bodies: Static<typeof Inventories>['inventories'],
  minor: number,
  what: string,
): Decision<readonly Inventory[], Fault> {
  const found: Inventory[] = [];
  for (const [name, body] of Object.entries(bodies)) {
    if (!books.classByName.has(name)) return no(unknownIn(provider, name));
    const read = readInventory(books, provider, name, body, minor, what);
    if (read.is === 'no') return read;
    found.push(read.value);
  }
  return done(found);
}

const unknownIn = ({ uuid }: ProviderRow, name: string): Fault =>
  fault(
    400,
    `Unknown resource class in inventory for resource provider ${uuid}: ` +
      `No such resource class ${name}.`,
  );
