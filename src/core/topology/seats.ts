/**
 * Seats the nodes of a guest in cells of a host: each in a cell of its own.
 *
 *   guest   node 0   node 1            seat = [1, 0]
 *              ╲    ╱
 *   host    cell 0   cell 1
 *
 * Found by augmenting paths, in nodes² × cells steps at most and not by trying all the ways: a node
 * that finds its cell taken asks whoever sits there to move.
 *
 *   TP3  a guest that can be seated is seated, however many ways there are that fail.
 */

const NOBODY = -1;

/** Leaves in `seat[node]` the cell of each node; false: there is no way. */
export function seatNodes(
  nodes: number,
  cells: number,
  fits: (cell: number, node: number) => boolean,
  seat: number[],
): boolean {
  if (nodes > cells) return false;
  for (let cell = 0; cell < cells; cell++) sitter[cell] = NOBODY;
  for (let node = 0; node < nodes; node++) {
    for (let cell = 0; cell < cells; cell++) tried[cell] = false;
    if (!augment(node, cells, fits)) return false;
  }
  for (let cell = 0; cell < cells; cell++) {
    const node = sitter[cell] as number;
    if (node !== NOBODY) seat[node] = cell;
  }
  return true;
}

/** Scratch of one search; nothing in it outlives the call. */
const sitter: number[] = [];
const tried: boolean[] = [];

/** Seats the node, moving those that sit already where that helps. */
function augment(
  node: number,
  cells: number,
  fits: (cell: number, node: number) => boolean,
): boolean {
  for (let cell = 0; cell < cells; cell++) {
    if (tried[cell] || !fits(cell, node)) continue;
    tried[cell] = true;
    const sits = sitter[cell] as number;
    if (sits !== NOBODY && !augment(sits, cells, fits)) continue;
    sitter[cell] = node;
    return true;
  }
  return false;
}
