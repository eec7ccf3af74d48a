/**
 * Goal: a request for servers that the store did not take is answered by 503, whoever refused: the
 * commit or its beginning, for one server or many; and nothing of it is left.
 * Method: an installation in simulated time whose disk refuses for a while.
 * Mutants that were caught: the refusal answered as a conflict; a draft kept that was not written.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import test from 'node:test';
import { admin, flavor, openCompute, wanted } from '../../../sim/compute-client.ts';
import { explanations } from '../../scheduler/rows.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));

test('a store that does not write is said to be that, and nothing is made', async () => {
  const trial = await openCompute(drain);
  const client = await admin(trial);
  const server = wanted(client, await flavor(client));
  const { faults } = trial.rooms;
  const servers = async () => (await client.ask('GET', '/servers')).body.servers.length;
  const explained = () => trial.rooms.ledger.read((view) => view.rows(explanations).size);
  faults.onCommit = () => 'refuse';
  for (const more of [{}, { min_count: 2 }, { min_count: 2, max_count: 900 }]) {
    const { status, body } = await client.ask('POST', '/servers', {
      server: { ...server, ...more },
    });
    deepEqual([status, Object.keys(body)], [503, ['serviceUnavailable']], JSON.stringify(body));
    match(body.serviceUnavailable.message, /store|disk/);
  }
  faults.onCommit = () => null;
  faults.onBegin = () => 'refuse';
  equal((await client.ask('POST', '/servers', { server })).status, 503);
  faults.onBegin = () => null;
  deepEqual([await servers(), await explained()], [0, 0]);
  equal((await client.ask('POST', '/servers', { server })).status, 202);
  equal(await servers(), 1);
});
