/**
 * The ledger's promises, told from the rows that are on disk and from nothing else.
 *
 *   L1  no use rises past its capacity, by whatever path
 *   L3  the same for a NUMA cell and its pages; and no group's hard rule is broken
 *   L4  who holds CPUs and cells holds as much of PCPU and MEMORY_MB, and nobody holds one more
 *   B1  the sums kept are the sums of the rows
 *
 * One batch may hold a claim and, after it, a change that lowers the very limit; so use is held
 * against the highest limit that was in force from before the batch to its end.
 *
 * Asked after each commit, and only about what that commit touched, so it costs what has changed.
 * It counts for itself: none of the ledger's own arithmetic is believed but the exact ratio.
 */
import { timesRatio } from '../../core/base/decimal.ts';
import type { Books, Consumer } from '../../core/ledger/books.ts';
import * as rows from '../../core/ledger/rows.ts';
import type { Batch } from '../../core/ports/store.ts';
import { type Complaint, complaint } from './complaint.ts';

/** What a batch may have changed the use of. */
interface Touched {
  readonly providers: Set<number>;
  readonly groups: Set<string>;
}

export class LedgerChecker {
  readonly #books: Books;
  /** What was used before this batch, by place: over-full may stay, but not rise (L1). */
  #used = new Map<string, number>();
  /** The limit before this batch, by place; while a batch is looked at, the highest in it. */
  #limits = new Map<string, number>();

  constructor(books: Books) {
    this.#books = books;
  }

