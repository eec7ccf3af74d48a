/**
 * Moments as the APIs write them. `Date` is only a calendar here: it is never asked what time it
 * is.
 */

/** e.g. 2024-01-01T00:00:00Z */
export const seconds = (at_ms: number): string => `${new Date(at_ms).toISOString().slice(0, 19)}Z`;

/** e.g. 2024-01-01T00:00:00.000000 */
export const micros = (at_ms: number): string => `${new Date(at_ms).toISOString().slice(0, 23)}000`;

/** e.g. 2024-01-01T00:00:00.000000Z */
export const microsZ = (at_ms: number): string => `${micros(at_ms)}Z`;

/** For how long something is up at a moment, e.g. ` 17:25:01 up 3 days,  4:12`. */
export function uptime(since_ms: number, now_ms: number): string {
  const minutes = Math.max(0, Math.trunc((now_ms - since_ms) / 60_000));
  const [days, hours] = [Math.trunc(minutes / 1440), Math.trunc(minutes / 60) % 24];
  const clock = `${String(hours).padStart(2)}:${String(minutes % 60).padStart(2, '0')}`;
  const long = days === 0 ? '' : `${days} ${days === 1 ? 'day' : 'days'}, `;
  return ` ${new Date(now_ms).toISOString().slice(11, 19)} up ${long}${clock}`;
}

/** Null when the text is no moment. Without a zone it is UTC, as all that we write is. */
export function momentOf(text: string): number | null {
  if (!/^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/.test(text))
    return null;
  const zoned = /(Z|[+-]\d\d:?\d\d)$/.test(text) || text.length === 10 ? text : `${text}Z`;
  const at_ms = Date.parse(zoned.replace(' ', 'T'));
  return Number.isNaN(at_ms) ? null : at_ms;
}
