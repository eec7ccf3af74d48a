/** Random reads of everything but candidates. */
import { memberOf, resources, traits } from './candidate-requests.ts';
import type { Chance } from './chance.ts';
import { CLASSES, CONSUMERS, mostly, PROJECTS, PROVIDERS, TYPES, USERS, version } from './pool.ts';
import type { Asked } from './request.ts';

const parts = ['', '/inventories', '/usages', '/aggregates', '/traits', '/allocations'] as const;

export function anyRead(chance: Chance): Asked {
  const minor = version(chance);
  const path = chance.weighted({ provider: 6, list: 4, consumer: 3, usages: 2, other: 1 });
  return { method: 'GET', path: paths[path](chance, minor), minor };
}

const paths = {
  provider(chance: Chance): string {
    const uuid = mostly(chance, PROVIDERS);
    const part = chance.one(parts);
    const one = part === '/inventories' && chance.happens(0.4) ? `/${chance.one(CLASSES)}` : '';
    return `/resource_providers/${uuid}${part}${one}`;
  },

  list(chance: Chance, minor: number): string {
    const query: string[] = [];
    const knows = (since: number, probability: number) =>
      (minor >= since || chance.happens(0.02)) && chance.happens(probability);
    if (knows(0, 0.1)) query.push(`name=name-${chance.whole(0, 9)}`);
    if (knows(0, 0.1)) query.push(`uuid=${mostly(chance, PROVIDERS)}`);
    if (knows(3, 0.3)) query.push(`member_of=${memberOf(chance, minor)}`);
    if (knows(24, 0.1)) query.push(`member_of=${memberOf(chance, minor)}`);
    if (knows(4, 0.3)) query.push(`resources=${resources(chance)}`);
    if (knows(14, 0.2)) query.push(`in_tree=${mostly(chance, PROVIDERS)}`);
    if (knows(18, 0.3)) query.push(`required=${traits(chance, minor)}`);
    if (knows(39, 0.2)) query.push(`required=${traits(chance, minor)}`);
    return `/resource_providers?${query.join('&')}`;
  },

  consumer: (chance: Chance): string => `/allocations/${mostly(chance, CONSUMERS)}`,

  usages(chance: Chance, minor: number): string {
    const query: string[] = [];
    if (chance.happens(0.97)) query.push(`project_id=${chance.one(PROJECTS)}`);
    if (chance.happens(0.3)) query.push(`user_id=${chance.one(USERS)}`);
    if ((minor >= 38 || chance.happens(0.02)) && chance.happens(0.5)) {
      query.push(`consumer_type=${chance.one([...TYPES, 'all', 'unknown', 'NONE', 'wrong'])}`);
    }
    return `/usages?${query.join('&')}`;
  },

  other: (chance: Chance): string =>
    chance.one([
      '/traits?associated=true',
      '/traits?associated=false&name=startswith:CUSTOM',
      '/traits?name=in:CUSTOM_T1,HW_CPU_X86_AVX',
      '/resource_classes/VCPU',
      '/resource_classes/CUSTOM_C1',
      '/traits/CUSTOM_T1',
      '/',
      '/nowhere',
    ]),
} as const;
