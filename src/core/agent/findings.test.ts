/**
 * Goal: what the audit repairs in the books is exact, told once, kept within bounds, and can be put
 * back; a dry run changes nothing; a host where nothing has changed is not compared again.
 * Method: the audit's world of one host (audit.fixture.ts); rows changed as an operator or a bug
 * would.
 * Mutants caught: an undone row not asked for before a repair; `partsApart` left out of an undo;
 * the draft kept in a dry run; `isTold` always false (a row a round); marks that never rise.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import { runs } from '../conductor/rows.ts';
import { claimAll } from '../ledger/claim.ts';
import type { Draft } from '../ledger/draft.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { VCPU } from '../ledger/standard.ts';
import { FINDINGS_MAX, findings } from '../servers/findings.ts';
import { servers } from '../servers/rows.ts';
import { claim, run, server, world } from './audit.fixture.ts';
import { record } from './record.ts';

const holdsOf = (ledger: Ledger, uuid: string) =>
  ledger.read(({ books }) =>
    (books.consumers.get(uuid)?.allocations ?? []).map(({ used }) => used).join(' '),
  );
const rowsOf = (ledger: Ledger) =>
  ledger.read((view) => [...view.rows(findings).values()].sort((a, b) => a.id - b.id));

test('a server that holds nothing holds again what its guest takes; undone, it is left so', async () => {
  const { write, boot, found, ledger, audit, play } = await world();
  await boot();
  await write((draft) => draft.put(servers, server('h')));
  deepEqual(await found(), ['no-hold']);
  equal(await holdsOf(ledger, 's'), '1 1024');
  deepEqual(await found(), []);
  equal((await play(audit.undo(1))).is, 'done');
  equal(await holdsOf(ledger, 's'), '');
  deepEqual(await found(), ['no-hold']);
  equal(await holdsOf(ledger, 's'), '', 'an operator put it back: audits leave it');
  const [row, ...more] = await rowsOf(ledger);
  equal(more.length, 0);
  equal(row?.state, 'undone');
  const again = await play(audit.undo(1));
  ok(again.is === 'no' && again.why.why === 'nothing-to-undo');
});

test('a wrong amount is put right, and cannot be undone once the server holds something else', async () => {
  const { write, boot, found, ledger, audit, play } = await world();
  await boot();
  const hold = (amount: number) => (draft: Draft) => {
    const provider_id = draft.books.providerNamed('h')?.id as number;
    const amounts = [{ provider_id, resource_class_id: VCPU, amount }];
    const owner = { project_id: 'p', user_id: 'u', consumer_type: 'INSTANCE' };
    claimAll(draft, [{ consumer_uuid: 's', ...owner, amounts }]);
  };
  await write((draft) => {
    draft.put(servers, server('h'));
    hold(3)(draft);
  });
  deepEqual(await found(), ['wrong-hold']);
  equal(await holdsOf(ledger, 's'), '1 1024');
  await write(hold(2));
  const late = await play(audit.undo(1));
  ok(late.is === 'no' && late.why.why === 'not-possible');
  equal(await holdsOf(ledger, 's'), '2');
});

test('a dry run says what would be done, and does none of it', async () => {
  const { write, boot, guests, ledger, audit, play, orders } = await world();
  await boot();
  await write((draft) => {
    draft.put(runs, run('undone'));
    claim(draft, 'r', 'MIGRATION');
  });
  const before = orders.length;
  const report = await play(audit.audit(null, true));
  deepEqual(
    report?.found.map(({ kind, state }) => `${kind} ${state}`),
    ['unknown-guest repaired', 'leaked-hold repaired'],
  );
  deepEqual(
    orders.slice(before).map(({ verb }) => verb),
    ['list'],
  );
  deepEqual(guests(), ['c/boot running']);
  equal(await holdsOf(ledger, 'r'), '1 1024');
  deepEqual(await rowsOf(ledger), []);
  equal(await play(audit.audit('nowhere', true)), null);
});

test('one that nobody mends is one row however often it is found, and gone when it is gone', async () => {
  const { write, found, ledger } = await world();
  await write((draft) => claim(draft, 'stranger'));
  deepEqual(await found(), ['strange-hold']);
  const { sequence } = ledger;
  for (let times = 0; times < 3; times++) deepEqual(await found(), ['strange-hold']);
  equal(ledger.sequence, sequence, 'nothing new, so nothing written');
  deepEqual(
    (await rowsOf(ledger)).map(({ state }) => state),
    ['left'],
  );
  await write((draft) => {
    const owner = { project_id: 'p', user_id: 'u', consumer_type: null };
    claimAll(draft, [{ consumer_uuid: 'stranger', ...owner, amounts: [] }]);
  });
  deepEqual(await found(), []);
  deepEqual(
    (await rowsOf(ledger)).map(({ state }) => state),
    ['gone'],
  );
});

test('rows of findings are bounded, the oldest go first', async () => {
  const { write, ledger } = await world();
  const told = { host: 'h', kind: 'sizes', state: 'left', what: '', why: '', undo: [] } as const;
  for (let round = 0; round < 30; round++) {
    await write((draft) => {
      const many = Array.from({ length: 50 }, (_, at) => ({ ...told, subject: `${round}/${at}` }));
      record(
        draft,
        `h${round}`,
        1,
        many.map((one) => ({ ...one, host: `h${round}` })),
      );
    });
  }
  const rows = await rowsOf(ledger);
  ok(rows.length <= FINDINGS_MAX && rows.length > FINDINGS_MAX - 200, `${rows.length} rows`);
  equal(rows.at(-1)?.id, 1500);
});

test('a host that was clean and is as it was is not compared again, until its books change', async () => {
  const { write, boot, found, guests } = await world();
  await boot();
  await write((draft) => {
    draft.put(servers, server('h'));
    claim(draft, 's');
  });
  deepEqual(await found(), []);
  deepEqual(await found(), []);
  await write((draft) =>
    claimAll(draft, [
      { consumer_uuid: 's', project_id: 'p', user_id: 'u', consumer_type: null, amounts: [] },
    ]),
  );
  deepEqual(await found(), ['no-hold'], 'its holds changed');
  deepEqual(await found(), []);
  await write((draft) => draft.remove(servers, server('h')));
  deepEqual(await found(), ['unknown-guest', 'strange-hold'], 'its servers changed');
  deepEqual(guests(), ['c/boot running'], 'what holds something is not destroyed');
});

test('a server that is nowhere, and at rest, holds nothing: what it held is free', async () => {
  const { write, found, ledger } = await world();
  await write((draft) => {
    draft.put(servers, server(null, { vm_state: 'error' }));
    claim(draft, 's');
  });
  deepEqual(await found(), ['hold-elsewhere']);
  equal(await holdsOf(ledger, 's'), '');
});
