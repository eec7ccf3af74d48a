/**
 * `/os-instance_usage_audit_log`: how far hosts are with telling others what was used. Upstream's
 * hosts do that once a month when they are told to; ours never need to, since usage is counted from
 * the rows (usage.ts). So for every period the log is complete and empty. For operators.
 */
import { type HttpResponse, json } from '../http.ts';
import { micros, momentOf } from '../times.ts';
import { fault } from './faults.ts';
import type { ComputeRooms } from './rooms.ts';
import type { Ask, ComputeRoute } from './route.ts';

const log = (before_ms: number) => ({
  ...periodBefore(before_ms),
  log: {},
  hosts_not_run: [],
  num_hosts: 0,
  num_hosts_done: 0,
  num_hosts_not_run: 0,
  num_hosts_running: 0,
  overall_status: 'ALL hosts done. 0 errors.',
  total_errors: 0,
  total_instances: 0,
});

/** The last whole month, of the calendar in UTC, that had ended by then. */
function periodBefore(at_ms: number) {
  const at = new Date(at_ms);
  const ending = Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), 1);
  const beginning = Date.UTC(at.getUTCFullYear(), at.getUTCMonth() - 1, 1);
  return { period_beginning: spaced(beginning), period_ending: spaced(ending) };
}

/** e.g. 2024-01-01 00:00:00 */
const spaced = (at_ms: number): string => micros(at_ms).slice(0, 19).replace('T', ' ');

const latest = (_: Ask, { clock }: ComputeRooms): HttpResponse =>
  json(200, { instance_usage_audit_logs: log(clock.wall()) });

function before({ params }: Ask): HttpResponse {
  const before_ms = momentOf(params['before'] ?? '');
  if (before_ms === null) return fault(400, `Invalid timestamp for date ${params['before']}`);
  return json(200, { instance_usage_audit_log: log(before_ms) });
}

const who = 'admin' as const;
export const usageAuditLogRoutes: readonly ComputeRoute[] = [
  { method: 'GET', path: '/os-instance_usage_audit_log', who, handle: latest },
  { method: 'GET', path: '/os-instance_usage_audit_log/:before', who, handle: before },
];
