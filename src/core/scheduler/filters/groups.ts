/** Every group of what is asked for needs one provider of the host with room for all of it. */
import { type Filter, plainly, type WantedGroup } from '../plugin.ts';
import { amountsOn } from '../tree-search.ts';

export const groups: Filter = {
  name: 'groups',
  wakes: ['host.added', 'host.changed', 'server.gone', 'inventory.grown'],
  allows: (shape, host) => shape.groups.length === 0 || amountsOn(shape, host) !== null,
  objection: (shape, host) => {
    const alone = shape.groups.filter(
      (group) => amountsOn({ ...shape, resources: [], groups: [group] }, host) === null,
    );
    if (alone.length > 0)
      return plainly(`has no provider with ${alone.map(inWords).join(', or ')}`);
    const apart = shape.isolate ? ' on providers of their own' : '';
    const all = shape.groups.map(inWords).join(', and ');
    return plainly(`has room for each of ${all} alone, but not for all of them at once${apart}`);
  },
};

const inWords = ({ suffix, resources, required, forbidden }: WantedGroup): string => {
  const what = resources.map(({ name, amount }) => `${amount} ${name}`);
  const has = required.map(({ name }) => name);
  const lacks = forbidden.map(({ name }) => `no ${name}`);
  return `${[...what, ...has, ...lacks].join(' and ')} (group ${suffix})`;
};
