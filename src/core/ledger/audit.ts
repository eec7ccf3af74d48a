/**
 * The books held against themselves: everything that `books.ts` keeps twice is counted again.
 *
 *   consumers' rows ──sum──► column.used, cells' *_used, holders, slots of groups      B1, B2
 *   providers' rows ───────► trees, children, names                                    B4
 *   inventories, traits, aggregates: the columns and bit sets say the same             B4
 *   L3  no pair in a group that its hard rule forbids
 *   L4  nobody is in the books who holds nothing; nothing is held of what is not there
 *
 * Used by the properties, by the simulator and by the running system's audit. L1 cannot be told
 * from one picture, since lowering an inventory below its use is legal: `overFull` reports it, and
 * `raisedPast` tells two pictures apart.
 */
import { never } from '../base/units.ts';
import { checkDevices } from './audit-devices.ts';
import type { Books, Cell, Consumer } from './books.ts';
import { poolKey } from './claim-pages.ts';
import { capacity } from './column.ts';
import type { View } from './draft.ts';
import type { SlotGroupRow, SlotRow } from './rows.ts';

/** One sentence for each thing that is wrong; empty when the books are right. */
export function checkBooks({ books }: View): string[] {
  return [
    ...checkSums(books),
    ...checkCells(books),
    ...checkPins(books),
    ...checkPages(books),
    ...checkDevices(books),
    ...checkConsumers(books),
    ...checkHolders(books),
    ...checkTrees(books),
    ...checkInventories(books),
    ...checkTraits(books),
    ...checkAggregates(books),
    ...checkGroups(books),
  ];
}

/** How full one thing is that can be held: an inventory, a resource of a NUMA cell, or pages. */
export interface Level {
  /** e.g. `VCPU of provider 3`, `memory_mib of cell 0 of provider 3` */
  readonly of: string;
  readonly used: number;
  readonly limit: number;
}

export function* levels({ books }: View): Generator<Level> {
  for (const row of books.providers) {
    if (row !== undefined) yield* levelsOf(books, row.id);
  }
}

/** Of one provider: its inventories, its cells, its pages. */
export function* levelsOf(books: Books, p: number): Generator<Level> {
  for (const id of books.inventories[p]?.keys() ?? []) {
    const column = books.column(id);
    const of = `${books.className(id)} of provider ${p}`;
    yield { of, used: column.load(p), limit: column.limit[p] as number };
  }
  for (const { row, vcpus_used, memory_mib_used } of books.cells[p] ?? []) {
    const of = `cell ${row.cell} of provider ${p}`;
    yield { of: `vcpus of ${of}`, used: vcpus_used, limit: row.vcpus };
    yield { of: `memory_mib of ${of}`, used: memory_mib_used, limit: row.memory_limit_mib };
  }
  for (const { row, used } of books.pages.of(p)) {
    yield { of: `pages ${poolKey(row)}`, used, limit: row.total - row.reserved };
  }
}

/** What is used past its limit: legal after somebody lowered the limit, and worth a line. */
export const overFull = (view: View): Level[] => [...levels(view)].filter(isOver);

export const isOver = ({ used, limit }: Level): boolean => used > limit;

/** L1 between two pictures: whose use was raised past its limit. */
export function raisedPast(before: Iterable<Level>, now: Iterable<Level>): string[] {
  const was = new Map<string, number>();
  for (const { of, used } of before) was.set(of, used);
  return [...now]
    .filter((level) => isOver(level) && level.used > (was.get(level.of) ?? 0))
    .map(
      ({ of, used, limit }) => `L1: ${of}: ${used} used of ${limit}, before ${was.get(of) ?? 0}`,
    );
}

/** B1, and that what is held is there to be held. */
function checkSums(books: Books): string[] {
  const wrong: string[] = [];
  const sums = new Map<string, { used: number; holders: number }>();
  for (const { row, allocations } of books.consumers.values()) {
    for (const { provider_id: p, resource_class_id: c, used } of allocations) {
      const sum = sums.get(`${p}/${c}`) ?? { used: 0, holders: 0 };
      sums.set(`${p}/${c}`, { used: sum.used + used, holders: sum.holders + 1 });
      if (books.inventory(p, c) === undefined) {
        wrong.push(`L4: ${row.uuid} holds class ${c} of provider ${p}, which has none`);
      }
    }
  }
  for (const c of books.classes.keys()) {
    const column = books.column(c);
    for (const [p, used] of column.used.entries()) {
      const sum = sums.get(`${p}/${c}`) ?? { used: 0, holders: 0 };
      const by = column.holders[p] as number;
      if (used === sum.used && by === sum.holders) continue;
      const kept = `${used} kept by ${by}, ${sum.used} held by ${sum.holders}`;
      wrong.push(`B1: class ${c} of provider ${p}: ${kept}`);
    }
  }
  return wrong;
}

