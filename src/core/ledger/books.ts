/**
 * The ledger in memory: every provider, what it has, and who holds how much of it.
 *
 *   columns     one resource class each: limit, used, units, as typed arrays by provider id
 *   traitBits   one trait each: the providers that have it, as a bit set
 *   trees       each root's providers, in order of id
 *   pins        CPUs that are held one by one (pins.ts)
 *   pages       memory that is held by the page (pages.ts)
 *   devices     devices that are held one by one (devices.ts)
 *   consumers   who holds what: allocations, NUMA cells, CPUs, pages, devices, group slots
 *
 * Books are changed by `apply` alone, one row at a time, and every `apply` says what was there
 * before; so a list of changes can be taken back (draft.ts), and replaying the change records of
 * another process gives the same books (L8). Nothing here decides: claim.ts does.
 *
 *   B1  `column.used[p]` is the sum of the allocation rows on p of that class, `holders[p]` how
 *       many there are;
 *   B2  a cell's `*_used` are the sums of its hold rows;
 *   B3  `touched` grows by the provider's id with every change that could alter a search's answer;
 *   B4  lists are in the order of their keys, whatever was done and taken back; sets and maps not.
 */
import { Bits } from '../base/bits.ts';
import { at, newList, newMap, newSet, place } from '../base/places.ts';
import type { Change } from '../base/table.ts';
import { assert, present } from '../base/units.ts';
import { Column } from './column.ts';
import { type DeviceHoldRow, type DeviceRow, deviceHolds, devices } from './device-rows.ts';
import { Devices } from './devices.ts';
import { Forest } from './forest.ts';
import { type Consumer, holdingNothing, holdsNothing } from './holdings.ts';
import { byCell, byCpu, byDevice, byGuestNode, bySlot, bySpot, named } from './listing.ts';
import { Pages } from './pages.ts';
import { Pins } from './pins.ts';
import type {
  AllocationRow,
  CellCpusRow,
  CellHoldRow,
  CellPagesRow,
  CellRow,
  ConsumerRow,
  CpuPinRow,
  InventoryRow,
  PageHoldRow,
  ProviderAggregateRow,
  ProviderRow,
  ProviderTraitRow,
  ResourceClassRow,
  SlotGroupRow,
  SlotRow,
  TraitRow,
} from './rows.ts';
import * as rows from './rows.ts';
import { Slots } from './slots.ts';

/** A NUMA cell with what is held of it. */
export interface Cell {
  row: CellRow;
  vcpus_used: number;
  memory_mib_used: number;
}

export type { Consumer } from './holdings.ts';

/** How many touches are remembered; who is further behind starts afresh. A power of two. */
export const TOUCHES_KEPT = 1 << 16;

type Handler = (row: never, gone: boolean) => object | undefined;

export class Books {
  readonly providers: (ProviderRow | undefined)[] = [];
  readonly #forest = new Forest();
  readonly children = this.#forest.children;
  /** By root id: the ids of its tree, rising, itself first. */
  readonly trees = this.#forest.trees;
  provider_id_max = 0;

  readonly classes = new Map<number, ResourceClassRow>();
  readonly classByName = new Map<string, ResourceClassRow>();
  readonly traits = new Map<number, TraitRow>();
  readonly traitByName = new Map<string, TraitRow>();
  /** Rises with every change of a class's or trait's name, or of which there are. */
  names = 0;

  readonly inventories: (Map<number, InventoryRow> | undefined)[] = [];
  readonly #columns = new Map<number, Column>();
  readonly providerTraits: (Set<number> | undefined)[] = [];
  readonly traitBits = new Map<number, Bits>();
  readonly providerAggregates: (Set<string> | undefined)[] = [];
  readonly aggregates = new Map<string, Set<number>>();

  readonly cells: (Cell[] | undefined)[] = [];
  readonly pins = new Pins();
  readonly pages = new Pages();
  readonly devices = new Devices();
  readonly consumers = new Map<string, Consumer>();
  /** By provider: who holds an allocation on it. */
  readonly holders: (Set<string> | undefined)[] = [];
  #held: Consumer | null = null;
  readonly slotGroups = new Map<string, SlotGroupRow>();
  readonly #slots = new Slots();
  readonly slotsOf = this.#slots.of;
  readonly slotsOn = this.#slots.on;

