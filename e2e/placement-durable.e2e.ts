/**
 * Goal: L1, L2, L3, L7 and L8 hold over HTTP for Placement's own program, whenever it is killed.
 * Method: twelve times on one database, eight clients claim, move, release and swap at random on
 * four small providers (PUT, POST and DELETE), until SIGKILL falls at a random instant; a model of
 * the answers (durable-model.ts) must then be found as it is:
 *
 *   L1  no class of a provider is held beyond its capacity, and its use is the sum of its holdings
 *   L2  what was refused (409) changed nothing: no holding, no consumer, no generation
 *   L3  the one device of each provider has at most one owner
 *   L7  what was answered is there; a request without an answer happened whole or not at all
 *   L8  the same state after every restart; and whoever applies the change feed has it, too
 *
 * Each client has consumers of its own, so that it knows their generations: these never conflict,
 * and every provider's generation is exactly the number of writes that raise it.
 *
 * Shown mutants, each noticed: answers before the commit; a commit without its rows; a refusal that
 * is not rolled back; capacity compared with one more.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import test, { after, before } from 'node:test';
import { Chance } from '../src/core/base/seeded.ts';
import {
  type Amounts,
  CAPACITY,
  CLASSES,
  type Deed,
  type Found,
  type Holding,
  holdingOf,
  Model,
} from './placement/durable-model.ts';
import { PlacementProcess } from './placement-process.ts';

const ROUNDS = 12;
const CLIENTS = 8;
const CONSUMERS_EACH = 4;
const PROVIDERS = [1, 2, 3, 4].map((n) => `00000000-0000-4000-8000-00000000000${n}`);
const consumersOf = (client: number): string[] =>
  Array.from(
    { length: CONSUMERS_EACH },
    (_, n) => `c000000${client}-0000-4000-8000-00000000000${n}`,
  );
const CONSUMERS = Array.from({ length: CLIENTS }, (_, client) => consumersOf(client)).flat();

const seed = String(randomInt(2 ** 31));
const server = new PlacementProcess();
const model = new Model();
const tried = { claim: 0, move: 0, release: 0, swap: 0 };

before(async () => {
  await server.start();
  for (const [n, uuid] of PROVIDERS.entries()) {
    await server.ask('POST', '/resource_providers', { name: `host-${n}`, uuid });
    const inventories = Object.fromEntries(
      CLASSES.map((name) => [name, { total: CAPACITY[name] }]),
    );
    const body = { resource_provider_generation: 0, inventories };
    equal((await server.ask('PUT', `/resource_providers/${uuid}/inventories`, body)).status, 200);
    model.generations.set(uuid, 1);
  }
});
after(() => server.clear());

/** What everybody holds and every provider says, asked of the server one by one. */
async function look(): Promise<Found> {
  const found = { holdings: new Map(), generations: new Map(), usages: new Map() };
  for (const consumer of CONSUMERS) {
    const { status, body } = await server.ask('GET', `/allocations/${consumer}`);
    equal(status, 200);
    const holding = holdingOf(body);
    if (holding !== null) found.holdings.set(consumer, holding);
  }
  for (const uuid of PROVIDERS) {
    const { body } = await server.ask('GET', `/resource_providers/${uuid}/usages`);
    found.generations.set(uuid, body.resource_provider_generation);
    found.usages.set(uuid, body.usages);
  }
  return found;
}

const body = (consumer: string, holding: Holding | null) => ({
  allocations: holding === null ? {} : { [holding.provider]: { resources: holding.amounts } },
  project_id: 'p',
  user_id: 'u',
  consumer_type: 'INSTANCE',
  consumer_generation: model.holdings.get(consumer)?.generation ?? null,
});

function held(consumer: string, provider: string, amounts: Amounts): Holding {
  return { generation: (model.holdings.get(consumer)?.generation ?? 0) + 1, provider, amounts };
}

function drawn(chance: Chance): Amounts {
  const amounts = { VCPU: chance.between(1, 5), MEMORY_MB: chance.between(1, 12) };
  return chance.happens(300) ? { ...amounts, PCI_DEVICE: 1 } : amounts;
}

type Request = { readonly deed: Deed; readonly send: readonly [string, string, unknown?] };

/** One of a client's consumers, or two, and what is asked for them. */
function requestOf(chance: Chance, mine: readonly string[]): Request {
  const one = chance.pick(mine);
  const now = model.holdings.get(one);
  if (chance.happens(200)) return swap(chance, one, chance.pick(mine.filter((c) => c !== one)));
  if (now !== undefined && chance.happens(350)) return release(chance, one, now);
  tried[now === undefined ? 'claim' : 'move']++;
  const next = held(one, chance.pick(PROVIDERS), drawn(chance));
  return {
    deed: { after: new Map([[one, next]]), raises: new Set([next.provider]) },
    send: ['PUT', `/allocations/${one}`, body(one, next)],
  };
}

