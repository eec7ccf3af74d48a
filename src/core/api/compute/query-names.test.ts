/**
 * Goal: a name that means nothing is refused from the version on that says so, and not before.
 * Method: routes with their versions, asked through the service on both sides of them.
 * Mutants that these killed: refused one version early; a later name taken from the beginning.
 */
import { deepEqual, match } from 'node:assert/strict';
import test from 'node:test';
import { admin, openCompute } from '../../../sim/compute-client.ts';
import { readQuery } from '../query.ts';
import { strayName } from './query-names.ts';

const drain = () => new Promise<void>((resolve) => setImmediate(resolve));

test('from its version on a list refuses names that it does not know', async () => {
  const trial = await openCompute(drain);
  const statusAt = async (version: number, path: string) =>
    (await (await admin(trial, version)).ask('GET', path)).status;
  const at = (path: string, versions: readonly number[]) =>
    Promise.all(versions.map((version) => statusAt(version, path)));
  deepEqual(await at('/os-services?zz=1', [74, 75]), [200, 400]);
  deepEqual(await at('/os-hypervisors?zz=1', [52, 53]), [200, 400]);
  deepEqual(await at('/flavors/detail?minRam=1&is_public=None', [74, 96]), [200, 200]);
  const told = await (await admin(trial, 96)).ask('GET', '/limits?reserved=1');
  match(told.body.badRequest.message, /reserved/);
});

test('a name is known from the version that brought it', () => {
  const route = { method: 'GET', path: '/os-migrations' } as const;
  const stray = (version: number) => strayName(route, version, readQuery('changes-before=x'));
  deepEqual(
    [stray(58), stray(59), stray(65), stray(66)],
    [null, 'changes-before', 'changes-before', null],
  );
});
