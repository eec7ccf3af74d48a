/**
 * Goal: a guest is started with what its host was told of how to run it, and only with that.
 * Method: the command line of the same guest, with and without.
 * Mutants that were caught: memory locked for all; for none.
 */
import { equal } from 'node:assert/strict';
import test from 'node:test';
import type { GuestManner } from '../../core/ports/order.ts';
import { commandLine } from './command-line.ts';

const spec = {
  ...{ uuid: 'g', name: 'g', vcpus: 1, memory_mib: 64, disk_gib: 0, image_id: null, nodes: [] },
};
const outfit = { disk: null } as never;

const locks = (manner?: GuestManner): boolean => {
  const guest = { ...spec, ...(manner && { manner }) };
  const words = commandLine({
    spec: guest,
    outfit,
    accel: 'tcg',
    incoming: false,
    page_folders: new Map(),
  });
  return words.join(' ').includes('-overcommit mem-lock=on');
};

test('memory is locked where that was asked', () => {
  equal(locks({ locked_memory: true }), true);
  equal(locks({}), false);
  equal(locks(), false);
});
