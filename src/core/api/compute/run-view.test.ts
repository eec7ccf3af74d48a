/**
 * Goal: each operation is listed as an instance action under the word by which clients know it.
 * Method: all sagas that there are; a saga nobody has named here fails.
 * Mutants that this killed: a saga without a word; a backup that is told as an image.
 */
import { deepEqual, equal } from 'node:assert/strict';
import test from 'node:test';
import { allSagas } from '../../sagas/all.ts';
import { actionOf } from './run-view.ts';

const words = [
  ...['confirmResize', 'create', 'createImage', 'delete', 'evacuate', 'live-migration'],
  ...['migrate', 'pause', 'reboot', 'rebuild', 'rescue', 'resize', 'restore', 'resume'],
  ...['revertResize', 'shelve', 'shelveOffload', 'softDelete', 'start', 'stop', 'suspend'],
  ...['unpause', 'unrescue', 'unshelve'],
];

test('every saga has the word of an action, and no other', () => {
  const named = allSagas.map(({ name }) => actionOf({ saga: name, input: {} }));
  deepEqual([...new Set(named)].sort(), words);
});

test('a backup is told as one', () => {
  const input = { backup: { type: 'daily', rotation: 1 } };
  equal(actionOf({ saga: 'image-server', input }), 'createBackup');
  equal(actionOf({ saga: 'image-server', input: { backup: null } }), 'createImage');
});
