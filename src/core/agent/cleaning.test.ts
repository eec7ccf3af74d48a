/**
 * Goal: each device is cleaned once after each use, and told until somebody has heard it.
 * Method: the cleaning alone, with a cleaner that waits, and one that fails.
 * Mutants that were caught: what is being cleaned cleaned again; what was told told for ever; what
 * failed never tried again.
 */
import { deepEqual, equal } from 'node:assert/strict';
import test from 'node:test';
import { type Decision, done, no } from '../ports/reply.ts';
import { Cleaning } from './cleaning.ts';

const used = (device: string, uses = 1) => ({ device, address: `at ${device}`, uses });

test('what is being cleaned is not cleaned twice, and is told until it was heard', async () => {
  const asked: string[] = [];
  const held: ((reply: Decision<void, string>) => void)[] = [];
  const cleaning = new Cleaning((address) => {
    asked.push(address);
    return new Promise((end) => held.push(end));
  });
  const both = [used('a'), used('b')];
  const first = cleaning.see(both);
  const again = cleaning.see(both);
  deepEqual(asked, ['at a']);
  held[0]?.(done(undefined));
  deepEqual(await again, []);
  deepEqual(cleaning.cleaned, [used('a')]);
  held[1]?.(done(undefined));
  deepEqual(await first, []);
  deepEqual(asked, ['at a', 'at b']);
  deepEqual(await cleaning.see(both), []);
  const told = cleaning.cleaned;
  deepEqual(told, both);
  cleaning.told(told);
  deepEqual(cleaning.cleaned, []);
  void cleaning.see([used('a', 2)]);
  deepEqual(asked, ['at a', 'at b', 'at a']);
});

test('what could not be cleaned is tried again when it is told of again', async () => {
  let tries = 0;
  const cleaning = new Cleaning(async () => (++tries === 1 ? no('it is stuck') : done(undefined)));
  deepEqual(await cleaning.see([used('a')]), ['device at a is not clean: it is stuck']);
  deepEqual(cleaning.cleaned, []);
  deepEqual(await cleaning.see([used('a')]), []);
  equal(cleaning.cleaned.length, 1);
});

test('a report does not wait for long after a guest went, and no report follows for ever', () => {
  const cleaning = new Cleaning(async () => done(undefined));
  const urgent = () => cleaning.isUrgent;
  equal(urgent(), false);
  cleaning.expect();
  const after = [1, 2, 3].map(() => {
    const before = urgent();
    cleaning.told([]);
    return before;
  });
  deepEqual(after, [true, true, false]);
  const idle = new Cleaning(null);
  idle.expect();
  equal(idle.isUrgent, false);
});

test('a host without a cleaner leaves it to others', async () => {
  const cleaning = new Cleaning(null);
  deepEqual(await cleaning.see([used('a')]), []);
  deepEqual(cleaning.cleaned, []);
});
