/**
 * Goal: TR2: what a step makes counts from its claim until a snapshot shows it, and once; TR5.
 * Method: the tracker alone, with snapshots that are older than they look.
 * Mutants tried: an order that ended is forgotten at once; one that asks again counts twice;
 * the overhead of the new guest alone, or that of the others alone.
 */
import { equal } from 'node:assert/strict';
import test from 'node:test';
import { machineOf } from '../../sim/simulated-host.ts';
import type { GuestSpec } from '../ports/order.ts';
import { plainConfig } from './config.ts';
import { Tracker } from './tracker.ts';

const machine = machineOf({ cores: 4, memory_mib: 4096, disk_gib: 100 });
const spec = (uuid: string, memory_mib: number): GuestSpec => ({
  uuid,
  name: uuid,
  vcpus: 1,
  memory_mib,
  disk_gib: 0,
  image_id: null,
  nodes: [],
});
const guest = (uuid: string, memory_mib: number) => ({
  spec: spec(uuid, memory_mib),
  power: 'running' as const,
  made_by: `${uuid}/boot`,
  switched_by: null,
  rescued: false,
  awaited: false,
  parked: false,
});

function host(config = plainConfig) {
  const tracker = new Tracker(config);
  const claim = (uuid: string, memory_mib: number, moment: number, guests = [] as string[]) =>
    tracker.claim(`${uuid}/boot`, spec(uuid, memory_mib), {
      moment,
      machine,
      guests: guests.map((name) => guest(name, 3072)),
    }).is;
  return { tracker, claim };
}

test('a snapshot that was begun before an order ended does not make it forgotten', () => {
  const { tracker, claim } = host();
  equal(claim('a', 3072, tracker.beginSnapshot()), 'done');
  const old = tracker.beginSnapshot();
  tracker.ended('a/boot');
  equal(claim('b', 2048, old), 'no');
  equal(claim('b', 2048, tracker.beginSnapshot(), ['a']), 'no');
  equal(claim('b', 1024, tracker.beginSnapshot(), ['a']), 'done');
});

test('an order that came to nothing gives its room back with the next snapshot', () => {
  const { tracker, claim } = host();
  equal(claim('a', 4096, tracker.beginSnapshot()), 'done');
  tracker.ended('a/boot');
  equal(claim('b', 4096, tracker.beginSnapshot()), 'done');
});

test('a step that asks again is not in its own way; a guest that is seen counts once', () => {
  const { tracker, claim } = host();
  equal(claim('a', 3072, tracker.beginSnapshot()), 'done');
  equal(claim('a', 3072, tracker.beginSnapshot()), 'done');
  equal(claim('b', 1024, tracker.beginSnapshot(), ['a']), 'done');
});

test('TR5: what running a guest takes is there too, as far as the ratio reaches', () => {
  const overhead = { ...plainConfig, guest_overhead_mib: 200, reserved_memory_mib: 100 };
  const { tracker, claim } = host(overhead);
  equal(claim('a', 3072, tracker.beginSnapshot()), 'done');
  equal(claim('b', 525, tracker.beginSnapshot()), 'no');
  equal(claim('b', 524, tracker.beginSnapshot()), 'done');
  const generous = host({ ...overhead, memory_ratio: 2 });
  equal(generous.claim('a', 7792, generous.tracker.beginSnapshot()), 'done');
  equal(generous.claim('b', 1, generous.tracker.beginSnapshot()), 'no');
});
