/**
 * Goal: a removal plan names everything that holds a host, by what it is, and says that it can go
 * exactly when nothing is named that hinders.
 * Method: rows as evacuations, moves and strangers leave them, and the route's own handler; its
 * answers are held to its schema.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import test from 'node:test';
import { Value } from 'typebox/value';
import { claim, run, server, world } from '../../agent/audit.fixture.ts';
import { runs } from '../../conductor/rows.ts';
import { evacuations } from '../../servers/evacuations.ts';
import { servers } from '../../servers/rows.ts';
import { type Holding, hindrances } from '../holdings.ts';
import { showRemovalPlan } from './removal-plan.ts';
import type { PlimsollRooms } from './rooms.ts';

type Ask = Parameters<typeof showRemovalPlan.handle>[0];

async function planOf(rooms: Pick<PlimsollRooms, 'ledger'>, name: string) {
  const ask = { params: { name } } as unknown as Ask;
  const answer = await showRemovalPlan.handle(ask, rooms as PlimsollRooms);
  if (answer.is !== 'found') return answer.is;
  ok(Value.Check(showRemovalPlan.reply, answer.body));
  const { removable, holdings } = answer.body as {
    removable: boolean;
    holdings: { uuid: string; is: string; hinders: boolean; claimed_by: string | null }[];
  };
  const claims = holdings.flatMap(({ claimed_by }) => claimed_by ?? []);
  const holds = holdings.map(({ uuid, is, hinders }) => `${uuid} ${is} ${hinders}`);
  return { removable, holds, ...(claims.length > 0 && { claims }) };
}

test('whoever holds a host is named, and only quarantine does not hinder', async () => {
  const rooms = await world();
  deepEqual(await planOf(rooms, 'h'), { removable: true, holds: [] });
  equal(await planOf(rooms, 'nowhere'), 'missing');
  await rooms.write((draft) => {
    draft.put(servers, server('elsewhere'));
    claim(draft, 's');
    const about = { server_uuid: 's', host: 'h', run_id: 'e', evacuated_at_ms: 0 };
    draft.put(evacuations, about);
  });
  deepEqual(await planOf(rooms, 'h'), { removable: true, holds: ['s quarantine false'] });
  await rooms.write((draft) => {
    draft.put(runs, run('running'));
    draft.as('r/claim', () => claim(draft, 'r', 'MIGRATION'));
    claim(draft, 'x');
    draft.put(servers, server('h', { uuid: 't' }));
  });
  deepEqual(await planOf(rooms, 'h'), {
    removable: false,
    holds: ['r operation true', 's quarantine false', 't server true', 'x other true'],
    claims: ['r/claim'],
  });
});

test('in a sentence: who hinders, and how many more', () => {
  const one = (uuid: string, more: Partial<Holding> = {}): Holding => ({
    ...{ uuid, name: 'web', is: 'server', hinders: true, next: 'delete it' },
    ...{ claimed_by: null, claimed_at_ms: null, ...more },
  });
  const all = [one('q', { is: 'quarantine', hinders: false }), one('x', { is: 'other' }), one('s')];
  equal(hindrances(all), 'consumer x: delete it; server web s: delete it');
  const many = hindrances(Array.from({ length: 25 }, (_, at) => one(`${at}`)));
  deepEqual([many.split('; ').length, many.endsWith('; and 15 more')], [11, true]);
  equal(hindrances([]), '');
});
