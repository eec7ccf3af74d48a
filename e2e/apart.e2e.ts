/**
 * Goal: on six machines, whichever link between two of them breaks, a guest that is made, moved and
 * drained runs on exactly one host in the end, and never stopped counting.
 * Method: six network namespaces with a link for each pair; two control planes, three agents with
 * real guests, PostgreSQL and NATS, all the real programs. A link is pulled by the kernel in the
 * middle of a live migration, for longer than a lease lasts, and mended. Where the guest runs is
 * judged by its console and the processes on each machine alone. `PLIMSOLL_APART=all` pulls each of
 * the fifteen links; else one of each kind.
 */
import { deepEqual, equal, notEqual, ok } from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { hasNats } from '../src/real/nats/server.fixture.ts';
import { postgresPrograms } from '../src/real/postgres/server.fixture.ts';
import { countedOn, missing } from '../src/real/qemu/small-guest.ts';
import { ApartLab } from './apart-lab.ts';
import { countingServer } from './counting-server.ts';
import { Namespaces } from './namespaces.ts';
import { until } from './product.ts';
import { HOSTS, type Host, LINKS, type Link } from './six-machines.ts';

const absent =
  missing() ??
  Namespaces.missing() ??
  (hasNats && postgresPrograms() !== null ? null : 'no PostgreSQL or NATS here');
const skip = absent ?? false;
/** Longer than a process's lease. */
const CUT_MS = 4_000;
const pause = (span_ms: number) => new Promise((wake) => setTimeout(wake, span_ms));

let lab: ApartLab;
let id: string;
/** Where it is. */
let at: Host;

before(async () => {
  if (absent === null) lab = await ApartLab.up();
});
after(() => lab?.down());

const lastOn = (host: Host): number => countedOn(lab.consoleOn(host, id)).last;

/** It counts on there by twenty, without a gap or a repeat, and nowhere else. */
async function isOnlyOn(host: Host): Promise<void> {
  const others = HOSTS.filter((one) => one !== host);
  const before = others.map(lastOn);
  const from = lastOn(host);
  await until(
    async () => lastOn(host),
    (last) => last >= from + 20,
  );
  deepEqual(others.map(lastOn), before, 'it counts on two hosts');
  const { lost, repeated } = countedOn(lab.consoleOn(host, id));
  deepEqual({ lost, repeated }, { lost: 0, repeated: 0 });
  deepEqual(
    HOSTS.map((one) => lab.qemusOn(one, id)),
    HOSTS.map((one) => Number(one === host)),
    'processes',
  );
}

/** Once nobody works on it any more: where the books say that it is. */
async function settled(): Promise<Host> {
  const server = await until(
    async () => (await lab.api('GET', `/compute/v2.1/servers/${id}`)).body.server,
    (row) => row.status === 'ACTIVE' && row['OS-EXT-STS:task_state'] === null,
    4_000,
  );
  const host = server['OS-EXT-SRV-ATTR:host'] as Host;
  await isOnlyOn(host);
  const held = (await lab.api('GET', `/placement/allocations/${id}`)).body.allocations;
  equal(Object.keys(held).length, 1, 'it holds one host');
  return host;
}

async function migrate(): Promise<void> {
  const live = { 'os-migrateLive': { host: null, block_migration: 'auto' } };
  const asked = await lab.api('POST', `/compute/v2.1/servers/${id}/action`, live);
  equal(asked.status, 202, JSON.stringify(asked.body));
}

test('made on one host, and moved to another', { skip }, async () => {
  const product = lab.plane('p1');
  const made = await countingServer({ api: lab.of('p1'), product, directory: lab.directory });
  id = made.id;
  at = await settled();
  equal(at, made.host);
  await migrate();
  const now = await settled();
  notEqual(now, at);
  at = now;
});

/** One of each kind, with whatever host it is on by then. */
const kinds: Readonly<Record<string, () => Link>> = {
  'two hosts': () => (at === 'h3' ? ['h1', 'h3'] : ['h1', 'h2']),
  'a host and the broker': () => [at, 's'],
  'a control plane and the database': () => ['p1', 's'],
};
const all = Object.fromEntries(LINKS.map((link) => [link.join(' and '), () => link]));
const chosen = process.env['PLIMSOLL_APART'] === 'all' ? all : kinds;

for (const [name, linkOf] of Object.entries(chosen)) {
  test(`the link of ${name} breaks while it is moved`, { skip }, async (context) => {
    const link = linkOf();
    const from = at;
    await migrate();
    await until(
      async () => lab.recordOn(from, id),
      (record) => record.includes('"stage":"leaving"'),
    );
    lab.machines.cut(link);
    await pause(CUT_MS);
    lab.machines.mend(link);
    at = await settled();
    context.diagnostic(`${link.join(' and ')}: ${from} to ${at}`);
  });
}

test('its host is drained while that is cut off from a control plane', { skip }, async () => {
  const from = at;
  lab.machines.cut(['p1', from]);
  const asked = await lab.api('POST', `/plimsoll/v1/hosts/${from}/drain`, {});
  ok(asked.status < 300, JSON.stringify(asked.body));
  await pause(CUT_MS);
  lab.machines.mend(['p1', from]);
  await until(
    async () => (await lab.api('GET', `/compute/v2.1/servers/${id}`)).body.server,
    (row) => row['OS-EXT-SRV-ATTR:host'] !== from,
    4_000,
  );
  at = await settled();
  notEqual(at, from);
});
