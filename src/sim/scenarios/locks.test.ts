/**
 * Goal: a lock binds from the request on that wrote it, whoever had looked before.
 * Method: a locked server in a little world, asked of by its owner, past the door that looks at
 * locks too. (Live migrations and changes of power once looked at locks there only.)
 */
import { deepEqual, equal } from 'node:assert/strict';
import test from 'node:test';
import { present } from '../../core/base/units.ts';
import { runs } from '../../core/conductor/rows.ts';
import { done } from '../../core/ports/reply.ts';
import { servers } from '../../core/servers/rows.ts';
import { plainSeconds, refusalOf } from '../pairs.ts';
import { seen, serverIn, worldWith } from './tale.fixture.ts';

test('whatever its owner asks of a locked server is refused, but for images of it', async () => {
  const world = await worldWith();
  const uuid = await world.create();
  await world.rest();
  const before = seen(world).rows(runs).size;
  await world.write((draft) => {
    const lock = { reason: null, by: 'owner' as const };
    const row = present(draft.rows(servers).get(uuid), uuid);
    return done(draft.put(servers, { ...row, lock }));
  });
  for (const second of plainSeconds.filter((one) => one !== 'create-image')) {
    const why = await refusalOf(world, uuid, second);
    equal(why, 'locked', second);
  }
  equal(seen(world).rows(runs).size, before);
  equal(serverIn(world, uuid).task_state, null);
  deepEqual(world.broken(), []);
});