/** B2. */
function checkCells(books: Books): string[] {
  const counted = new Map<string, { vcpus: number; memory_mib: number }>();
  for (const { cellHolds } of books.consumers.values()) {
    for (const { provider_id, cell, vcpus, memory_mib } of cellHolds) {
      const at = `${provider_id}/${cell}`;
      const sum = counted.get(at) ?? { vcpus: 0, memory_mib: 0 };
      counted.set(at, { vcpus: sum.vcpus + vcpus, memory_mib: sum.memory_mib + memory_mib });
    }
  }
  const wrong = books.cells.flatMap((cells = []) => cells.flatMap((cell) => checkCell(cell)));
  for (const at of counted.keys()) wrong.push(`L4: cell ${at} is held, and is not there`);
  return wrong;

  function checkCell({ row, vcpus_used, memory_mib_used }: Cell): string[] {
    const at = `${row.provider_id}/${row.cell}`;
    const sum = counted.get(at) ?? { vcpus: 0, memory_mib: 0 };
    counted.delete(at);
    if (vcpus_used === sum.vcpus && memory_mib_used === sum.memory_mib) return [];
    const kept = `${vcpus_used} vCPUs and ${memory_mib_used} MiB kept`;
    return [`B2: cell ${at}: ${kept}, ${sum.vcpus} and ${sum.memory_mib} held`];
  }
}

/** G1. */
function checkPages(books: Books): string[] {
  const counted = new Map<string, number>();
  for (const { pages } of books.consumers.values()) {
    for (const hold of pages) {
      const key = poolKey(hold);
      counted.set(key, (counted.get(key) ?? 0) + hold.pages);
    }
  }
  const pools = books.providers.flatMap((row) => (row === undefined ? [] : books.pages.of(row.id)));
  const wrong = pools.flatMap(({ row, used }) => {
    const key = poolKey(row);
    const sum = counted.get(key) ?? 0;
    counted.delete(key);
    return used === sum ? [] : [`G1: pages ${key}: ${used} kept, ${sum} held`];
  });
  for (const key of counted.keys()) wrong.push(`L4: pages ${key} are held, and are not there`);
  return wrong;
}

/** P1: every CPU that a consumer holds is kept as its own, and none is kept as anybody else's. */
function checkPins(books: Books): string[] {
  const listed = [...books.consumers.values()].flatMap(({ pins }) => pins);
  const wrong = listed
    .filter((pin) => books.pins.holder(pin.provider_id, pin.cpu) !== pin)
    .map(({ provider_id, cpu }) => `B4: CPU ${cpu} of provider ${provider_id} is kept otherwise`);
  const kept = books.pins.held.reduce((sum, held) => sum + (held?.size ?? 0), 0);
  if (kept !== listed.length) wrong.push(`B4: ${kept} CPUs are kept, ${listed.length} are held`);
  return wrong;
}

function checkConsumers(books: Books): string[] {
  const wrong: string[] = [];
  for (const [
    uuid,
    { row, allocations, cellHolds, pins, pages, devices, slots },
  ] of books.consumers) {
    const all = [...allocations, ...cellHolds, ...pins, ...pages, ...devices, ...slots];
    if (row.uuid !== uuid) wrong.push(`B4: consumer ${row.uuid} is kept as ${uuid}`);
    if (allocations.length === 0) wrong.push(`L4: consumer ${uuid} has no allocation`);
    if (all.some((hold) => hold.consumer_uuid !== uuid)) wrong.push(`B4: ${uuid} has another's`);
    if (!rises(allocations.map((a) => a.provider_id * 2 ** 20 + a.resource_class_id))) {
      wrong.push(`B4: the allocations of ${uuid} are out of order`);
    }
  }
  return wrong;
}

function checkHolders(books: Books): string[] {
  const counted = new Map<number, Set<string>>();
  for (const [uuid, { allocations }] of books.consumers) {
    for (const { provider_id: p } of allocations) {
      counted.set(p, (counted.get(p) ?? new Set()).add(uuid));
    }
  }
  const wrong: string[] = [];
  for (const p of new Set([...books.holders.keys(), ...counted.keys()])) {
    const [kept, held] = [books.holders[p] ?? new Set(), counted.get(p) ?? new Set()];
    if (!sameSet(kept, held))
      wrong.push(`B1: holders of provider ${p}: ${kept.size} kept, ${held.size} hold`);
  }
  return wrong;
}

function checkTrees(books: Books): string[] {
  const wrong: string[] = [];
  const trees = new Map<number, number[]>();
  const children = new Map<number, number[]>();
  for (const [id, row] of books.providers.entries()) {
    if (row === undefined) continue;
    trees.set(row.root_id, [...(trees.get(row.root_id) ?? []), id]);
    const { parent_id } = row;
    if (parent_id !== null) children.set(parent_id, [...(children.get(parent_id) ?? []), id]);
    const root = parent_id === null ? id : books.providers[parent_id]?.root_id;
    if (root !== row.root_id) wrong.push(`B4: provider ${id} has root ${row.root_id}, not ${root}`);
    if (books.provider(row.uuid) !== row) wrong.push(`B4: provider ${id} is not found by UUID`);
    if (books.providerNamed(row.name) !== row) wrong.push(`B4: provider ${id} not found by name`);
  }
  for (const id of new Set([...trees.keys(), ...books.trees.keys()])) {
    if (!sameList(trees.get(id), books.trees.get(id))) wrong.push(`B4: tree ${id} is kept wrong`);
  }
  for (const id of new Set([...children.keys(), ...books.children.keys()])) {
    const same = sameList(children.get(id) ?? [], books.children[id] ?? []);
    if (!same) wrong.push(`B4: the children of ${id} are kept wrong`);
  }
  return wrong;
}