  /** `books` hold the batch already. */
  after(batch: Batch): Complaint[] {
    const { providers, groups } = touchedBy(batch);
    for (const { table, row } of batch.changes) this.#raise(table, row);
    const complaints: Complaint[] = [];
    for (const provider of providers) {
      if (this.#books.providers[provider] === undefined) continue;
      complaints.push(...this.#amounts(provider), ...this.#cells(provider));
      complaints.push(...this.#pages(provider), ...this.#exact(provider));
    }
    for (const group of groups) complaints.push(...brokenGroup(this.#books, group));
    return complaints;
  }

  #raise(table: string, row: object): void {
    if (table === rows.inventories.name) {
      const inventory = row as rows.InventoryRow;
      const { provider_id, resource_class_id } = inventory;
      this.#atLeast(placeOf(provider_id, resource_class_id), limitOf(inventory));
    }
    if (table === rows.cells.name) {
      const cell = row as rows.CellRow;
      for (const what of CELL_AMOUNTS) {
        this.#atLeast(cellPlaceOf(cell, what), cellLimitOf(cell, what));
      }
    }
    if (table === rows.cellPages.name) {
      const pool = row as rows.CellPagesRow;
      this.#atLeast(poolPlaceOf(pool), pool.total - pool.reserved);
    }
  }

  #atLeast(place: string, limit: number): void {
    this.#limits.set(place, Math.max(limit, this.#limits.get(place) ?? 0));
  }

  #amounts(provider: number): Complaint[] {
    const sums = new Map<number, number>();
    for (const allocation of allocationsOn(this.#books, provider)) {
      const { resource_class_id: held, used } = allocation;
      sums.set(held, (sums.get(held) ?? 0) + used);
    }
    const classes = new Set([...sums.keys(), ...(this.#books.inventories[provider]?.keys() ?? [])]);
    return [...classes].flatMap((held) => this.#amount(provider, held, sums.get(held) ?? 0));
  }

  #amount(provider: number, held: number, sum: number): Complaint[] {
    const kept = this.#books.column(held).used[provider] ?? 0;
    const name = `${this.#books.className(held)} of provider ${provider}`;
    const wrong =
      kept === sum ? [] : [complaint('B1', `${name}: kept ${kept}, rows add up to ${sum}`)];
    const inventory = this.#books.inventory(provider, held);
    const limit = inventory === undefined ? 0 : limitOf(inventory);
    const load = sum + (inventory?.overhead ?? 0) * holdersOf(this.#books, provider, held);
    return [...wrong, ...this.#risen('L1', name, placeOf(provider, held), load, limit)];
  }

  #cells(provider: number): Complaint[] {
    const holds = [...(this.#books.holders[provider] ?? [])]
      .flatMap((uuid) => this.#books.consumers.get(uuid)?.cellHolds ?? [])
      .filter((hold) => hold.provider_id === provider);
    return (this.#books.cells[provider] ?? []).flatMap(({ row }) =>
      CELL_AMOUNTS.flatMap((what) => {
        const here = holds.filter((hold) => hold.cell === row.cell);
        const sum = here.reduce((total, hold) => total + hold[what], 0);
        const place = cellPlaceOf(row, what);
        return this.#risen(
          'L3',
          `${what} of cell ${row.cell} of ${provider}`,
          place,
          sum,
          cellLimitOf(row, what),
        );
      }),
    );
  }

  #pages(provider: number): Complaint[] {
    const holds = consumersOn(this.#books, provider).flatMap(({ pages }) => pages);
    return this.#books.pages.of(provider).flatMap(({ row, used }) => {
      const sum = total(
        holds.filter((hold) => poolPlaceOf(hold) === poolPlaceOf(row)),
        ({ pages }) => pages,
      );
      const name = `pages of ${row.size_kib} KiB in cell ${row.cell} of ${provider}`;
      const wrong =
        used === sum ? [] : [complaint('B1', `${name}: kept ${used}, rows add up to ${sum}`)];
      const limit = row.total - row.reserved;
      return [...wrong, ...this.#risen('L3', name, poolPlaceOf(row), sum, limit)];
    });
  }

  /** L4. */
  #exact(provider: number): Complaint[] {
    const on = (one: { provider_id: number }) => one.provider_id === provider;
    return consumersOn(this.#books, provider).flatMap(({ row, allocations, ...held }) => {
      const amount = (name: string) =>
        total(
          allocations.filter((a) => on(a) && this.#books.className(a.resource_class_id) === name),
          ({ used }) => used,
        );
      const cpus = held.pins.filter((pin) => on(pin) && pin.use !== 'idle').length;
      const cells = held.cellHolds.filter(on);
      const paged = total(
        held.pages.filter(on),
        ({ pages, size_kib }) => (pages * size_kib) / 1024,
      );
      const memory_mib = paged + total(cells, (cell) => cell.memory_mib);
      const says = (what: string) => [complaint('L4', `${row.uuid} holds ${what} on ${provider}`)];
      return [
        ...(cpus === amount('PCPU') ? [] : says(`${cpus} CPUs and ${amount('PCPU')} PCPU`)),
        ...(cells.length === 0 || memory_mib === amount('MEMORY_MB')
          ? []
          : says(`${memory_mib} MiB in cells and ${amount('MEMORY_MB')} MEMORY_MB`)),
      ];
    });
  }

  #risen(law: string, name: string, place: string, sum: number, limit: number): Complaint[] {
    const before = this.#used.get(place) ?? 0;
    const highest = Math.max(limit, this.#limits.get(place) ?? 0);
    this.#used.set(place, sum);
    this.#limits.set(place, limit);
    if (sum <= highest || sum <= before) return [];
    return [complaint(law, `${name}: ${sum} held of ${highest}, ${before} before`)];
  }
}

const CELL_AMOUNTS = ['vcpus', 'memory_mib'] as const;

const placeOf = (provider: number, held: number): string => `a/${provider}/${held}`;
const cellPlaceOf = ({ provider_id, cell }: rows.CellRow, what: string): string =>
  `c/${provider_id}/${cell}/${what}`;

/** With its ratio, which is how much of it may be promised. */
const cellLimitOf = (cell: rows.CellRow, what: 'vcpus' | 'memory_mib'): number =>
  what === 'vcpus' ? cell.vcpus : cell.memory_limit_mib;
const poolPlaceOf = (pool: Pick<rows.CellPagesRow, 'provider_id' | 'cell' | 'size_kib'>): string =>
  `g/${pool.provider_id}/${pool.cell}/${pool.size_kib}`;

const limitOf = ({ total, reserved, allocation_ratio }: rows.InventoryRow): number =>
  timesRatio(total - reserved, allocation_ratio);

/** Every hold's provider and group that the batch's rows name. */
function touchedBy({ changes }: Batch): Touched {
  const providers = new Set<number>();
  const groups = new Set<string>();
  for (const { table, row } of changes) {
    switch (table) {
      case rows.allocations.name:
      case rows.cellHolds.name:
      case rows.inventories.name:
      case rows.cells.name:
      case rows.cellPages.name:
      case rows.pageHolds.name:
      case rows.cpuPins.name:
        providers.add((row as { provider_id: number }).provider_id);
        break;
      case rows.slots.name:
        groups.add((row as rows.SlotRow).group_uuid);
        break;
    }
  }
  return { providers, groups };
}

const consumersOn = (books: Books, provider: number): Consumer[] =>
  [...(books.holders[provider] ?? [])].flatMap((uuid) => books.consumers.get(uuid) ?? []);

const total = <T>(all: readonly T[], of: (one: T) => number): number =>
  all.reduce((sum, one) => sum + of(one), 0);

function allocationsOn(books: Books, provider: number): rows.AllocationRow[] {
  return consumersOn(books, provider)
    .flatMap(({ allocations }) => allocations)
    .filter((allocation) => allocation.provider_id === provider);
}

const holdersOf = (books: Books, provider: number, held: number): number =>
  allocationsOn(books, provider).filter((one) => one.resource_class_id === held).length;

/** L3 for groups, looked at as a whole: who is where, and may they be together? */
function brokenGroup(books: Books, uuid: string): Complaint[] {
  const group = books.slotGroups.get(uuid);
  const hosts = books.slotsOf.get(uuid);
  if (group === undefined || hosts === undefined) return [];
  const wrong = [...hosts].filter(([, there]) => !mayShare(group, there)).map(([host]) => host);
  const members = new Set([...hosts.values()].flat().map((slot) => slot.member));
  const apart = group.policy === 'affinity' && members.size > 1 && hosts.size > 1;
  if (wrong.length === 0 && !apart) return [];
  const where = [...hosts].map(([host, there]) => `${host}: ${there.length}`).join(', ');
  return [complaint('L3', `${group.policy} group ${uuid} is broken (${where})`)];
}

function mayShare(group: rows.SlotGroupRow, there: readonly rows.SlotRow[]): boolean {
  switch (group.policy) {
    case 'anti-affinity':
      return new Set(there.map((slot) => slot.member)).size <= group.max_per_host;
    case 'fault-domain':
      return new Set(there.map((slot) => slot.domain)).size <= 1;
    default:
      return true;
  }
}