  /** The last TOUCHES_KEPT touched provider ids, at `touches % TOUCHES_KEPT` (B3). */
  readonly touched = new Int32Array(TOUCHES_KEPT);
  touches = 0;

  readonly #handlers = new Map<string, Handler>([
    [rows.resourceClasses.name, this.#class.bind(this) as Handler],
    [rows.traits.name, this.#trait.bind(this) as Handler],
    [rows.providers.name, this.#provider.bind(this) as Handler],
    [rows.inventories.name, this.#inventory.bind(this) as Handler],
    [rows.providerTraits.name, this.#providerTrait.bind(this) as Handler],
    [rows.providerAggregates.name, this.#providerAggregate.bind(this) as Handler],
    [rows.cells.name, this.#cell.bind(this) as Handler],
    [rows.cellCpus.name, this.#cellCpus.bind(this) as Handler],
    [rows.consumers.name, this.#consumer.bind(this) as Handler],
    [rows.allocations.name, this.#allocation.bind(this) as Handler],
    [rows.cellHolds.name, this.#cellHold.bind(this) as Handler],
    [rows.cpuPins.name, this.#cpuPin.bind(this) as Handler],
    [rows.cellPages.name, this.#cellPages.bind(this) as Handler],
    [rows.pageHolds.name, this.#pageHold.bind(this) as Handler],
    [devices.name, this.#device.bind(this) as Handler],
    [deviceHolds.name, this.#deviceHold.bind(this) as Handler],
    [rows.slotGroups.name, this.#slotGroup.bind(this) as Handler],
    [rows.slots.name, this.#slot.bind(this) as Handler],
  ]);

  keeps(table: string): boolean {
    return this.#handlers.has(table);
  }

  /** Puts or takes away one row of a ledger table; gives the row that was there. */
  apply(change: Change): object | undefined {
    const handler = present(this.#handlers.get(change.table), `no ledger table ${change.table}`);
    return handler(change.row as never, change.gone);
  }

  // ── looking ────────────────────────────────────────────────────────────────────────────────

  provider(uuid: string): ProviderRow | undefined {
    const id = this.#forest.byUuid.get(uuid);
    return id === undefined ? undefined : this.providers[id];
  }

  providerNamed(name: string): ProviderRow | undefined {
    const id = this.#forest.byName.get(name);
    return id === undefined ? undefined : this.providers[id];
  }

  /** The provider of an id that our own rows hold. */
  row(id: number): ProviderRow {
    return present(this.providers[id], `no provider ${id}`);
  }

  /** The columns of a class; made empty when nobody has any of it yet. */
  column(classId: number): Column {
    const found = this.#columns.get(classId);
    if (found !== undefined) return found;
    const made = new Column();
    this.#columns.set(classId, made);
    return made;
  }

  inventory(provider: number, classId: number): InventoryRow | undefined {
    return this.inventories[provider]?.get(classId);
  }

  /** The NUMA cell that a hold is on. */
  heldCell({ provider_id, cell }: { readonly provider_id: number; readonly cell: number }): Cell {
    const found = this.cells[provider_id]?.find((c) => c.row.cell === cell);
    return present(found, `no cell ${cell} on provider ${provider_id}`);
  }

  hasTrait(provider: number, trait: number): boolean {
    return this.traitBits.get(trait)?.has(provider) ?? false;
  }

  /** The whole tree that the provider is part of, rising by id. */
  treeOf(provider: number): readonly number[] {
    return present(this.trees.get(this.row(provider).root_id), `no tree of provider ${provider}`);
  }

  className(id: number): string {
    return present(this.classes.get(id), `no resource class ${id}`).name;
  }

  traitName(id: number): string {
    return present(this.traits.get(id), `no trait ${id}`).name;
  }

  /** Says that what is known of this provider is out of date; also for facts kept elsewhere. */
  touch(provider: number): void {
    this.touched[this.touches++ & (TOUCHES_KEPT - 1)] = provider;
  }

  // ── one handler a table ────────────────────────────────────────────────────────────────────

  #class(row: ResourceClassRow, gone: boolean) {
    this.names++;
    const before = named(this.classes, this.classByName, row, gone);
    // A class by another name changes what is told of everyone who has it (B3).
    if (before !== undefined && before.name !== row.name) {
      for (const provider of this.column(row.id).held) this.touch(provider);
    }
    return before;
  }

  #trait(row: TraitRow, gone: boolean) {
    this.names++;
    return named(this.traits, this.traitByName, row, gone);
  }

  #provider(row: ProviderRow, gone: boolean): ProviderRow | undefined {
    const { id } = row;
    const before = this.providers[id];
    if (before !== undefined) this.#forest.unlink(before, gone ? undefined : row);
    this.providers[id] = gone ? undefined : row;
    if (!gone) this.#forest.link(row, before);
    if (id > this.provider_id_max) this.provider_id_max = id;
    this.touch(id);
    // The tree that it left has changed too.
    if (before !== undefined && (gone || before.root_id !== row.root_id))
      this.touch(before.root_id);
    return before;
  }

  #inventory(row: InventoryRow, gone: boolean): InventoryRow | undefined {
    const { provider_id: p, resource_class_id: c } = row;
    const held = at(this.inventories, p, newMap<number, InventoryRow>);
    const before = held.get(c);
    if (gone) {
      held.delete(c);
      this.column(c).drop(p);
    } else {
      held.set(c, row);
      this.column(c).put(row);
    }
    this.touch(p);
    return before;
  }

  #providerTrait(row: ProviderTraitRow, gone: boolean): ProviderTraitRow | undefined {
    const { provider_id: p, trait_id: t } = row;
    const held = at(this.providerTraits, p, newSet<number>);
    const before = held.has(t) ? row : undefined;
    const bits = this.traitBits.get(t) ?? new Bits();
    this.traitBits.set(t, bits);
    if (gone) {
      held.delete(t);
      bits.delete(p);
    } else {
      held.add(t);
      bits.add(p);
    }
    this.touch(p);
    return before;
  }

  #providerAggregate(row: ProviderAggregateRow, gone: boolean): ProviderAggregateRow | undefined {
    const { provider_id: p, aggregate_uuid: a } = row;
    const held = at(this.providerAggregates, p, newSet<string>);
    const before = held.has(a) ? row : undefined;
    const members = this.aggregates.get(a) ?? new Set();
    this.aggregates.set(a, members);
    if (gone) {
      held.delete(a);
      members.delete(p);
      if (members.size === 0) this.aggregates.delete(a);
    } else {
      held.add(a);
      members.add(p);
    }
    this.touch(p);
    return before;
  }

  #cell(row: CellRow, gone: boolean): CellRow | undefined {
    const held = at(this.cells, row.provider_id, newList<Cell>);
    const found = held.find((cell) => cell.row.cell === row.cell);
    const before = found?.row;
    if (found !== undefined && !gone) found.row = row;
    else place(held, { row, vcpus_used: 0, memory_mib_used: 0 }, gone, byCell);
    assert(!gone || !isHeld(found), `cell ${row.cell} of provider ${row.provider_id} is held`);
    this.touch(row.provider_id);
    return before;
  }

  #cellCpus(row: CellCpusRow, gone: boolean): CellCpusRow | undefined {
    this.touch(row.provider_id);
    return this.pins.applyCores(row, gone);
  }

  #consumer(row: ConsumerRow, gone: boolean): ConsumerRow | undefined {
    const entry = this.consumers.get(row.uuid);
    const before = entry?.row;
    if (gone) {
      assert(entry === undefined || holdsNothing(entry), `consumer ${row.uuid} still holds`);
      this.consumers.delete(row.uuid);
      this.#held = null;
    } else if (entry === undefined) {
      this.consumers.set(row.uuid, { row, ...holdingNothing() });
    } else {
      entry.row = row;
    }
    return before;
  }

  #allocation(row: AllocationRow, gone: boolean): AllocationRow | undefined {
    const { provider_id: p, resource_class_id: c } = row;
    const { row: consumer, allocations } = this.#holder(row.consumer_uuid);
    const before = place(allocations, row, gone, bySpot);
    const more = Number(!gone) - Number(before !== undefined);
    this.column(c).add(p, (gone ? 0 : row.used) - (before?.used ?? 0), more);
    const holders = at(this.holders, p, newSet<string>);
    if (!gone) holders.add(consumer.uuid);
    else if (!allocations.some((a) => a.provider_id === p)) holders.delete(consumer.uuid);
    this.touch(p);
    return before;
  }

  #cellHold(row: CellHoldRow, gone: boolean): CellHoldRow | undefined {
    const before = place(this.#holder(row.consumer_uuid).cellHolds, row, gone, byGuestNode);
    if (before !== undefined) this.#weighCell(before, -1);
    if (!gone) this.#weighCell(row, 1);
    this.touch(row.provider_id);
    return before;
  }

  #weighCell(hold: CellHoldRow, sign: 1 | -1): void {
    const found = this.heldCell(hold);
    found.vcpus_used += sign * hold.vcpus;
    found.memory_mib_used += sign * hold.memory_mib;
  }

  #cpuPin(row: CpuPinRow, gone: boolean): CpuPinRow | undefined {
    const before = this.pins.applyPin(row, gone);
    if (before !== undefined) place(this.#holder(before.consumer_uuid).pins, before, true, byCpu);
    if (!gone) place(this.#holder(row.consumer_uuid).pins, row, false, byCpu);
    this.touch(row.provider_id);
    return before;
  }

  #cellPages(row: CellPagesRow, gone: boolean): CellPagesRow | undefined {
    this.touch(row.provider_id);
    return this.pages.applyPool(row, gone);
  }

  #pageHold(row: PageHoldRow, gone: boolean): PageHoldRow | undefined {
    const before = place(this.#holder(row.consumer_uuid).pages, row, gone, byGuestNode);
    if (before !== undefined) this.pages.weigh(before, -1);
    if (!gone) this.pages.weigh(row, 1);
    this.touch(row.provider_id);
    return before;
  }

  #device(row: DeviceRow, gone: boolean): DeviceRow | undefined {
    this.touch(row.provider_id);
    return this.devices.applyDevice(row, gone);
  }

  #deviceHold(row: DeviceHoldRow, gone: boolean): DeviceHoldRow | undefined {
    const before = this.devices.applyHold(row, gone);
    const of = (uuid: string) => this.#holder(uuid).devices;
    if (before !== undefined) place(of(before.consumer_uuid), before, true, byDevice);
    if (!gone) place(of(row.consumer_uuid), row, false, byDevice);
    this.touch(row.provider_id);
    return before;
  }

  #slotGroup(row: SlotGroupRow, gone: boolean): SlotGroupRow | undefined {
    const before = this.slotGroups.get(row.uuid);
    if (gone) this.slotGroups.delete(row.uuid);
    else this.slotGroups.set(row.uuid, row);
    for (const provider of this.slotsOf.get(row.uuid)?.keys() ?? []) this.touch(provider);
    return before;
  }

  #slot(row: SlotRow, gone: boolean): SlotRow | undefined {
    const before = place(this.#holder(row.consumer_uuid).slots, row, gone, bySlot);
    this.#slots.apply(row, gone);
    this.touch(row.provider_id);
    return before;
  }

  /** Whoever is asked for is mostly the one of before: rows of one consumer come together. */
  #holder(uuid: string): Consumer {
    if (this.#held?.row.uuid === uuid) return this.#held;
    this.#held = present(this.consumers.get(uuid), `a hold of no consumer ${uuid}`);
    return this.#held;
  }
}

const isHeld = (cell: Cell | undefined): boolean =>
  cell !== undefined && cell.vcpus_used + cell.memory_mib_used > 0;
