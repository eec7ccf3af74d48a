/**
 * Goal: guests of two libvirtds are moved as those of our own QEMUs are: while they count and
 * write; and when an agent or libvirtd is killed on the way, the guest runs on exactly one side.
 * Method: two network namespaces with a libvirtd and an agent each, one control plane, all real.
 * What must hold is what must hold of kills.e2e.ts, judged by the guest's console alone.
 */
import { equal, ok } from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { missingLibvirt } from '../src/real/libvirt/lab.fixture.ts';
import { missing } from '../src/real/qemu/small-guest.ts';
import { countingGuest, type Moves } from './moves.ts';
import { type Side, TwoMachines } from './netns.ts';
import { until } from './product.ts';
import { other, TwoHosts } from './two-hosts.ts';

const absent = missing() ?? missingLibvirt() ?? TwoMachines.missing();
const skip = absent === null ? false : `libvirt: ${absent}`;
let lab: TwoHosts;
let moves: Moves;

before(async () => {
  if (absent !== null) return;
  lab = await TwoHosts.up('libvirt');
  moves = await countingGuest(lab);
});
after(() => lab?.down());

test('libvirt: there and back, no tick and no record is missing', { skip }, async (context) =>
  moves.thereAndBack(context),
);

/** Each does its damage while memory is under way, and puts it right again. */
const faults: Readonly<Record<string, (from: Side, to: Side) => Promise<void>>> = {
  'source agent': async (from) => {
    await lab.signalAgent(from, 'SIGKILL');
    await lab.startAgent(from);
  },
  'target agent': async (_from, to) => {
    await lab.signalAgent(to, 'SIGKILL');
    await lab.startAgent(to);
  },
  'libvirtd of the source': async (from) => {
    await lab.killLibvirtd(from);
    await lab.startLibvirtd(from);
  },
};

for (const [fault, strike] of Object.entries(faults)) {
  test(`libvirt: ${fault} is killed`, { skip }, async (context) => {
    const [from, to] = [moves.side, other(moves.side)] as const;
    equal((await moves.migrate()).status, 202);
    await until(
      async () => lab.recordOn(from),
      (record) => record.includes('"stage":"leaving"'),
    );
    await strike(from, to);
    const { state, error } = await moves.ended();
    ok(state === 'done' || (error ?? '') !== '', `${state} without a reason`);
    await moves.settled();
    equal(moves.side === to, state === 'done', 'it is where the operation says');
    context.diagnostic(`${moves.side === to ? 'moved' : 'stayed'}, ${state}: ${error ?? '-'}`);
  });
}
