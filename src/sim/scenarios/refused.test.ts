/**
 * Goal: a server that no host took says which of the kinds of refusal it was: all refused it, or
 * none of them answered. (A store that does not answer: api/compute/servers.test.ts.)
 * Method: little worlds of three hosts whose `boot` goes wrong; mostly two are in question.
 * Mutants that were caught: hosts that were tried told as hosts to be ignored; a host without an
 * answer told as one that refused.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import { explanations } from '../../core/scheduler/rows.ts';
import { heldBy, linesOf, seen, serverIn, tell } from './tale.fixture.ts';

const bounds = { ignore_hosts: [], only_hosts: ['h1', 'h2'] };

tell({
  'ACC-002 all hosts in question refuse it: hosts-failed, with each of them explained': async (
    open,
  ) => {
    const world = await open('boot', 'refuse', 99);
    world.arm();
    const uuid = await world.create({ bounds });
    await world.rest();
    const { vm_state, fault } = serverIn(world, uuid);
    deepEqual([vm_state, fault?.reason], ['error', 'hosts-failed']);
    match(fault?.message ?? '', /was asked, and refused it or gave no answer\./);
    match(fault?.message ?? '', /Tried before, in vain: h\d: it would not.*h\d: it would not/);
    const why = seen(world)
      .rows(explanations)
      .get(fault?.explanation_id ?? '');
    equal(why?.refusal, 'hosts-failed');
    deepEqual(heldBy(world, uuid), {});
  },
  'ACC-002 no host in question answers: hosts-failed, and it says that none answered': async (
    open,
  ) => {
    const world = await open('boot', 'drop', 99);
    world.arm();
    const uuid = await world.create({ bounds });
    await world.rest();
    const { vm_state, fault } = serverIn(world, uuid);
    deepEqual([vm_state, fault?.reason], ['error', 'hosts-failed']);
    match(fault?.message ?? '', /in vain: h\d gave no answer to boot; h\d gave no answer to boot/);
    equal(new Set(linesOf(world, 'boot').map(({ host }) => host)).size, 2);
    deepEqual(heldBy(world, uuid), {});
  },
  'ACC-002 as many hosts as are tried give no answer: host-unanswered': async (open) => {
    const world = await open('boot', 'drop', 99);
    world.arm();
    const uuid = await world.create();
    await world.rest();
    const { vm_state, fault } = serverIn(world, uuid);
    deepEqual([vm_state, fault?.reason], ['error', 'host-unanswered']);
    match(fault?.message ?? '', /^None of the 3 hosts that were tried could build it: h\d gave no/);
    deepEqual(heldBy(world, uuid), {});
  },
});
