/**
 * Goal: an owner reads why its server was refused or placed in counts and in facts of its own
 * request, with no host in it; an operator reads the hosts; others find nothing.
 * Method: one refusal and one choice of a little fleet, asked for by three callers.
 *
 * Mutants that were caught: a tenant shown what the operator is; another project let in.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import test from 'node:test';
import { Value } from 'typebox/value';
import { present } from '../../base/units.ts';
import { Scheduler } from '../../scheduler/decide.ts';
import { ask, flavorOf, LittleFleet, serverOf } from '../../scheduler/little-fleet.fixture.ts';
import type { Caller } from '../http.ts';
import { listExplanations, showExplanation } from './explanations.ts';
import type { PlimsollRooms } from './rooms.ts';

const HOSTS = ['secret-1', 'secret-2'];
const cell = { vcpus: 8, memory_mib: 8 * 1024 };

function decided(): LittleFleet {
  const fleet = new LittleFleet(HOSTS.map((name) => ({ name, cells: [cell] })));
  const scheduler = new Scheduler();
  for (const uuid of ['placed', 'refused']) fleet.addServer(serverOf(uuid, flavorOf('f', 1)));
  const wanted = ask({ server_uuid: 'placed' });
  const place = present(scheduler.find(fleet.draft, wanted), 'room');
  scheduler.keepChoice(fleet.draft, scheduler.choice(fleet.draft, wanted, place));
  const large = ask({ server_uuid: 'refused', resources: { VCPU: 99 } });
  const answer = scheduler.decide(fleet.draft, large);
  if (answer.is === 'no') scheduler.keep(fleet.draft, answer.why);
  return fleet;
}

const caller = (project_id: string, role: string): Caller => ({
  user_id: 'u',
  user_name: 'u',
  project_id,
  project_name: project_id,
  roles: [role],
  system_scope: false,
});

async function read(who: Caller, server: string) {
  const { draft } = decided();
  const rooms = { ledger: { read: <T>(look: (view: typeof draft) => T) => look(draft) } };
  const about = { caller: who, raw_query: '', body: undefined, headers: {} };
  const list = { ...about, params: {}, query: { server } };
  const answered = await listExplanations.handle(list, rooms as unknown as PlimsollRooms);
  const body = answered.is === 'found' ? answered.body : null;
  deepEqual([...Value.Errors(listExplanations.reply, body)], []);
  const { explanations } = body as { explanations: { id: string; chosen: { host: string } }[] };
  const id = `${draft.now_ms}-${server}`;
  const one = { ...about, params: { id }, query: {} };
  const shown = await showExplanation.handle(one, rooms as unknown as PlimsollRooms);
  const text = JSON.stringify(explanations);
  return { explanations, text, shown };
}

test('an owner reads counts and its own request, and no host', async () => {
  for (const server of ['placed', 'refused']) {
    const { explanations, text, shown } = await read(caller('p', 'member'), server);
    equal(explanations.length, 1);
    equal(/secret/.test(text + JSON.stringify(shown)), false, text);
    match(text, server === 'placed' ? /2 of 2 hosts could take/ : /None of 2 hosts can take/);
    match(text, /"asked":\{"resources":\{"VCPU"/);
  }
});

test('an operator reads the hosts, and another project nothing', async () => {
  const placed = await read(caller('other', 'admin'), 'placed');
  equal(placed.explanations[0]?.chosen.host, 'secret-1');
  match((await read(caller('other', 'admin'), 'refused')).text, /secret-2/);
  for (const server of ['placed', 'refused']) {
    const { explanations, shown } = await read(caller('other', 'member'), server);
    deepEqual([explanations, shown.is], [[], 'missing']);
  }
});
