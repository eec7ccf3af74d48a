/**
 * Goal: what operators and flavors say of persistent memory is read as upstream reads it, or told
 * all at once; a namespace that the machine does not have is not offered.
 * Method: a table of texts with what they come to.
 * Mutants that were caught: one name under two labels; labels that are one class; a label that is
 * not spelt as its class; the same label asked for twice counted once.
 */
import { deepEqual, equal } from 'node:assert/strict';
import test from 'node:test';
import { machineOf } from '../../sim/simulated-host.ts';
import { pmemAmounts, pmemLabels, pmemPool } from './pmem.ts';

const read = (text: string) => {
  const labels = pmemLabels(text);
  return labels.is === 'done' ? labels.value : labels.why;
};

test('labels with the names of namespaces', () => {
  deepEqual(read('6GB:ns0|ns1, LARGE : ns2'), [
    { label: '6GB', namespaces: ['ns0', 'ns1'] },
    { label: 'LARGE', namespaces: ['ns2'] },
  ]);
  deepEqual(read('6GB'), ['6GB is not LABEL:NAME|NAME']);
  deepEqual(read('a:ns0|,b c:ns1,d:e:f'), [
    'a is not LABEL:NAME|NAME',
    'b c is not LABEL:NAME|NAME',
    'd is not LABEL:NAME|NAME',
  ]);
  deepEqual(read('a:ns0|ns1,A:ns1'), [
    'CUSTOM_PMEM_NAMESPACE_A is there twice',
    'ns1 has two labels',
  ]);
});

test('what a flavor asks for, by class', () => {
  deepEqual(pmemAmounts(undefined), {});
  deepEqual(pmemAmounts('6GB, 6gb,my.label'), {
    CUSTOM_PMEM_NAMESPACE_6GB: 2,
    CUSTOM_PMEM_NAMESPACE_MY_LABEL: 1,
  });
});

test('a pool of what the machine has', () => {
  const persistent_memory = [{ name: 'ns0', address: '/dev/dax0.0', cell: 1 }];
  const machine = machineOf({ cores: 2, memory_mib: 1024, disk_gib: 1, persistent_memory });
  const labels = [{ label: '6GB', namespaces: ['ns0', 'ns1'] }];
  const pool = pmemPool(machine, labels);
  deepEqual(
    pool?.devices.map(({ id, address, cell, resource_class, one_time_use }) => ({
      ...{ id, address, cell, resource_class, one_time_use },
    })),
    [
      {
        ...{ id: 'pmem:ns0', address: '/dev/dax0.0', cell: 1 },
        ...{ resource_class: 'CUSTOM_PMEM_NAMESPACE_6GB', one_time_use: true },
      },
    ],
  );
  equal(pmemPool(machine, []), null);
  equal(pmemPool(machineOf({ cores: 2, memory_mib: 1024, disk_gib: 1 }), labels), null);
});
