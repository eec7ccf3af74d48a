/**
 * Goal: what our API says about the ledger is true, and of its schema: whole trees are written in
 * one request, followed by the change feed, explained when nothing fits, and counted by project.
 * Method: Placement's own program on a new database, asked over HTTP; a follower that applies the
 * feed from the first record must come to what Placement's own answers say.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import test, { after, before } from 'node:test';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { ledgerRoutes } from '../src/core/api/plimsoll/service.ts';
import { type Asked, PlacementProcess } from './placement-process.ts';

const OWN = '/plimsoll/v1';
const [ROOT, NUMA_0, NUMA_1] = [1, 2, 3].map((n) => `00000000-0000-4000-8000-00000000000${n}`);
const consumer = (n: number) => `c0000000-0000-4000-8000-00000000000${n}`;

const server = new PlacementProcess();
before(() => server.start());
after(() => server.clear());

const replies = new Map(
  ledgerRoutes.map(({ method, path, reply }) => [`${method} ${path}`, reply]),
);

/** Asks our API; an answer of 200 must be of the schema of its route. */
async function own(method: string, path: string, body?: unknown, token = 'admin'): Promise<Asked> {
  const answer = await server.ask(method, `${OWN}${path}`, body, { 'x-auth-token': token });
  const route = path.replace(/\?.*/, '').replace(/providers\/[^/]+/, 'providers/:uuid');
  const schema = replies.get(`${method} ${route}`) as TSchema;
  if (answer.status === 200) deepEqual([...Value.Errors(schema, answer.body)], []);
  return answer;
}

const node = (uuid: string | undefined, name: string) => ({
  uuid,
  name,
  parent_provider_uuid: ROOT,
  inventories: { VCPU: { total: 8 }, MEMORY_MB: { total: 4096, reserved: 96 } },
  traits: ['HW_NUMA_ROOT'],
});
const root = {
  uuid: ROOT,
  name: 'host-1',
  parent_provider_uuid: null,
  inventories: { DISK_GB: { total: 100, allocation_ratio: 1.5 } },
  aggregates: [consumer(9)],
};
const tree = { providers: [node(NUMA_1, 'numa-1'), node(NUMA_0, 'numa-0'), root] };
const PUT_TREE = `/providers/${ROOT}/tree`;

test('a whole tree is written in one request, and again changes nothing', async () => {
  const first = await own('PUT', PUT_TREE, tree);
  equal(first.status, 200, JSON.stringify(first.body));
  ok(first.body.providers.every((one: { changed: boolean }) => one.changed));
  deepEqual(
    first.body.providers.map((one: { root_provider_uuid: string }) => one.root_provider_uuid),
    [ROOT, ROOT, ROOT],
  );
  const again = await own('PUT', PUT_TREE, tree);
  ok(again.body.providers.every((one: { changed: boolean }) => !one.changed));
  const shown = await server.ask('GET', `/resource_providers/${NUMA_0}/inventories`);
  equal(shown.body.inventories.MEMORY_MB.reserved, 96);
  equal(shown.body.resource_provider_generation, first.body.providers[1].generation);
});

test('a wrong report is refused whole, with a sentence', async () => {
  const wrong: readonly [number, RegExp, object][] = [
    [400, /unknown fields: colour/, { providers: [{ ...root, colour: 'red' }] }],
    [
      400,
      /no resource class CUSTOM_X/,
      { providers: [{ ...root, inventories: { CUSTOM_X: { total: 1 } } }] },
    ],
    [400, /no trait NO_SUCH/, { providers: [{ ...root, traits: ['NO_SUCH'] }] }],
    [
      400,
      /more of VCPU is reserved/,
      { providers: [{ ...root, inventories: { VCPU: { total: 1, reserved: 2 } } }] },
    ],
    [400, /the root must be among/, { providers: [node(NUMA_0, 'numa-0')] }],
    [
      409,
      /has generation \d+; the report saw generation 77/,
      { providers: [{ ...root, name: 'x', generation: 77 }] },
    ],
    [409, /the name numa-0 is another/, { providers: [{ ...root, name: 'numa-0' }] }],
    [400, /providers/, { providers: [] }],
  ];
  const before = await server.ask('GET', '/resource_providers');
  for (const [status, message, body] of wrong) {
    const answer = await own('PUT', PUT_TREE, body);
    equal(answer.status, status, JSON.stringify(answer.body));
    match(answer.body.message, message);
  }
  deepEqual((await server.ask('GET', '/resource_providers')).body, before.body);
  equal((await own('PUT', PUT_TREE, tree, 'kim:blue')).status, 403);
  equal((await own('PUT', '/providers/nobody/tree', tree)).status, 400);
});

