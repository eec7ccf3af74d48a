/**
 * Goal: /healthz and /readyz name what is wrong, in time (PU1) and without asking the store for
 * every one who asks (PU2), and only what the table says makes them say 503.
 * Method: a ledger on a store that can refuse, be silent, or have forgotten the records of others;
 * time is the test's.
 * Mutants that these killed: no bound on the store's answer; asking it each time; a write that was
 * refused forgotten at the next turn; behind told as lost; a lease looked at while starting.
 */
import { deepEqual, equal } from 'node:assert/strict';
import test from 'node:test';
import { SimDisk, SimStore } from '../../../sim/store.ts';
import { table } from '../../base/table.ts';
import { millis } from '../../base/units.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { done, no } from '../../ports/reply.ts';
import type { Store, StoreRefusal } from '../../ports/store.ts';
import type { HttpRequest } from '../http.ts';
import { ANSWER_WITHIN_MS, FELT_MS, Pulse } from './pulse.ts';
import { healthService } from './service.ts';
import { TROUBLES, type TroubleName } from './troubles.ts';

interface Row {
  readonly id: string;
}
const rows = table<Row>({ name: 'row', columns: { id: 'text' }, primary: ['id'] });

type Way = 'well' | 'silent' | 'full' | 'pruned' | 'away';

/** A store in one of its ways; `asked` counts what reached it. */
function moody(store: Store, shared: boolean) {
  const mood = { way: 'well' as Way, asked: 0 };
  const refusal = (): StoreRefusal =>
    mood.way === 'pruned' ? { why: 'pruned' } : { why: 'unavailable', message: 'not now' };
  const ask = <T>(answer: () => Promise<T>): Promise<T | ReturnType<typeof no<StoreRefusal>>> => {
    mood.asked++;
    if (mood.way === 'silent') return new Promise<never>(() => {});
    const refuses = mood.way === 'pruned' || mood.way === 'away';
    return refuses ? Promise.resolve(no(refusal())) : answer();
  };
  const made: Store = {
    shared,
    load: (visit) => store.load(visit),
    begin: (since) => ask(() => store.begin(since)),
    commit: async (batch) => {
      if (mood.way !== 'full') return store.commit(batch);
      await store.rollback();
      return no(refusal());
    },
    rollback: () => store.rollback(),
    records: (since, limit) => ask(() => store.records(since, limit)),
    close: () => store.close(),
  };
  return { mood, store: made };
}

async function patient(shared = false) {
  let now_ms = 10_000;
  let sleepers: (() => void)[] = [];
  const clock = {
    now: () => millis(now_ms),
    wall: () => now_ms,
    sleep: () => new Promise<void>((wake) => sleepers.push(wake)),
  };
  const pass = (span_ms: number) => {
    now_ms += span_ms;
    for (const wake of sleepers) wake();
    sleepers = [];
  };
  const { mood, store } = moody(new SimStore([rows], {}, new SimDisk()), shared);
  const ledger = await Ledger.open([rows], store, clock);
  const about = { lease: true, broker: true };
  const pulse = new Pulse({
    ...{ ledger, clock },
    holdsLease: () => about.lease,
    hasBroker: () => about.broker,
  });
  pulse.phase = 'up';
  const write = (id: string) =>
    ledger.submit((draft) => {
      draft.put(rows, { id });
      return done(undefined);
    });
  return { pulse, mood, about, pass, write, ledger };
}

test('a process that is well says nothing, and asks its store once for all who ask', async () => {
  const { pulse, mood, pass } = await patient();
  deepEqual(await Promise.all([1, 2, 3].map(() => pulse.troubles())), [[], [], []]);
  equal(mood.asked, 1);
  pass(FELT_MS - 1);
  await pulse.troubles();
  equal(mood.asked, 1);
  pass(1);
  await pulse.troubles();
  equal(mood.asked, 2);
});

for (const shared of [false, true]) {
  const where = shared ? 'a shared database' : 'a database of its own';
  test(`${where} that is silent, and back, is told of in time`, async () => {
    const { pulse, mood, pass } = await patient(shared);
    mood.way = 'silent';
    const asked = pulse.troubles();
    pass(ANSWER_WITHIN_MS);
    deepEqual(await asked, ['database-lost']);
  });

  test(`${where} that refuses, and back, is told of`, async () => {
    const { pulse, mood, pass, write } = await patient(shared);
    mood.way = 'away';
    deepEqual(await pulse.troubles(), ['database-lost']);
    mood.way = 'well';
    pass(FELT_MS);
    await write('a');
    deepEqual(await pulse.troubles(), []);
  });
}

test('a full disk is held against it until a write succeeds, or for a while', async () => {
  const { pulse, mood, pass, write } = await patient();
  mood.way = 'full';
  equal((await write('a')).is, 'no');
  deepEqual(await pulse.troubles(), ['database-lost']);
  mood.way = 'well';
  pass(FELT_MS);
  deepEqual(await pulse.troubles(), ['database-lost'], 'nothing was written since');
  await write('b');
  pass(FELT_MS);
  deepEqual(await pulse.troubles(), []);
  mood.way = 'full';
  await write('c');
  mood.way = 'well';
  pass(5_000);
  deepEqual(await pulse.troubles(), [], 'nobody wrote, so nobody knows');
});

test('one that is too far behind says so, and that it must read everything anew', async () => {
  const { pulse, mood, ledger } = await patient(true);
  mood.way = 'pruned';
  deepEqual(await pulse.troubles(), ['ledger-behind']);
  await ledger.behind;
});

test('phases, lease and broker are named', async () => {
  const { pulse, about } = await patient();
  Object.assign(about, { lease: false, broker: false });
  deepEqual(await pulse.troubles(), ['lease-lost', 'broker-away']);
  pulse.phase = 'starting';
  deepEqual(await pulse.troubles(), ['starting', 'broker-away']);
  pulse.phase = 'stopping';
  deepEqual(await pulse.troubles(), ['stopping', 'broker-away']);
});

async function ask(path: string, troubles: readonly TroubleName[]) {
  const route = healthService.routes.find((one) => one.path === path && one.method === 'GET');
  const rooms = { pulse: { troubles: async () => troubles } };
  const answer = await route?.handle({ path } as HttpRequest, rooms);
  return { status: answer?.status, body: JSON.parse(String(answer?.body)) };
}

test('of each trouble, the status is what the table says', async () => {
  deepEqual(await ask('/readyz', []), { status: 200, body: { ok: true, wrong: [] } });
  for (const name of Object.keys(TROUBLES) as TroubleName[]) {
    const { serves, lives, what, next } = TROUBLES[name];
    const wrong = [{ name, what, next }];
    const ready = await ask('/readyz', [name]);
    deepEqual(ready, { status: serves ? 200 : 503, body: { ok: serves, wrong } });
    equal((await ask('/healthz', [name])).status, lives ? 200 : 503);
  }
  const both = await ask('/readyz', ['broker-away', 'stopping']);
  deepEqual(
    both.body.wrong.map(({ name }: { name: string }) => name),
    ['broker-away', 'stopping'],
  );
  equal(both.status, 503);
});
