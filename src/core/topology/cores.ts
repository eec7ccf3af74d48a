/**
 * The CPUs of one NUMA cell that guests may have to themselves, core by core, and how they are
 * given out.
 *
 *   core      0        1        2        3            ▓ held   ░ free   two threads each
 *             ▓ ░      ░ ░      ░ ░      ▓ ▓
 *
 *   prefer    any free CPU                            5 to give: as many of a core as possible
 *   require   only CPUs of a core with two free ones  4
 *   isolate   one CPU of a core that is free whole,   2, and 2 more are held so that they idle
 *             the others of it idle
 *
 * All of it is pure: `pick` says which, and holds nothing.
 *
 *   TP1  `pick` finds `count` CPUs if and only if `roomFor` says that there are as many;
 *   TP2  what is picked is free, is named once, and obeys the policy.
 */

export type ThreadPolicy = 'prefer' | 'isolate' | 'require';

/** A core, with those of its CPUs that guests may hold. */
export interface Core {
  readonly cpus: readonly number[];
  /** How many CPUs it really has: some may be kept for other uses, and then it is never whole. */
  readonly threads: number;
}

/** What is free of a core. */
export interface FreeCore {
  readonly cpus: readonly number[];
  /** All that it has is free. */
  readonly whole: boolean;
}

export interface Picked {
  /** One for each vCPU, in order. */
  readonly cpus: readonly number[];
  /** To be held with them, and used by nobody. */
  readonly idle: readonly number[];
}

/** What is left of the cores; a core of which nothing is free is left out. */
export function freeCores(
  cores: readonly Core[],
  isHeld: (cpu: number) => boolean,
): readonly FreeCore[] {
  const free: FreeCore[] = [];
  for (const core of cores) {
    const cpus = core.cpus.some(isHeld) ? core.cpus.filter((cpu) => !isHeld(cpu)) : core.cpus;
    if (cpus.length > 0) free.push({ cpus, whole: cpus.length === core.threads });
  }
  return free;
}

/** The most vCPUs that can have CPUs here. */
export function roomFor(cores: readonly FreeCore[], threads: ThreadPolicy): number {
  const usable = usableFor(cores, threads);
  return threads === 'isolate'
    ? usable.length
    : usable.reduce((sum, { cpus }) => sum + cpus.length, 0);
}

/** CPUs for `count` vCPUs; null: there are not as many. */
export function pick(
  cores: readonly FreeCore[],
  count: number,
  threads: ThreadPolicy,
): Picked | null {
  const usable = usableFor(cores, threads);
  if (count > roomFor(usable, threads)) return null;
  if (threads === 'isolate') return isolated(usable.slice(0, count));
  return { cpus: packed(usable, count), idle: [] };
}

function usableFor(cores: readonly FreeCore[], threads: ThreadPolicy): readonly FreeCore[] {
  if (threads === 'require') return cores.filter(({ cpus }) => cpus.length > 1);
  return threads === 'isolate' ? cores.filter(({ whole }) => whole) : cores;
}

const isolated = (cores: readonly FreeCore[]): Picked => ({
  cpus: cores.flatMap(({ cpus }) => cpus.slice(0, 1)),
  idle: cores.flatMap(({ cpus }) => cpus.slice(1)),
});

/** The widest cores that are used up whole; what remains comes from the narrowest that has it. */
function packed(cores: readonly FreeCore[], count: number): readonly number[] {
  const open = cores.toSorted((a, b) => b.cpus.length - a.cpus.length);
  const taken: number[] = [];
  while (taken.length < count) {
    const left = count - taken.length;
    const fits = open.findIndex(({ cpus }) => cpus.length <= left);
    const at = fits < 0 ? open.length - 1 : fits;
    for (const { cpus } of open.splice(at, 1)) taken.push(...cpus.slice(0, left));
  }
  return taken;
}