async function hold(n: number, project_id: string, amounts: Record<string, number>, on = NUMA_0) {
  const { status, body } = await server.ask('PUT', `/allocations/${consumer(n)}`, {
    allocations: { [on as string]: { resources: amounts } },
    project_id,
    user_id: 'u',
    consumer_generation: null,
    consumer_type: n === 3 ? 'MIGRATION' : 'INSTANCE',
  });
  equal(status, 204, JSON.stringify(body));
}

test('the usage of many projects comes in one answer, by class and by type', async () => {
  await hold(1, 'red', { VCPU: 2, MEMORY_MB: 1000 });
  await hold(2, 'red', { VCPU: 3 });
  await hold(3, 'red', { VCPU: 1 });
  await hold(4, 'blue', { VCPU: 4 }, NUMA_1);
  const { body } = await own('GET', '/usages?project_id=red,blue,none');
  deepEqual(body.projects, [
    {
      project_id: 'red',
      consumers: 3,
      usages: { VCPU: 6, MEMORY_MB: 1000 },
      by_consumer_type: [
        { consumer_type: 'INSTANCE', consumers: 2, usages: { VCPU: 5, MEMORY_MB: 1000 } },
        { consumer_type: 'MIGRATION', consumers: 1, usages: { VCPU: 1 } },
      ],
    },
    {
      project_id: 'blue',
      consumers: 1,
      usages: { VCPU: 4 },
      by_consumer_type: [{ consumer_type: 'INSTANCE', consumers: 1, usages: { VCPU: 4 } }],
    },
    { project_id: 'none', consumers: 0, usages: {}, by_consumer_type: [] },
  ]);
  const posted = await own('POST', '/usages', { project_ids: ['red', 'blue', 'none'] });
  deepEqual(posted.body, body);
  equal((await own('GET', '/usages?project_id=blue', undefined, 'kim:blue')).status, 200);
  equal((await own('GET', '/usages?project_id=blue,red', undefined, 'kim:blue')).status, 403);
  equal((await own('POST', '/usages', { project_ids: [] })).status, 400);
  const many = Array.from({ length: 201 }, (_, n) => `p${n}`).join(',');
  match((await own('GET', `/usages?project_id=${many}`)).body.message, /201 projects/);
});

