/**
 * Goal: bridges become networks whose ids outlive restarts; what is no bridge is refused in a line.
 * Method: examples. Mutants that these killed: an id that depends on the label or the order; only
 * the first bridge kept.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import test from 'node:test';
import { networksOf } from './bridges.ts';

test('a bridge is a network of its name, or of its label', () => {
  const said = networksOf(['br0', 'br1=public net'], {});
  deepEqual(said.is === 'done' && said.value.map(({ name, bridge }) => [name, bridge]), [
    ['br0', 'br0'],
    ['public net', 'br1'],
  ]);
  deepEqual(networksOf(undefined, { PLIMSOLL_BRIDGES: ' br0  br1=b' }).is, 'done');
  deepEqual(networksOf(undefined, {}), { is: 'done', value: [] });
});

test('its id is the same at every start, whatever it is called and in which order', () => {
  const idsOf = (...words: string[]): readonly string[] => {
    const said = networksOf(words, {});
    return said.is === 'done' ? said.value.map(({ id }) => id) : [];
  };
  const [one = '', two = ''] = idsOf('br0', 'br1=public');
  match(one, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  deepEqual(idsOf('br1', 'br0=other'), [two, one]);
});

test('what is no bridge, or is said twice, is refused in one line', () => {
  for (const words of [
    [''],
    ['a/b'],
    ['br0='],
    ['0123456789abcdef'],
    ['br0', 'br0=x'],
    ['a', 'b=a'],
  ]) {
    const said = networksOf(words, {});
    equal(said.is, 'no', words.join());
    if (said.is === 'no') match(said.why, /^--bridge .*: [^\n]+$/);
  }
});
