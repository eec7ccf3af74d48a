/**
 * Goal: `host removal` names what holds a host, and tells by its exit code whether it could go.
 * Method: a client that gives answers of our own API's shape, held to its schema.
 */
import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import test from 'node:test';
import { Value } from 'typebox/value';
import { Holding } from '../core/api/plimsoll/removal-plan.ts';
import { planOfRemoval } from './removal.ts';
import type { Session } from './session.ts';

test('what holds a host is told, and is 1; a host that nothing holds is 0', async () => {
  const claim = { claimed_by: 'r1/place', claimed_at_ms: 1_000 };
  const server = { uuid: 'u1', name: 'web', is: 'server', hinders: true };
  const holding = { ...server, next: 'drain it', ...claim };
  ok(Value.Check(Holding, holding));
  const said: string[] = [];
  const asked: string[] = [];
  const session = (answer: unknown) => {
    const get = (path: string) => {
      asked.push(path);
      return Promise.resolve(answer);
    };
    const client = { get } as unknown as Session['client'];
    return { client, format: 'table' as const, print: (text: string) => void said.push(text) };
  };
  equal(await planOfRemoval(session({ removable: false, holdings: [holding] }), 'h 1'), 1);
  deepEqual(asked, ['/hosts/h%201/removal-plan']);
  match(said.join('\n'), /u1 +web +server +yes +r1\/place +\S.* +drain it\nh 1: it cannot leave/);
  equal(await planOfRemoval(session({ removable: true, holdings: [] }), 'h1'), 0);
  await rejects(planOfRemoval(session(null), 'h9'), /there is no host 'h9'/);
});
