/**
 * What the parts of a fleet take of the machine, as the kernel counts it: processor time since they
 * began, and memory. A page that several processes share is shared out among them (PSS), so that
 * the parts add up.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** In utime, stime and those of children that were waited for: clock ticks, 100 a second. */
const TICKS_A_SECOND = 100;

export type Part = 'control plane' | 'database' | 'broker' | 'agents' | 'load';

/** The first process of each part; whatever these begin is of their part. */
export type Roots = ReadonlyMap<number, Part>;

export interface Usage {
  readonly cpu_s: number;
  readonly rss_mib: number;
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
}

/** What each part has taken until now. */
export function usageOf(roots: Roots): ReadonlyMap<Part, Usage> {
  const all = new Map(processes().map((one) => [one.pid, one]));
  const found = new Map<Part, Usage>();
  for (const one of all.values()) {
    const part = partOf(one, all, roots);
    if (part === null) continue;
    const { cpu_s, rss_mib } = found.get(part) ?? { cpu_s: 0, rss_mib: 0 };
    found.set(part, {
      cpu_s: cpu_s + one.ticks / TICKS_A_SECOND,
      rss_mib: rss_mib + memory_mib(one.pid),
    });
  }
  return found;
}

function partOf(from: Process, all: ReadonlyMap<number, Process>, roots: Roots): Part | null {
  for (let one: Process | undefined = from; one !== undefined; one = all.get(one.parent)) {
    const part = roots.get(one.pid);
    if (part !== undefined) return part;
  }
  return null;
}

const processes = (): Process[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => statOf(Number(name)) ?? []);

/** Those that a process has begun itself. */
export const childrenOf = (pid: number): ReadonlySet<number> =>
  new Set(processes().flatMap((one) => (one.parent === pid ? [one.pid] : [])));

/** Null: it has ended meanwhile. */
function statOf(pid: number): Process | null {
  const text = readOrNull(`/proc/${pid}/stat`);
  if (text === null) return null;
  // The name is in brackets and may hold anything; what follows it does not.
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + (fields[at] ?? 0), 0);
  return { pid, parent: fields[1] ?? 0, ticks };
}

function memory_mib(pid: number): number {
  const kib = /^Pss:\s+(\d+)/m.exec(readOrNull(`/proc/${pid}/smaps_rollup`) ?? '')?.[1];
  return Number(kib ?? 0) / 1024;
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
