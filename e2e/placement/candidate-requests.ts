/** Random queries of /allocation_candidates, in every form that its versions know, right or not. */
import type { Chance } from './chance.ts';
import { AGGREGATES, CLASSES, mostly, PROVIDERS, SUFFIXES, TRAITS, version } from './pool.ts';
import type { Asked } from './request.ts';

export function candidateRequest(chance: Chance): Asked {
  const minor = Math.max(version(chance), chance.happens(0.97) ? 10 : 0);
  const grouped = minor >= 25 || chance.happens(0.02);
  const query: string[] = [];
  const suffixes = grouped ? chance.some(suffixesAt(minor), 3) : [];
  const spread = suffixes.length === 0 || chance.happens(0.6);
  const resourceless: string[] = [];
  for (const suffix of [...(spread ? [''] : []), ...suffixes]) {
    const without = suffix !== '' && minor >= 36 && chance.happens(0.25);
    if (without) resourceless.push(suffix);
    query.push(...group(chance, suffix, minor, without));
  }
  if (suffixes.length > 1 ? chance.happens(0.98) : chance.happens(0.1) && minor >= 25) {
    query.push(`group_policy=${chance.one(['none', 'isolate'])}`);
  }
  query.push(...subtrees(chance, suffixes, resourceless, minor));
  if (minor >= 35 && chance.happens(0.15)) query.push(`root_required=${traits(chance, 35)}`);
  if (chance.happens(0.01)) query.push('unknown=1');
  return { method: 'GET', path: `/allocation_candidates?${query.join('&')}`, minor };
}

const suffixesAt = (minor: number): readonly string[] =>
  minor < 33 ? SUFFIXES.filter((suffix) => /^\d/.test(suffix)) : SUFFIXES;

function group(chance: Chance, suffix: string, minor: number, without: boolean): string[] {
  const parts: string[] = [];
  if (!without) parts.push(`resources${suffix}=${resources(chance)}`);
  const strict = chance.happens(0.5);
  const knows = (since: number, probability: number) =>
    (minor >= since || chance.happens(0.005)) && (strict || without) && chance.happens(probability);
  if (knows(17, without ? 0.8 : 0.3)) parts.push(`required${suffix}=${traits(chance, minor)}`);
  if (knows(39, 0.2)) parts.push(`required${suffix}=${traits(chance, minor)}`);
  if (knows(21, 0.2)) parts.push(`member_of${suffix}=${memberOf(chance, minor)}`);
  if (knows(24, 0.08)) parts.push(`member_of${suffix}=${memberOf(chance, minor)}`);
  if (knows(31, 0.08)) parts.push(`in_tree${suffix}=${mostly(chance, PROVIDERS)}`);
  if (parts.length === 0) parts.push(`required${suffix}=${traits(chance, minor)}`);
  return parts;
}

function subtrees(
  chance: Chance,
  suffixes: readonly string[],
  resourceless: readonly string[],
  minor: number,
): string[] {
  if (minor < 36 || suffixes.length === 0) return [];
  if (resourceless.length === 0 && !chance.happens(0.3)) return [];
  const tied = [...new Set([...resourceless, ...chance.some(suffixes, 3)])];
  if (chance.happens(0.02)) tied.push('_NO');
  const sets = [tied];
  if (chance.happens(0.2)) sets.push(chance.some(suffixes, 2));
  return sets.filter((set) => set.length > 0).map((set) => `same_subtree=${set.join(',')}`);
}

export function resources(chance: Chance): string {
  const classes = chance.some(CLASSES.slice(0, chance.one([2, 3, 6])), 3);
  if (classes.length === 0) classes.push('VCPU');
  if (chance.happens(0.005)) classes.push('CUSTOM_NONE');
  return classes.map((name) => `${name}:${amount(chance)}`).join(',');
}

const amount = (chance: Chance): number =>
  chance.happens(0.005) ? 0 : chance.one([1, 1, 1, 1, 2, 2, 3, 4, 6]);

export function traits(chance: Chance, minor: number): string {
  if (minor >= 39 && chance.happens(0.35)) return `in:${names(chance, TRAITS, 2).join(',')}`;
  const forbids = minor >= 22 || chance.happens(0.02);
  return names(chance, TRAITS, 2)
    .map((name) => (forbids && chance.happens(0.3) ? `!${name}` : name))
    .join(',');
}

export function memberOf(chance: Chance, minor: number): string {
  const not = (minor >= 32 || chance.happens(0.02)) && chance.happens(0.3) ? '!' : '';
  if (chance.happens(0.5)) return `${not}${mostly(chance, AGGREGATES)}`;
  return `${not}in:${names(chance, AGGREGATES, 2).join(',')}`;
}

function names(chance: Chance, pool: readonly string[], most: number): string[] {
  const found = chance.some(pool, most);
  return found.length > 0 ? found : [chance.one(pool)];
}
