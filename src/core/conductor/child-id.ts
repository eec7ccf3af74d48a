/**
 * The id of a run that another run begins: a UUID that follows from the parent's, since a ledger
 * request draws no lots (L8). Only the last eight digits differ, by as much as the number says.
 *
 *   5dee59e4-b5dc-4a77-ab60-4ab3fdbbfece  ─1─►  5dee59e4-b5dc-4a77-ab60-4ab39bf3787f
 */
const SPREAD = 0x9e3779b1;
const TAIL = 8;

export function childId(run_id: string, nth: number): string {
  const tail = (Number.parseInt(run_id.slice(-TAIL), 16) + Math.imul(SPREAD, nth)) >>> 0;
  return run_id.slice(0, -TAIL) + tail.toString(16).padStart(TAIL, '0');
}
