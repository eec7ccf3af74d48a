/**
 * Goal: what live migrations may take is read under upstream's names, and what means nothing is
 * refused by name. Method: examples, one through to the deadline of a flavor.
 */
import { deepEqual, match, ok } from 'node:assert/strict';
import test from 'node:test';
import { deadlineOf } from '../../core/sagas/deadlines.ts';
import { upOptions } from './options.ts';

const TIMEOUT = 'OS_LIBVIRT__LIVE_MIGRATION_COMPLETION_TIMEOUT';
const ACTION = 'OS_LIBVIRT__LIVE_MIGRATION_TIMEOUT_ACTION';
const flavor = { memory_mib: 4096, disk_gib: 1, ephemeral_gib: 0 };

function deadline(env: Record<string, string>, of = flavor, wish = {}) {
  const read = upOptions([], env);
  ok(read.is === 'done' && read.value !== 'help', JSON.stringify(read));
  return deadlineOf(read.value.live_migration, of, wish).deadline;
}

test('nothing said: 800 s for each GiB of memory and disk, at least two; then it gives up', () => {
  deepEqual(deadline({}), { after_ms: 4_000_000, action: 'abort' });
  const small = { memory_mib: 64, disk_gib: 0, ephemeral_gib: 0 };
  deepEqual(deadline({}, small), { after_ms: 1_600_000, action: 'abort' });
  const huge = { ...flavor, disk_gib: 100_000 };
  deepEqual(deadline({}, huge), { after_ms: 2_000_000_000, action: 'abort' });
});

test('what was said, and what who asks for it says besides', () => {
  const env = { [TIMEOUT]: '10', [ACTION]: 'force_complete' };
  deepEqual(deadline(env), { after_ms: 50_000, action: 'pause' });
  const permit = { OS_LIBVIRT__LIVE_MIGRATION_PERMIT_POST_COPY: 'true' };
  deepEqual(deadline({ ...env, ...permit }), { after_ms: 50_000, action: 'post-copy' });
  deepEqual(deadline(permit), { after_ms: 4_000_000, action: 'abort' });
  deepEqual(deadline(env, flavor, { after_ms: 7 }), { after_ms: 7, action: 'pause' });
  deepEqual(deadline(env, flavor, { action: 'abort' }), { after_ms: 50_000, action: 'abort' });
  deepEqual(deadline({ [TIMEOUT]: '0' }), undefined);
  deepEqual(deadline({ [TIMEOUT]: '0' }, flavor, { after_ms: 7 }), {
    after_ms: 7,
    action: 'abort',
  });
});

test('what means nothing is named', () => {
  for (const [name, text] of [
    [TIMEOUT, '-1'],
    [ACTION, 'explode'],
  ] as const) {
    const read = upOptions([], { [name]: text });
    ok(read.is === 'no');
    match(read.why.join(' '), new RegExp(`${name}.*${text}`));
  }
});
