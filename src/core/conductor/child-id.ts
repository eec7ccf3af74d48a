/**
 * The id of a run that another run begins: a UUID that follows from the parent's, since a ledger
 * request draws no lots (L8). Only the first eight digits differ, by as much as the number says.
 *
 *   5dee59e4-b5dc-4a77-…  ─1─►  fc25d395-b5dc-4a77-…
 */
const SPREAD = 0x9e3779b1;

export function childId(run_id: string, nth: number): string {
  const head = (Number.parseInt(run_id.slice(0, 8), 16) + Math.imul(SPREAD, nth)) >>> 0;
  return head.toString(16).padStart(8, '0') + run_id.slice(8);
}