/** DELETE raises no generation of the provider; writing nothing does. */
function release(chance: Chance, consumer: string, now: Holding): Request {
  tried.release++;
  const path = `/allocations/${consumer}`;
  const after = new Map([[consumer, null]]);
  if (chance.happens(500)) return { deed: { after, raises: new Set() }, send: ['DELETE', path] };
  const send = ['PUT', path, body(consumer, null)] as const;
  return { deed: { after, raises: new Set([now.provider]) }, send };
}

/** Both consumers at once, each with what it is to hold from now on. */
function swap(chance: Chance, one: string, other: string): Request {
  tried.swap++;
  const after = new Map<string, Holding>();
  for (const consumer of [one, other]) {
    const there = model.holdings.get(consumer === one ? other : one);
    const to = there ?? { provider: chance.pick(PROVIDERS), amounts: drawn(chance) };
    after.set(consumer, held(consumer, to.provider, to.amounts));
  }
  const bodies = Object.fromEntries([...after].map(([c, holding]) => [c, body(c, holding)]));
  const raises = new Set([...after.values()].map(({ provider }) => provider));
  return { deed: { after, raises }, send: ['POST', '/allocations', bodies] };
}

/** Resolves when so many more answers have come. */
function heard(answers: number): Promise<void> {
  return new Promise((resolve) => {
    countdown = { left: answers, end: resolve };
  });
}
let countdown = { left: 0, end: () => {} };

function tick(): void {
  countdown.left--;
  if (countdown.left === 0) countdown.end();
}

/** Asks until the connection breaks. */
async function client(chance: Chance, mine: readonly string[]): Promise<void> {
  for (;;) {
    const { deed, send } = requestOf(chance, mine);
    model.begin(deed);
    const answer = await server.ask(...send).catch(() => null);
    if (answer === null) return;
    tick();
    if (answer.status === 204) {
      model.answered(deed);
      continue;
    }
    equal(answer.status, 409, JSON.stringify(answer.body));
    match(answer.body.errors[0].detail, /capacity|Unable to allocate/i);
    model.refused(deed);
  }
}

/** While the others write: nobody ever sees more held than there is (L1). */
async function watch(): Promise<number> {
  for (let looks = 0; ; looks++) {
    const path = `/resource_providers/${PROVIDERS[looks % PROVIDERS.length]}/usages`;
    const answer = await server.ask('GET', path).catch(() => null);
    if (answer === null) return looks;
    for (const name of CLASSES) ok(answer.body.usages[name] <= CAPACITY[name], 'L1, under load');
  }
}

test('L1, L2, L3, L7: whenever it is killed, what it answered holds', async (t) => {
  let looks = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const chance = new Chance(`${seed}/${round}`);
    const clients = Array.from({ length: CLIENTS }, (_, n) =>
      client(chance.fork(String(n)), consumersOf(n)),
    );
    const watching = watch();
    await heard(chance.between(5, 350));
    await server.end('SIGKILL');
    await Promise.all(clients);
    looks += await watching;
    await server.start();
    model.settle(await look());
  }
  const { answered, refused, open, openDone, openUndone } = model.counted;
  t.diagnostic(
    `seed ${seed}: ${ROUNDS} kills, ${answered} answered, ${refused} refused, ${open} without an ` +
      `answer (${openDone} had happened), ${looks} looks; ${JSON.stringify(tried)}`,
  );
  ok(answered > 500 && refused > 100 && open >= ROUNDS, 'hardly anything was tried');
  ok(openDone + openUndone === open && Math.min(...Object.values(tried)) > 50);
});

test('L8: every restart finds the same, and so does who applies the change feed', async () => {
  const before = await look();
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    await server.end(signal);
    await server.start();
    deepEqual(await look(), before);
  }
  const applied = new Map<string, number>();
  let since = 0;
  for (;;) {
    const { status, body } = await server.ask('GET', `/plimsoll/v1/changes?since=${since}`);
    equal(status, 200, JSON.stringify(body));
    for (const change of body.batches.flatMap((batch: { changes: [] }) => batch.changes)) {
      if (change.kind !== 'allocation') continue;
      const key = `${change.consumer_uuid} ${change.provider_uuid} ${change.resource_class}`;
      if (change.gone) applied.delete(key);
      else applied.set(key, change.used);
    }
    if (body.next === since) break;
    since = body.next;
  }
  const found = [...before.holdings].flatMap(([consumer, { provider, amounts }]) =>
    Object.entries(amounts).map(([name, used]) => [`${consumer} ${provider} ${name}`, used]),
  );
  deepEqual(Object.fromEntries(applied), Object.fromEntries(found));
});