test('why nothing fits is told with the nearest miss, in the words of the query', async () => {
  const explain = async (query: string) =>
    (await own('GET', `/allocation_candidates/explain?${query}`)).body;
  const full = await explain('resources=VCPU:5,DISK_GB:10');
  equal(full.empty, true);
  deepEqual(full.first_failure, {
    group: '',
    constraint: 'has room for 5 VCPU',
    provider_uuid: NUMA_1,
    provider_name: 'numa-1',
    needed: 5,
    available: 4,
    sentence: 'numa-1 has room for 4 more VCPU; needed 5',
  });
  match(
    full.summary,
    /of 2 providers that came so far, none has room for 5 VCPU\. The nearest: numa-1/,
  );
  deepEqual(
    full.funnel.slice(0, 3).map((step: { in: number; out: number }) => [step.in, step.out]),
    [
      [3, 2],
      [2, 2],
      [2, 0],
    ],
  );
  const fits = await explain('resources=VCPU:1,DISK_GB:10');
  deepEqual([fits.empty, fits.candidates, fits.first_failure], [false, 2, null]);
  equal(fits.summary, 'There are 2 candidates.');
  const apart = 'resources_A=VCPU:1&resources_B=VCPU:1&resources_C=VCPU:1&group_policy=isolate';
  const isolated = await explain(apart);
  match(isolated.summary, /has a provider of its own for each group/);
  deepEqual([isolated.nearest_miss.needed, isolated.nearest_miss.available], [3, 2]);
  const lost = await explain(`resources=VCPU:1&in_tree=${consumer(8)}`);
  match(lost.summary, /in_tree names .* there is no such provider/);
  const lacking = await explain('resources_X=VCPU:1&required_X=HW_CPU_X86_AVX');
  match(lacking.nearest_miss.sentence, /numa-\d lacks HW_CPU_X86_AVX/);
  for (const [query, message] of [
    ['resources=VCPU:none', /positive integer/],
    ['colour=red', /colour/],
  ] as const) {
    const { status, body } = await own('GET', `/allocation_candidates/explain?${query}`);
    equal(status, 400);
    match(body.message, message);
  }
});

interface Told {
  readonly kind: string;
  readonly gone: boolean;
  readonly [field: string]: unknown;
}

/** All batches of the feed, read a few at a time; `next` leads from one page to the other. */
async function follow(since = 0): Promise<{ changes: Told[]; next: number }> {
  const changes: Told[] = [];
  for (;;) {
    const { status, body } = await own('GET', `/changes?since=${since}&limit=2`);
    equal(status, 200);
    for (const batch of body.batches) {
      ok(batch.sequence > since && batch.sequence <= body.next, 'batches out of order');
      changes.push(...batch.changes);
    }
    if (body.next === since) return { changes, next: since };
    since = body.next;
  }
}

test('who follows the feed has what Placement shows', async () => {
  await server.ask('DELETE', `/allocations/${consumer(2)}`);
  const gone = { ...tree, providers: [root, node(NUMA_0, 'numa-0')], remove_others: true };
  equal((await own('PUT', PUT_TREE, gone)).status, 409, 'numa-1 is held');
  await server.ask('DELETE', `/allocations/${consumer(4)}`);
  deepEqual((await own('PUT', PUT_TREE, gone)).body.removed, [NUMA_1]);

  const { changes, next } = await follow();
  const held = new Map<string, unknown>();
  const providers = new Map<string, unknown>();
  for (const { kind, gone, ...row } of changes) {
    const [into, key] =
      kind === 'allocation'
        ? [held, `${row['consumer_uuid']} ${row['provider_uuid']} ${row['resource_class']}`]
        : [providers, String(row['provider_uuid'])];
    ok(!key.includes('null'), `a row without a name: ${JSON.stringify(row)}`);
    if (kind !== 'allocation' && kind !== 'provider') continue;
    if (gone) into.delete(key);
    else into.set(key, kind === 'allocation' ? row['used'] : row['generation']);
  }
  const listed = await server.ask('GET', '/resource_providers');
  deepEqual(
    Object.fromEntries(providers),
    Object.fromEntries(
      listed.body.resource_providers.map((one: { uuid: string; generation: number }) => [
        one.uuid,
        one.generation,
      ]),
    ),
  );
  deepEqual([...held].toSorted(), [
    [`${consumer(1)} ${NUMA_0} MEMORY_MB`, 1000],
    [`${consumer(1)} ${NUMA_0} VCPU`, 2],
    [`${consumer(3)} ${NUMA_0} VCPU`, 1],
  ]);

  const waiting = own('GET', `/changes?since=${next}&wait_ms=30000`);
  await hold(5, 'red', { VCPU: 1 });
  const heard = (await waiting).body;
  equal(heard.next, next + 1);
  ok(heard.batches[0].changes.some((one: Told) => one['consumer_uuid'] === consumer(5)));
  equal((await own('GET', `/changes?since=${next + 50}`)).status, 410);
  equal((await own('GET', '/changes?since=0', undefined, 'kim:blue')).status, 403);
});
