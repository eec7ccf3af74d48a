/** The few names that a history uses over and over, so that its requests meet each other. */
import type { Chance } from './chance.ts';

const numbered = (kind: string, count: number): readonly string[] =>
  Array.from(
    { length: count },
    (_, i) => `${kind}0000-0000-4000-8000-${String(i + 1).padStart(12, '0')}`,
  );

export const PROVIDERS = numbered('aaaa', 14);
export const CONSUMERS = numbered('cccc', 6);
export const AGGREGATES = numbered('eeee', 4);
export const NOBODY = 'ffff0000-0000-4000-8000-000000000000';

export const TRAITS = [
  'HW_CPU_X86_AVX',
  'HW_CPU_X86_AVX2',
  'STORAGE_DISK_SSD',
  'MISC_SHARES_VIA_AGGREGATE',
  'CUSTOM_T1',
  'CUSTOM_T2',
];
export const CLASSES = ['VCPU', 'MEMORY_MB', 'DISK_GB', 'SRIOV_NET_VF', 'CUSTOM_C1', 'CUSTOM_C2'];
export const TYPES = ['INSTANCE', 'MIGRATION', 'OTHER'];
export const PROJECTS = ['project-a', 'project-b'];
export const USERS = ['user-a', 'user-b'];
export const SUFFIXES = ['1', '2', '3', '_A', '_B'];

/** A UUID of the pool; now and then one that is nobody's, or none at all. */
export function mostly(chance: Chance, pool: readonly string[]): string {
  if (chance.happens(0.03)) return NOBODY;
  return chance.happens(0.01) ? 'no-uuid' : chance.one(pool);
}

/** Every version comes up; those that changed something a little more often, the last the most. */
export function version(chance: Chance): number {
  return chance.happens(0.45) ? 39 : chance.whole(0, 39);
}
