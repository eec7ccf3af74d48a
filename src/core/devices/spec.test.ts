/**
 * Goal: what operators write of devices is read as they mean it, and all that is wrong is told at
 * once: addresses, specifications, aliases, what flavors ask.
 * Method: tables of texts.
 * Mutants that were caught: a regular expression for part of a part; a missing domain for any; the
 * second mistake hidden by the first; alternatives that replace each other; a policy of the alias
 * before that of the flavor.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import test from 'node:test';
import { addressPattern } from './address.ts';
import { deviceAliases, devicesAsked } from './alias.ts';
import { deviceSpecs } from './spec.ts';

const names = { classes: ['VGPU', 'PGPU'], traits: ['OWNER_NOVA'] };

test('addresses: globs and regular expressions', () => {
  const all = ['0000:3b:00.0', '0000:3b:00.1', '0000:3c:10.1', '0001:3b:00.0'];
  const meant = (said: unknown) => {
    const read = addressPattern(said);
    return read.is === 'no' ? read.why : all.flatMap((one, at) => (read.value(one) ? [at] : []));
  };
  deepEqual(meant('*'), [0, 1, 2, 3]);
  deepEqual(meant('*:3b:*.*'), [0, 1, 3]);
  deepEqual(meant('0000:3b:00.1'), [1]);
  deepEqual(meant('3b:00.0'), [0]);
  deepEqual(meant('3B:0.*'), [0, 1]);
  deepEqual(meant({ bus: '3[bc]', function: '1' }), [1, 2]);
  deepEqual(meant({ domain: '.*1' }), [3]);
  deepEqual(meant({ bus: '3' }), []);
  for (const wrong of ['xx:00.0', '1:2:3:4.5', '3b:00.9', { slots: '1' }, { bus: '[' }, 7]) {
    equal(typeof meant(wrong), 'string', JSON.stringify(wrong));
  }
});

test('specifications: right ones, and every mistake at once', () => {
  const right = deviceSpecs(
    [
      { vendor_id: '8086', resource_class: 'fast-nic', traits: 'a, OWNER_NOVA' },
      { mdev_type: 'x' },
    ],
    names,
  );
  const [first, second] = right.is === 'done' ? right.value : [];
  deepEqual(
    [first?.resource_class, first?.traits, first?.managed],
    ['CUSTOM_FAST_NIC', ['CUSTOM_A', 'OWNER_NOVA'], true],
  );
  equal(second?.resource_class, 'VGPU');
  const wrong = deviceSpecs(
    [
      { vendor_id: '80', adress: 'x' },
      { devname: 'eth0', address: '*' },
      { managed: 'maybe', address: '::::' },
      7,
    ],
    names,
  );
  const why = wrong.is === 'no' ? wrong.why : [];
  deepEqual(
    why.map((one) => one.slice(0, 13)),
    [1, 1, 2, 3, 3, 4].map((at) => `device_spec ${at}`),
  );
  match(why.join(), /adress is unknown.*devname names.*address :::: has/);
  equal(deviceSpecs({}, names).is, 'no');
});

const twice = { name: 'gpu', vendor_id: '10de', product_id: '20b5' };

test('aliases: alternatives under one name must agree', () => {
  const read = deviceAliases([twice, { ...twice, product_id: '20b6' }], names);
  equal(read.is === 'done' && read.value.get('gpu')?.any_of.length, 2);
  const wrong = deviceAliases(
    [
      { ...twice, numa_policy: 'socket' },
      twice,
      { name: 'a:b', vendor_id: '10de' },
      { name: 'c' },
      { ...twice, name: 'd', device_type: 'type-X' },
    ],
    names,
  );
  const why = wrong.is === 'no' ? wrong.why : [];
  deepEqual(
    why.map((one) => one.slice(0, 7)),
    [2, 3, 4, 5].map((at) => `alias ${at}`),
    why.join('\n'),
  );
});

test('what flavors ask: counts, and whose policy counts', () => {
  const read = deviceAliases(
    [
      { ...twice, numa_policy: 'preferred' },
      { ...twice, name: 'b' },
    ],
    names,
  );
  const aliases = read.is === 'done' ? read.value : new Map();
  const asked = (said: string, policy: 'socket' | null = null) => {
    const all = devicesAsked(said, policy, aliases);
    return all.is === 'no' ? all.why : all.value.map((a) => `${a.count} ${a.alias} ${a.numa}`);
  };
  deepEqual(asked('gpu:2, b:1'), ['2 gpu preferred', '1 b legacy']);
  deepEqual(asked('gpu:1', 'socket'), ['1 gpu socket']);
  deepEqual(asked(''), []);
  match(`${asked('fpga:1')}`, /fpga is not defined/);
  for (const wrong of ['gpu', 'gpu:0', 'gpu:x', 'gpu:1:2', 'gpu:65']) {
    match(`${asked(wrong)}`, /is name:count/);
  }
});
