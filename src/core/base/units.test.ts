/**
 * Goal: what our own code says when it is wrong tells which case it was, and nothing of what users
 * sent along with it. Method: a case that no union has, with a secret in it.
 */
import { throws } from 'node:assert/strict';
import test from 'node:test';
import { BrokenInvariant, never } from './units.ts';

test('a case that was forgotten is named by its words alone', () => {
  const left = { is: 'sent', verb: 'boot', user_data: 'hunter2', type: undefined };
  throws(
    () => never(left as never),
    (bug: unknown) =>
      bug instanceof BrokenInvariant &&
      bug.message === 'unhandled case {"is":"sent","verb":"boot"}',
  );
  throws(() => never('gone' as never), /unhandled case "gone"$/);
});
