/** Quantities and states in words that people read. */
import type { Host, Server } from './client.ts';

/** e.g. 1536 → "1.5 GiB". */
export const memory = (count_mib: number): string =>
  count_mib >= 1024 ? `${round(count_mib / 1024)} GiB` : `${count_mib} MiB`;

const round = (n: number): string => String(Math.round(n * 10) / 10);

/** The part used, from 0 to 1; something without room is full. */
export const fill = (used: number, limit: number): number =>
  limit <= 0 ? 1 : Math.min(1, used / limit);

export const percent = (part: number): string => `${Math.round(part * 100)} %`;

/** How full a host is: its fullest resource. */
export const fullness = (host: Host): number =>
  Math.max(
    fill(host.vcpus_used, host.vcpus_limit),
    fill(host.memory_mib_used + host.memory_mib_overhead, host.memory_mib_limit),
    fill(host.disk_gib_used + host.disk_gib_overhead, host.disk_gib_limit),
  );

export type Mood = 'good' | 'busy' | 'bad' | 'idle';

export function moodOfHost(host: Host): Mood {
  if (host.state === 'down') return 'bad';
  return host.status === 'disabled' ? 'idle' : 'good';
}

export function moodOfServer({ vm_state, task_state }: Server): Mood {
  if (vm_state === 'error') return 'bad';
  if (task_state !== null || vm_state === 'building') return 'busy';
  return vm_state === 'active' ? 'good' : 'idle';
}

export function moodOfState(state: string): Mood {
  if (['stuck', 'refused'].includes(state)) return 'bad';
  if (state === 'done') return 'good';
  return ['undone', 'waived', 'unanswered'].includes(state) ? 'idle' : 'busy';
}

export const clockTime = (at_ms: number | null): string =>
  at_ms === null ? '–' : new Date(at_ms).toLocaleTimeString();

export const lasted = (from_ms: number | null, to_ms: number | null): string =>
  from_ms === null || to_ms === null ? '' : `${to_ms - from_ms} ms`;