function checkInventories(books: Books): string[] {
  const wrong: string[] = [];
  const counted = new Map<number, number>();
  for (const [p, inventories] of books.inventories.entries()) {
    for (const [c, row] of inventories ?? []) {
      const { limit, overhead, held } = books.column(c);
      counted.set(c, (counted.get(c) ?? 0) + 1);
      const told = limit[p] === capacity(row) && overhead[p] === row.overhead;
      const right = held.has(p) && told && books.providers[p] !== undefined;
      if (!right) wrong.push(`B4: class ${c} of provider ${p} is not in its column as it is`);
    }
  }
  for (const c of books.classes.keys()) {
    const { size } = books.column(c).held;
    const there = counted.get(c) ?? 0;
    if (size !== there) wrong.push(`B4: class ${c} is with ${size} providers, not ${there}`);
  }
  return wrong;
}

function checkTraits(books: Books): string[] {
  const wrong: string[] = [];
  for (const [trait, bits] of books.traitBits) {
    const having = [...books.providerTraits.keys()].filter((p) =>
      books.providerTraits[p]?.has(trait),
    );
    if (!sameList(having, [...bits])) wrong.push(`B4: trait ${trait} is kept wrong`);
  }
  for (const [p, held] of books.providerTraits.entries()) {
    for (const trait of held ?? []) {
      if (!books.hasTrait(p, trait)) wrong.push(`B4: trait ${trait} of provider ${p} is not kept`);
    }
  }
  return wrong;
}

function checkAggregates(books: Books): string[] {
  const members = new Map<string, Set<number>>();
  for (const [p, held] of books.providerAggregates.entries()) {
    for (const uuid of held ?? []) members.set(uuid, (members.get(uuid) ?? new Set()).add(p));
  }
  return [...new Set([...members.keys(), ...books.aggregates.keys()])]
    .filter((uuid) => !sameSet(members.get(uuid) ?? new Set(), books.aggregates.get(uuid)))
    .map((uuid) => `B4: aggregate ${uuid} is kept wrong`);
}

function checkGroups(books: Books): string[] {
  const counted = new Map<string, SlotRow[]>();
  for (const consumer of books.consumers.values()) collectSlots(consumer, counted);
  const wrong: string[] = [];
  for (const uuid of new Set([...counted.keys(), ...books.slotsOf.keys()])) {
    const kept = [...(books.slotsOf.get(uuid)?.values() ?? [])].flat();
    const held = counted.get(uuid) ?? [];
    const group = books.slotGroups.get(uuid);
    if (!sameSet(new Set(kept), new Set(held))) wrong.push(`B4: slots of ${uuid} are kept wrong`);
    if (group === undefined) wrong.push(`L4: slots of group ${uuid}, which is not there`);
    else if (!keepsRule(group, held)) wrong.push(`L3: ${group.policy} of group ${uuid} is broken`);
  }
  return wrong;
}

function collectSlots({ slots }: Consumer, into: Map<string, SlotRow[]>): void {
  for (const slot of slots) {
    into.set(slot.group_uuid, [...(into.get(slot.group_uuid) ?? []), slot]);
  }
}

/** L3 for one group, from all its slots; a member in a move has two, which exclude nobody. */
function keepsRule(group: SlotGroupRow, slots: readonly SlotRow[]): boolean {
  const onOneHost = (a: SlotRow, b: SlotRow) => a.provider_id === b.provider_id;
  switch (group.policy) {
    case 'anti-affinity':
      return slots.every((one) => {
        const there = slots.filter((other) => onOneHost(one, other));
        return new Set(there.map((slot) => slot.member)).size <= group.max_per_host;
      });
    case 'fault-domain':
      return slots.every((a) => slots.every((b) => !onOneHost(a, b) || a.domain === b.domain));
    case 'affinity':
      return slots.every((a) => slots.every((b) => onOneHost(a, b) || a.member === b.member));
    case 'soft-affinity':
    case 'soft-anti-affinity':
      return true;
    default:
      return never(group.policy);
  }
}

const rises = (numbers: readonly number[]): boolean =>
  numbers.every((number, at) => at === 0 || (numbers[at - 1] as number) < number);

const sameList = (a: readonly number[] = [], b: readonly number[] = []): boolean =>
  a.length === b.length && a.every((item, at) => item === b[at]);

const sameSet = <T>(a: ReadonlySet<T>, b: ReadonlySet<T> = new Set()): boolean =>
  a.size === b.size && [...a].every((item) => b.has(item));
