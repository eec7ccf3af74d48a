/**
 * Goal: checkers see what a machine has, as it is, and the same value while it is the same.
 * Method: a machine with a guest and one set aside; each thing that may change is changed. Mutants
 * tried by hand, each caught: power, rescue, spec, a guest or what is set aside not compared.
 */
import { deepEqual, equal, notEqual } from 'node:assert/strict';
import test from 'node:test';
import type { GuestSpec } from '../core/ports/order.ts';
import type { Resident } from './machine.ts';
import { watchedOn } from './watched.ts';

const spec = (uuid: string): GuestSpec => ({
  ...{ uuid, name: uuid, vcpus: 1, memory_mib: 1024, disk_gib: 1, image_id: 'i', nodes: [] },
});
const resident = (uuid: string): Resident => ({
  ...{ spec: spec(uuid), made_by: `${uuid}/boot`, switched_by: null, boots: 1, rescued: false },
  ...{ power: 'running', stage: 'here', leaving: null },
});

function stage() {
  const guests = new Map(['a', 'b'].map((uuid) => [uuid, resident(uuid)]));
  const aside: Resident = { ...resident('p'), stage: 'parked' };
  const beside = new Map([['p/park', aside]]);
  return { guests, beside, first: guests.get('a') as Resident };
}

test('it is what is there', () => {
  const { guests, beside } = stage();
  const { name, aside, specs, guests: seen } = watchedOn('h', { guests, beside });
  deepEqual([name, aside, specs.map(({ uuid }) => uuid)], ['h', ['p'], ['a', 'b', 'p']]);
  const about = { power: 'running', image_id: 'i', rescued: false };
  deepEqual(seen, [
    { uuid: 'a', ...about },
    { uuid: 'b', ...about },
  ]);
});

test('nothing has changed: it is the same value', () => {
  const machine = stage();
  const before = watchedOn('h', machine);
  equal(watchedOn('h', machine, before), before);
});

const changes: Readonly<Record<string, (machine: ReturnType<typeof stage>) => void>> = {
  'its power': ({ first }) => Object.assign(first, { power: 'off' }),
  'its stage': ({ first }) => Object.assign(first, { stage: 'leaving' }),
  'what it runs from': ({ first }) => Object.assign(first, { rescued: true }),
  'its sizes': ({ first }) => Object.assign(first, { spec: spec('a') }),
  'a guest that went': ({ guests }) => guests.delete('b'),
  'a guest that came': ({ guests }) => guests.set('c', resident('c')),
  'what is set aside no more, and here': ({ guests, beside }) => {
    const [aside] = beside.values();
    if (aside !== undefined) guests.set('p', { ...aside, stage: 'here' });
    beside.clear();
  },
  'the last guest, set aside before all others': ({ guests, beside }) => {
    const others = [...beside];
    beside.clear();
    beside.set('b/park', { ...resident('b'), spec: guests.get('b')?.spec ?? spec('b') });
    guests.delete('b');
    for (const [key, other] of others) beside.set(key, other);
  },
  'another one that is set aside': ({ beside }) => {
    beside.clear();
    beside.set('q/park', resident('q'));
  },
  'what is no more set aside': ({ beside }) => beside.clear(),
  'what is set aside besides': ({ beside }) => beside.set('q/park', resident('q')),
};

for (const [what, change] of Object.entries(changes)) {
  test(`another value: ${what}`, () => {
    const machine = stage();
    const before = watchedOn('h', machine);
    change(machine);
    const now = watchedOn('h', machine, before);
    notEqual(now, before);
    deepEqual(now, watchedOn('h', machine));
  });
}
