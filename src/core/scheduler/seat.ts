/**
 * Where in a host the NUMA nodes of a guest sit: each in a cell of its own.
 *
 *   guest   node 0   node 1            seat = [1, 0]
 *              ╲    ╱
 *   host    cell 0   cell 1
 *
 * Where there are few ways all are tried, and the one that leaves the cells most useful wins
 * (`wholeness`); ties go to the lower cells. Where there are many, any that fits is taken, and a
 * guest that fits is never turned down (topology/seats.ts).
 */
import { present } from '../base/units.ts';
import { NO_PLACE, seatNodes } from '../topology/seats.ts';
import type { GuestNode } from './ask.ts';
import { deviceMerit, NO_DEVICES } from './host-devices.ts';
import type { HostView } from './host-view.ts';
import { ordinaryMib, ordinaryRoom, pageSize } from './memory-pages.ts';
import { fitsCpus } from './pinning.ts';
import type { Shape } from './plugin.ts';
import { wholeness } from './weighers/whole-cells.ts';

/** The most ways of seating a guest that are compared. */
export const SEATINGS_TRIED_MAX = 64;

export const fitsCell = (host: HostView, cell: number, node: GuestNode): boolean =>
  fitsShared(host, cell, node) && pageSize(host, cell, node) > 0 && fitsCpus(host, cell, node);

/** A node has at most as many vCPUs as its cell has CPUs, however over-committed that is. */
export const fitsShared = (host: HostView, cell: number, { vcpus }: GuestNode): boolean =>
  vcpus === 0 ||
  (vcpus <= (host.free_vcpus[cell] as number) &&
    vcpus <= present(host.cells[cell], 'a cell').row.cpus);

/** Leaves the best seat in `host.seat`; the shape must fit. */
export function seatBest(shape: Shape, host: HostView): void {
  if (shape.nodes.length === 0) return;
  if (ways(host.cells.length, shape.nodes.length) > SEATINGS_TRIED_MAX) {
    seatWithDevices(shape, host);
    return;
  }
  best.merit = -Infinity;
  best.device_merit = NO_DEVICES;
  best.ordinary_room_mib = ordinaryRoom(shape, host);
  tryFrom(shape, host, 0);
  for (let node = 0; node < shape.nodes.length; node++) {
    host.seat[node] = present(best.seat[node], 'a guest that fits has a seat');
  }
}

/** Leaves some seat with its devices in `host.seat`; false: there is none. */
export function seatWithDevices(shape: Shape, host: HostView): boolean {
  const fits = () => deviceMerit(shape, host) > NO_DEVICES;
  if (shape.nodes.length === 0) return fits();
  if (!seatAny(shape, host)) return false;
  if (shape.devices.length === 0 || fits()) return true;
  return anyCells(host.cells.length, shape.nodes.length, (cells) => {
    return seatAmong(shape, host, cells) && fits();
  });
}

/** Tries the ways to take `count` cells, in whatever order they are then given out. */
function anyCells(
  all: number,
  count: number,
  tries: (cells: readonly number[]) => boolean,
  taken: readonly number[] = [],
): boolean {
  if (taken.length === count) return tries(taken);
  for (let cell = (taken.at(-1) ?? -1) + 1; cell < all; cell++) {
    if (anyCells(all, count, tries, [...taken, cell])) return true;
  }
  return false;
}

/** Leaves a seat that takes as little ordinary memory as can be in `host.seat`; false: none. */
export const seatAny = (shape: Shape, host: HostView): boolean => seatAmong(shape, host, null);

/** The same in these cells alone; null: in all. */
function seatAmong(shape: Shape, host: HostView, cells: readonly number[] | null): boolean {
  const { nodes } = shape;
  const cost = (cell: number, at: number): number => {
    const node = nodes[at] as GuestNode;
    if (cells?.includes(cell) === false) return NO_PLACE;
    return fitsCell(host, cell, node) ? ordinaryMib(host, cell, node) : NO_PLACE;
  };
  const ordinary_mib = seatNodes(nodes.length, host.cells.length, cost, host.seat);
  return ordinary_mib < NO_PLACE && ordinary_mib <= ordinaryRoom(shape, host);
}

/** cells × (cells − 1) × …: the ways of giving each node a cell of its own. */
function ways(cells: number, nodes: number): number {
  let product = 1;
  for (let node = 0; node < nodes; node++) product *= cells - node;
  return product;
}

/** Scratch of one search; nothing in it outlives the call. */
const best = {
  merit: -Infinity,
  device_merit: NO_DEVICES,
  seat: [] as number[],
  ordinary_room_mib: 0,
};

function tryFrom(shape: Shape, host: HostView, node: number): void {
  if (node === shape.nodes.length) {
    if (ordinaryTaken(shape, host) > best.ordinary_room_mib) return;
    const device_merit = deviceMerit(shape, host);
    if (device_merit === NO_DEVICES || device_merit < best.device_merit) return;
    const merit = wholeness(shape, host);
    if (device_merit === best.device_merit && merit <= best.merit) return;
    best.device_merit = device_merit;
    best.merit = merit;
    for (let n = 0; n < node; n++) best.seat[n] = host.seat[n] as number;
    return;
  }
  for (let cell = 0; cell < host.cells.length; cell++) {
    if (taken(host, node, cell)) continue;
    if (!fitsCell(host, cell, shape.nodes[node] as GuestNode)) continue;
    host.seat[node] = cell;
    tryFrom(shape, host, node + 1);
  }
}

function ordinaryTaken({ nodes }: Shape, host: HostView): number {
  let sum = 0;
  for (let node = 0; node < nodes.length; node++) {
    sum += ordinaryMib(host, host.seat[node] as number, nodes[node] as GuestNode);
  }
  return sum;
}

function taken(host: HostView, nodes: number, cell: number): boolean {
  for (let node = 0; node < nodes; node++) if (host.seat[node] === cell) return true;
  return false;
}
