/**
 * Goal: AU7: a host is looked at again when something of it has changed, and not when it was merely
 * heard again; a host that lives writes that down more often than it is audited.
 * Method: a ledger with two hosts; each change is committed, and the marks are read.
 * Mutants that were caught: beats that count as changes; figures that do; a host's row that never
 * does, or only the first time; holds, servers and runs that are not noted.
 */
import { deepEqual, equal } from 'node:assert/strict';
import test from 'node:test';
import { present } from '../base/units.ts';
import { runs } from '../conductor/rows.ts';
import { HEARD_WRITTEN_EVERY_MS } from '../fleet/heartbeat.ts';
import { hostMetrics } from '../fleet/metric-rows.ts';
import { hosts } from '../fleet/rows.ts';
import { forceDown } from '../fleet/status.ts';
import type { Draft } from '../ledger/draft.ts';
import { servers } from '../servers/rows.ts';
import { claim, run, server, world } from './audit.fixture.ts';
import { AUDIT_EVERY } from './audit.ts';
import { Changed } from './changed.ts';

async function watched() {
  const { ledger, write } = await world();
  const changed = new Changed(ledger);
  /** Whether the change makes it a host to be looked at again. */
  const rises = async (change: (draft: Draft) => unknown): Promise<boolean> => {
    const before = changed.mark('h');
    await write(change);
    return changed.mark('h') > before;
  };
  return { rises };
}

const heard = (draft: Draft) => {
  const row = present(draft.rows(hosts).get('h'), 'the host');
  draft.put(hosts, { ...row, heard_at_ms: row.heard_at_ms + HEARD_WRITTEN_EVERY_MS });
};

test('to be heard of is no change; to be up or down, or to begin anew, is', async () => {
  equal(HEARD_WRITTEN_EVERY_MS < AUDIT_EVERY, true);
  const { rises } = await watched();
  await rises(heard); // the first row that it sees of a host
  deepEqual([await rises(heard), await rises(heard)], [false, false]);
  equal(await rises((draft) => forceDown(draft, 'h', true)), true);
  equal(await rises(heard), false);
  const again = (draft: Draft) => {
    const row = present(draft.rows(hosts).get('h'), 'the host');
    draft.put(hosts, { ...row, incarnation: row.incarnation + 1 });
  };
  equal(await rises(again), true);
});

test('its figures are no change; its servers, holds and their runs are', async () => {
  const { rises } = await watched();
  const figures = { 'cpu.percent': 50 };
  equal(
    await rises((draft) => draft.put(hostMetrics, { host: 'h', provider_id: 1, figures })),
    false,
  );
  equal(await rises((draft) => draft.put(servers, server('h'))), true);
  equal(await rises((draft) => claim(draft, 's')), true);
  equal(await rises((draft) => draft.put(runs, { ...run('running'), server_uuid: 's' })), true);
  equal(await rises((draft) => claim(draft, 'r', 'MIGRATION')), true);
  equal(await rises((draft) => draft.put(runs, run('done'))), true);
});
