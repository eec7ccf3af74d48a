/**
 * Goal: devices and aliases are read from the environment, all mistakes are told at once, and what
 * is offered where nobody says anything is what the names ask for.
 * Method: right ones, wrong ones, none.
 * Mutants that were caught: a mistake of one list that hides those of the other; JSON that throws.
 */
import { deepEqual, match } from 'node:assert/strict';
import test from 'node:test';
import { answers, devicesAsked } from '../../core/devices/alias.ts';
import { offerOf } from '../../core/devices/offer.ts';
import { machineOf } from '../../sim/simulated-host.ts';
import { said, wrongIn } from '../config/said.fixture.ts';
import { pciOptions, trialDevices } from './pci-options.ts';

test('what nobody changes: each trial name has devices on a trial host', () => {
  const { aliases, devices } = pciOptions(said({}));
  const size = { cores: 4, memory_mib: 1024, disk_gib: 1, cells: 2, devices: trialDevices };
  const offer = offerOf(machineOf(size), devices);
  deepEqual(offer.problems, []);
  const offered = offer.pools.flatMap((pool) => pool.devices);
  const asked = devicesAsked('gpu:1,nic:1,vf:1', null, aliases);
  const counts = asked.is === 'done' ? asked.value : [];
  deepEqual(
    counts.map((ask) => offered.filter((device) => answers(ask, device)).length),
    [2, 1, 4],
  );
});

test('all that is wrong at once', () => {
  const wrong = wrongIn({
    OS_PCI__DEVICE_SPEC: '[{"vendor_id": "nvidia"}, {"devname": "eth0"}]',
    OS_PCI__ALIAS: '[{"name": "a b", "vendor_id": "10de"}, {"vendor_id": "10de"}]',
  });
  const why = wrong.join('; ');
  for (const part of [/device_spec 1: vendor_id/, /device_spec 2: devname/, /alias 1/, /alias 2/]) {
    match(why, part);
  }
  deepEqual(wrongIn({ OS_PCI__ALIAS: '{' }), ['OS_PCI__ALIAS {: it must be JSON']);
});
