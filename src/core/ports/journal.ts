/**
 * What operators read; it never decides anything. Twins: real/journal.ts (pino) and
 * sim/journal.ts (a list).
 *
 * `facts` holds an allow-list's worth of plain values: ids, names, counts. Never a secret, never a
 * request body.
 */
export type Facts = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Journal {
  info(event: string, facts?: Facts): void;
  warn(event: string, facts?: Facts): void;
  error(event: string, facts?: Facts): void;
}

export const silent: Journal = { info() {}, warn() {}, error() {} };
