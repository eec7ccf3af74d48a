/**
 * Seats the nodes of a guest in cells of a host: each in a cell of its own, as cheaply as can be.
 *
 *   guest   node 0   node 1            seat = [1, 0]
 *              ╲    ╱
 *   host    cell 0   cell 1
 *
 * Found node by node along cheapest augmenting paths (the Hungarian method), in nodes² × cells
 * steps and not by trying all the ways: a node that finds its cell taken asks whoever sits there to
 * move. Each cell and each node has a price; an edge that costs no more than both is tight, and a
 * path of tight edges to a free cell is a cheapest one.
 *
 *   TP3  a guest that can be seated is seated, however many ways there are that fail;
 *   TP4  of all ways it is one of those that cost least.
 */

/** What a place costs where the node does not fit. */
export const NO_PLACE = Number.POSITIVE_INFINITY;

/** More than the sum of any real costs. */
const FORBIDDEN = 2 ** 42;

type Cost = (cell: number, node: number) => number;

/** Leaves in `seat[node]` the cell of each node; gives what it costs; NO_PLACE: there is no way. */
export function seatNodes(nodes: number, cells: number, cost: Cost, seat: number[]): number {
  if (nodes > cells) return NO_PLACE;
  for (let at = 0; at <= cells; at++) [sitter[at], cellPrice[at]] = [NOBODY, 0];
  for (let node = 0; node < nodes; node++) nodePrice[node] = 0;
  for (let node = 0; node < nodes; node++) {
    sitter[cells] = node; // it stands at the door, a place beside all cells
    moveAlong(openPath(cells, cost), cells);
  }
  return readSeats(cells, cost, seat);
}

const NOBODY = -1;

/** Scratch of one search; nothing in it outlives the call. */
const sitter: number[] = [];
const nodePrice: number[] = [];
const cellPrice: number[] = [];
const slack: number[] = [];
const from: number[] = [];
const seen: boolean[] = [];

/** Raises prices until whoever stands at the door has a tight path to a free cell; gives that. */
function openPath(cells: number, cost: Cost): number {
  for (let at = 0; at <= cells; at++) [slack[at], seen[at]] = [NO_PLACE, false];
  let cell = cells;
  while (sitter[cell] !== NOBODY) {
    seen[cell] = true;
    const next = tightest(cell, cells, cost);
    raise(slack[next] as number, cells);
    cell = next;
  }
  return cell;
}

/** Looks from the sitter of `cell` at all cells not seen yet; gives the one with least slack. */
function tightest(cell: number, cells: number, cost: Cost): number {
  const node = sitter[cell] as number;
  let best = NOBODY;
  for (let at = 0; at < cells; at++) {
    if (seen[at]) continue;
    const price = (nodePrice[node] as number) + (cellPrice[at] as number);
    const left = Math.min(cost(at, node), FORBIDDEN) - price;
    if (left < (slack[at] as number)) [slack[at], from[at]] = [left, cell];
    if (best === NOBODY || (slack[at] as number) < (slack[best] as number)) best = at;
  }
  return best;
}

function raise(by: number, cells: number): void {
  for (let at = 0; at <= cells; at++) {
    if (seen[at]) {
      const node = sitter[at] as number;
      nodePrice[node] = (nodePrice[node] as number) + by;
      cellPrice[at] = (cellPrice[at] as number) - by;
    } else slack[at] = (slack[at] as number) - by;
  }
}

/** Everyone on the path moves one on, and the one at the door comes in. */
function moveAlong(free: number, cells: number): void {
  for (let cell = free; cell !== cells; cell = from[cell] as number) {
    sitter[cell] = sitter[from[cell] as number] as number;
  }
}

function readSeats(cells: number, cost: Cost, seat: number[]): number {
  let sum = 0;
  for (let cell = 0; cell < cells; cell++) {
    const node = sitter[cell] as number;
    if (node === NOBODY) continue;
    seat[node] = cell;
    sum += cost(cell, node);
  }
  return sum;
}
