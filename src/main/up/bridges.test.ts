/**
 * Goal: bridges become networks whose ids outlive restarts; what is no bridge is refused in a line.
 * Method: examples. Mutants that these killed: an id that depends on the label or the order; only
 * the first bridge kept.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import test from 'node:test';
import { bridges, type NamedBridge } from '../../core/config/kinds-of-hosts.ts';
import type { Given } from '../../core/config/setting.ts';
import { networksOf } from './bridges.ts';

function named(given: Given): readonly NamedBridge[] {
  const read = bridges.read(given);
  if (read.is === 'no') throw new Error(read.why);
  return read.value;
}

test('a bridge is a network of its name, or of its label', () => {
  const networks = networksOf(named(['br0', 'br1=public net']));
  deepEqual(
    networks.map(({ name, bridge }) => [name, bridge]),
    [
      ['br0', 'br0'],
      ['public net', 'br1'],
    ],
  );
  deepEqual(named(' br0  br1=b'), [
    { bridge: 'br0', name: 'br0' },
    { bridge: 'br1', name: 'b' },
  ]);
});

test('its id is the same at every start, whatever it is called and in which order', () => {
  const idsOf = (...words: string[]) => networksOf(named(words)).map(({ id }) => id);
  const [one = '', two = ''] = idsOf('br0', 'br1=public');
  match(one, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  deepEqual(idsOf('br1', 'br0=other'), [two, one]);
});

test('what is no bridge, or is said twice, is refused', () => {
  for (const words of [
    [''],
    ['a/b'],
    ['br0='],
    ['0123456789abcdef'],
    ['br0', 'br0=x'],
    ['a', 'b=a'],
  ]) {
    equal(bridges.read(words).is, 'no', words.join());
  }
});
