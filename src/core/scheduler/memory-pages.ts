/**
 * What a guest says of its pages, and which pages of a cell a node of it gets.
 *
 *   hw:mem_page_size   image: hw_mem_page_size   comes to
 *   (none)             (none)                    ordinary memory, as other guests have it
 *   (none), small, 2MB any                       refused: it is not the image's to say
 *   large, any         2MB                       2 MiB, as the image says
 *   large, any         (none)                    the largest that fit (topology/pages.ts)
 *
 * A node that has CPUs of its own, or asks for pages, has memory that is not over-committed.
 */
import { present } from '../base/units.ts';
import { ordinaryMemory } from '../ledger/claim-pages.ts';
import { MEMORY_MB } from '../ledger/standard.ts';
import { type Decision, done, no } from '../ports/reply.ts';
import {
  ORDINARY_KIB,
  type PageWish,
  pagesIn,
  sizeOfPages,
  wantsOrdinary,
} from '../topology/pages.ts';
import type { GuestNode, Placement } from './ask.ts';
import type { HostView } from './host-view.ts';
import type { Shape } from './plugin.ts';

type Specs = Readonly<Record<string, string>>;

/** Null: nothing is said of pages. */
export function pageWish(flavor: Specs, image: Specs): Decision<PageWish | null, string> {
  const [given, other] = [flavor['hw:mem_page_size'], image['hw_mem_page_size']];
  const own = given === undefined ? null : wishIn(given);
  if (own === undefined) return no(`hw:mem_page_size is no size of pages: ${given}`);
  if (other === undefined) return done(own);
  const wish = wishIn(other);
  if (wish === undefined) return no(`hw_mem_page_size is no size of pages: ${other}`);
  if (own === 'large' || own === 'any') return done(wish);
  const says = given === undefined ? 'does not speak of pages' : `says ${given}`;
  return no(`the image may not set hw_mem_page_size=${other}: the flavor ${says}`);
}

/** Undefined: it is none. */
function wishIn(text: string): PageWish | undefined {
  const word = text.toLowerCase();
  if (word === 'small' || word === 'large' || word === 'any') return word;
  return sizeOfPages(word) ?? undefined;
}

export const isExact = ({ pages, pinned }: GuestNode): boolean =>
  pages !== undefined || pinned !== undefined;

/** The size of the pages that the node gets in the cell; 0: it does not fit. Makes no objects. */
export function pageSize(host: HostView, cell: number, node: GuestNode): number {
  const { pages, memory_mib } = node;
  if (pages === undefined) return fitsOrdinary(host, cell, node) ? ORDINARY_KIB : 0;
  const name = present(host.cells[cell], 'a cell').row.cell;
  const found = host.books.pages.sizeFor(host.provider_id, name, pages, memory_mib);
  if (found > 0) return found;
  return wantsOrdinary(pages) && fitsOrdinary(host, cell, node) ? ORDINARY_KIB : 0;
}

function fitsOrdinary(host: HostView, cell: number, node: GuestNode): boolean {
  const { memory_mib } = present(host.cells[cell], 'a cell').row;
  const free = isExact(node) ? host.bare_memory_mib : host.free_memory_mib;
  return node.memory_mib <= memory_mib && node.memory_mib <= (free[cell] as number);
}

/** Ordinary memory that the node takes there, of which it should take as little as can be. */
export const ordinaryMib = (host: HostView, cell: number, node: GuestNode): number =>
  pageSize(host, cell, node) === ORDINARY_KIB ? node.memory_mib : 0;

/** What of the guest's memory may be in cells as ordinary memory, all of its nodes together. */
export function ordinaryRoom(
  { nodes, resources }: Pick<Shape, 'nodes' | 'resources'>,
  host: HostView,
): number {
  const memory = ordinaryMemory(host.books, host.provider_id);
  if (memory === null) return Number.POSITIVE_INFINITY;
  const free = Math.max(0, memory.limit_mib - memory.used_mib); // who takes none may always
  let in_nodes = 0;
  for (let at = 0; at < nodes.length; at++) in_nodes += (nodes[at] as GuestNode).memory_mib;
  const asked = resources.find(({ id }) => id === MEMORY_MB)?.amount ?? 0;
  const besides = host.books.column(MEMORY_MB).overhead[host.provider_id] ?? 0;
  return free - besides - asked + in_nodes;
}

/** The pages of every node, in the cell where `host.seat` has it. */
export const pagesOn = (nodes: readonly GuestNode[], host: HostView): Placement['pages'] =>
  nodes.flatMap((node, guest_node) => {
    const at = present(host.seat[guest_node], 'a seat');
    const size_kib = pageSize(host, at, node);
    if (size_kib === ORDINARY_KIB) return [];
    const { provider_id, cell } = present(host.cells[at], 'its cell').row;
    const pages = pagesIn(node.memory_mib, size_kib);
    return [{ provider_id, guest_node, cell, size_kib, pages }];
  });
