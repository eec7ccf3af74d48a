/**
 * Goal: a stuck run goes on as a person says, at whichever process its lease is, and only once.
 * Method: a saga whose bug can be mended, and conductors of one or two processes on one ledger in
 * memory that tells both of each batch; the clock is the test's. Every way of real sagas is in
 * sim/stuck-ways.test.ts.
 *
 * Mutants that this killed: a reset that keeps the fence; one that always takes the run over; an
 * undo past the pivot; an error that is forgotten by a retry.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import test from 'node:test';
import { millis, present } from '../base/units.ts';
import { Draft } from '../ledger/draft.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { State } from '../ledger/state.ts';
import { silent } from '../ports/journal.ts';
import { done, no } from '../ports/reply.ts';
import type { Batch } from '../ports/store.ts';
import { Conductor } from './conductor.ts';
import { LEASE_MS } from './leases.ts';
import type { ResetHow } from './reset.ts';
import { conductorTables, processes, type RunRow, runSteps, runs } from './rows.ts';
import { saga } from './saga.ts';

const bugs = { in: 'nothing' };
const doing = (step: string) => () => {
  if (bugs.in === step) throw new Error('on purpose');
  if (bugs.in === 'undo' && step === 'second') {
    return no({ fault: { code: 409, message: 'it would not', explanation_id: null } });
  }
  return done(step);
};
const undoing = () => {
  if (bugs.in === 'undo') throw new Error('on purpose');
  return done(undefined);
};

const halved = saga<object, null>('halved')
  .book('first', { do: doing('first'), undo: undoing })
  .book('second', { do: doing('second'), undo: undoing })
  .onward()
  .book('last', { do: () => doing('last')() })
  .end();

/** One ledger in memory; each process hears of each batch. */
function shared() {
  const state = new State(conductorTables as never);
  const hearers: ((batch: Batch) => void)[] = [];
  const clock = { now_ms: 1_000_000 };
  const submit = async (decide: (draft: Draft) => unknown) => {
    const draft = new Draft(state, clock.now_ms);
    let said: unknown;
    try {
      said = decide(draft);
    } catch (bug) {
      draft.rollback();
      throw bug;
    }
    const batch = { changes: draft.changes } as unknown as Batch;
    for (const hear of hearers) hear(batch);
    return said;
  };
  const ledger = {
    submit,
    subscribe: (hear: (batch: Batch) => void) => {
      hearers.push(hear);
      return () => hearers.splice(hearers.indexOf(hear), 1);
    },
  } as unknown as Ledger;
  return { state, clock, ledger };
}

function processNamed(name: string, { ledger, clock }: ReturnType<typeof shared>) {
  return new Conductor<null>({
    ledger,
    wire: { ask: () => Promise.reject(new Error('nobody is asked')) },
    // It never sleeps on: leases are renewed by `recover` alone.
    clock: {
      now: () => millis(clock.now_ms),
      wall: () => clock.now_ms,
      sleep: () => new Promise(() => {}),
    },
    journal: silent,
    sagas: [halved],
    world: null,
    owner: { name, sole: false },
    unreachable: () => false,
    fenced: () => false,
    steps_per_request_max: 1,
    makesRoom: () => false,
  });
}

async function stuckAt(step: string) {
  const books = shared();
  const one = processNamed('one', books);
  const two = processNamed('two', books);
  await one.recover();
  await two.recover();
  bugs.in = step;
  await books.ledger.submit((draft) => {
    return done(one.start(draft, 'halved', {}, { server_uuid: null, run_id: 'r' }));
  });
  await one.idle();
  const now = (): RunRow => present(books.state.rows(runs).get('r'), 'the run');
  const reset = async (by: Conductor<null>, how: ResetHow) => {
    const said = await books.ledger.submit((draft) => by.reset(draft, now(), how));
    await Promise.all([one.idle(), two.idle()]);
    return said;
  };
  equal(now().state, 'stuck');
  return { ...books, one, two, now, reset };
}

const linesOf = ({ state }: { state: State }) =>
  state
    .rows(runSteps)
    .by('run_id', 'r')
    .toSorted((a, b) => a.position - b.position)
    .map((line) => `${line.name} ${line.state}`);

test('a stuck run has not ended; retried it sticks again, and ends without the bug', async () => {
  const { one, now, reset } = await stuckAt('second');
  equal(now().ended_at_ms, null);
  deepEqual(now().stuck, { was: 'running', since_ms: 1_000_000, error: null });
  await reset(one, 'retry');
  equal(now().state, 'stuck');
  bugs.in = 'nothing';
  await reset(one, 'retry');
  equal(now().state, 'done');
  equal(now().error, null);
  equal(now().stuck, null);
});

test('its undo undoes what is recorded, and the first step in any case', async () => {
  const later = await stuckAt('second');
  await later.reset(later.one, 'undo');
  deepEqual(linesOf(later), ['first undone']);
  equal(later.now().state, 'undone');
  match(later.now().error?.message ?? '', /on purpose/);
  const first = await stuckAt('first');
  await first.reset(first.one, 'undo');
  deepEqual(linesOf(first), ['first undone']);
});

test('one that was going back goes on with that, and says why it does', async () => {
  const { one, now, reset } = await stuckAt('undo');
  equal(now().stuck?.was, 'undoing');
  match(now().error?.message ?? '', /on purpose/);
  bugs.in = 'nothing';
  await reset(one, 'retry');
  deepEqual([now().state, now().error?.message], ['undone', 'it would not']);
});

test('where there is no way back an undo is refused and changes nothing', async () => {
  const { one, now, reset } = await stuckAt('last');
  const before = now();
  const said = await reset(one, 'undo');
  match(said.is === 'no' ? String(said.why) : '', /came as far as last.*retry it/);
  equal(now(), before);
  bugs.in = 'nothing';
  await reset(one, 'either');
  equal(now().state, 'done');
});

test('one that is stuck since an older program can be undone, and not retried', async () => {
  const { ledger, one, now, reset } = await stuckAt('second');
  await ledger.submit((draft) => done(draft.put(runs, { ...now(), stuck: null, ended_at_ms: 9 })));
  const said = await reset(one, 'retry');
  match(said.is === 'no' ? String(said.why) : '', /not known/);
  await reset(one, 'undo');
  equal(now().state, 'undone');
});

test('the process that has the lease carries it on, whoever is asked', async () => {
  const { two, now, reset } = await stuckAt('second');
  bugs.in = 'nothing';
  await reset(two, 'retry');
  deepEqual([now().state, now().owner, now().fence], ['done', 'one', 2]);
});

test('once that process is gone, the one that is asked carries it on', async () => {
  const { clock, state, one, two, now, reset } = await stuckAt('second');
  bugs.in = 'nothing';
  one.stop();
  clock.now_ms += LEASE_MS + 1;
  await two.recover();
  equal(state.rows(processes).has('one'), false);
  equal(now().owner, 'one', 'what is stuck nobody takes');
  await reset(two, 'retry');
  deepEqual([now().state, now().owner, now().fence], ['done', 'two', 2]);
});
