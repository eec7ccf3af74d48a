/**
 * Goal: a server goes from state to state as the picture in lifecycle.ts says.
 * Method: every arrow of the picture; the pairs that are bugs; and what forbids a move.
 */
import { equal, throws } from 'node:assert/strict';
import test from 'node:test';
import { after, forbids, type ServerEvent, taskAfter } from './lifecycle.ts';
import type { ServerRow, VmState } from './rows.ts';

const arrows: readonly [VmState, ServerEvent, VmState][] = [
  ['building', 'booted', 'active'],
  ['building', 'failed', 'error'],
  ['active', 'stopped', 'stopped'],
  ['stopped', 'started', 'active'],
  ['active', 'paused', 'paused'],
  ['paused', 'resumed', 'active'],
  ['paused', 'failed', 'error'],
  ['error', 'gone', 'deleted'],
  ['paused', 'shelved', 'shelved'],
  ['shelved', 'offloaded', 'shelved_offloaded'],
  ['shelved', 'unshelved', 'active'],
  ['shelved_offloaded', 'unshelved', 'active'],
];

for (const [from, event, to] of arrows) {
  test(`${from}: ${event}`, () => equal(after(from, event), to));
}

test('from anywhere it may fail, and may go', () => {
  const states: VmState[] = ['building', 'active', 'stopped', 'paused', 'error'];
  for (const state of states) {
    equal(after(state, 'failed'), 'error');
    equal(after(state, 'gone'), 'deleted');
  }
});

test('what our own code must never say', () => {
  throws(() => after('deleted', 'booted'));
  throws(() => after('building', 'paused'));
  throws(() => after('error', 'booted'));
});

test('what is late changes nothing', () => {
  equal(after('active', 'booted'), 'active');
  equal(after('deleted', 'failed'), 'deleted');
});

test('a move needs an active server that nobody is at work on', () => {
  const server = (about: Partial<ServerRow>) =>
    ({ vm_state: 'active', task_state: null, run_id: null, ...about }) as ServerRow;
  equal(forbids(server({}), 'live-migrate'), null);
  equal(forbids(server({ vm_state: 'paused' }), 'live-migrate'), null);
  equal(forbids(server({ vm_state: 'suspended' }), 'live-migrate'), 'suspended');
  equal(forbids(server({ vm_state: 'error' }), 'live-migrate'), 'error');
  equal(forbids(server({ task_state: 'deleting' }), 'live-migrate'), 'deleting');
  equal(forbids(server({ run_id: 'r' }), 'live-migrate'), 'busy');
});

test('a delete that was asked for stays visible', () => {
  equal(taskAfter('deleting', null), 'deleting');
  equal(taskAfter('migrating', null), null);
});
