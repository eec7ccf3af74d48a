/**
 * Goal: a bug of ours in a saga ends its run as stuck, also where the ledger cannot write that down
 * at once (C2): a run that nobody carries on must not look as if it were under way.
 * Method: a saga whose step throws, on a ledger that takes nothing the first two times it is asked
 * to write the end; the clock does not wait.
 * Mutant that this killed: asking once.
 */
import { equal } from 'node:assert/strict';
import test from 'node:test';
import { millis } from '../base/units.ts';
import { Draft } from '../ledger/draft.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { State } from '../ledger/state.ts';
import { silent } from '../ports/journal.ts';
import { done, no } from '../ports/reply.ts';
import { Conductor } from './conductor.ts';
import { conductorTables, runs } from './rows.ts';
import { saga } from './saga.ts';

const broken = saga<object, null>('broken')
  .book('break', {
    do: () => {
      throw new Error('on purpose');
    },
    undo: 'nothing to undo',
  })
  .end();

test('a run that breaks is stuck, however often the ledger has to be asked', async () => {
  const state = new State(conductorTables as never);
  let refusals = 0;
  let broke = false;
  const ledger = {
    subscribe: () => () => {},
    async submit(decide: (draft: Draft) => unknown) {
      if (broke && refusals < 2) {
        refusals++;
        return no({ why: 'unavailable', message: 'not now' });
      }
      try {
        return decide(new Draft(state, 1));
      } catch (bug) {
        broke = true;
        throw bug;
      }
    },
  } as unknown as Ledger;
  const conductor = new Conductor<null>({
    ledger,
    wire: { ask: () => Promise.reject(new Error('nobody is asked')) },
    clock: { now: () => millis(0), wall: () => 0, sleep: async () => {} },
    journal: silent,
    sagas: [broken],
    world: null,
    owner: { name: 'me', sole: true },
    unreachable: () => false,
    fenced: () => false,
    makesRoom: () => false,
  });
  await ledger.submit((draft) => {
    return done(conductor.start(draft, 'broken', {}, { server_uuid: null, run_id: 'r' }));
  });
  await conductor.recover();
  await conductor.idle();
  equal(refusals, 2);
  equal(state.rows(runs).get('r')?.state, 'stuck');
});
