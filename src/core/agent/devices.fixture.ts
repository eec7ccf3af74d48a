/** What can happen to the devices of a host in a random history, for devices.property.test.ts. */
import * as fc from 'fast-check';
import { type DeviceSpec, deviceSpecs } from '../devices/spec.ts';
import type { MachineDevice } from '../ports/device.ts';

const CONSUMERS = ['a', 'b', 'c'];

/** A PF with two VFs, a card, one without a serial number, and one that is used once. */
export function devicesAt(bus: number): readonly MachineDevice[] {
  const at = (slot: number, fn = 0) => `0000:${bus + slot}0:00.${fn}`;
  const one = { vendor_id: '8086', cell: 0, serial: null };
  const pf = at(1);
  return [
    { ...one, address: pf, kind: 'PF', parent: null, product_id: '0001', serial: 'nic' },
    { ...one, address: at(1, 1), kind: 'VF', parent: pf, product_id: '0002' },
    { ...one, address: at(1, 2), kind: 'VF', parent: pf, product_id: '0002' },
    { ...one, address: at(2), kind: 'PCI', parent: null, product_id: '0003', serial: 'gpu' },
    { ...one, address: at(3), kind: 'PCI', parent: null, product_id: '0003' },
    { ...one, address: at(4), kind: 'PCI', parent: null, product_id: '0004', serial: 'once' },
  ];
}

export function specsOf(resource_class: string): readonly DeviceSpec[] {
  const read = deviceSpecs(
    [{ product_id: '0004', one_time_use: 'yes' }, { product_id: '0003', resource_class }, {}],
    { classes: [], traits: ['OWNER_NOVA', 'COMPUTE_MANAGED_PCI_DEVICE', 'HW_PCI_ONE_TIME_USE'] },
  );
  return read.is === 'done' ? read.value : [];
}

export type Step =
  | {
      readonly is: 'report';
      readonly has: readonly number[];
      readonly bus: number;
      readonly of: string;
    }
  | { readonly is: 'name'; readonly who: string; readonly at: readonly number[] }
  | { readonly is: 'amount'; readonly who: string; readonly at: number; readonly count: number }
  | { readonly is: 'move'; readonly who: string; readonly at: readonly number[] }
  | { readonly is: 'less' | 'free'; readonly who: string }
  | { readonly is: 'clean' };

const who = fc.constantFrom(...CONSUMERS);
const places = fc.uniqueArray(fc.nat(7), { maxLength: 2 });
export const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      is: fc.constant('report' as const),
      has: fc.uniqueArray(fc.nat(5), { minLength: 1, size: 'max', maxLength: 6 }),
      bus: fc.constantFrom(1, 2, 5),
      of: fc.constantFrom('CUSTOM_GOLD', 'CUSTOM_TIN'),
    }),
  },
  { weight: 4, arbitrary: fc.record({ is: fc.constant('name' as const), who, at: places }) },
  {
    weight: 4,
    arbitrary: fc.record({
      is: fc.constant('amount' as const),
      who,
      at: fc.nat(7),
      count: fc.integer({ min: 1, max: 2 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ is: fc.constant('move' as const), who, at: places }) },
  {
    weight: 3,
    arbitrary: fc.record({ is: fc.constantFrom('less' as const, 'free' as const), who }),
  },
  { weight: 2, arbitrary: fc.record({ is: fc.constant('clean' as const) }) },
);
