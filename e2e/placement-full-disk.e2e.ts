/**
 * Goal: a disk that is full costs nobody anything: a write is answered 503 in Placement's form and
 * changes nothing (L2), reads go on, and once there is room again writes do, without a restart.
 * Method: a real disk of a few MiB (tmpfs, which takes root; skipped without) with a file in it
 * that takes half. Claims of many consumers at once until the first 503; what is then found must
 * be what was answered, also after a kill; then the file is removed, and the same claim passes.
 *
 * Shown mutant, noticed: a commit that fails without being taken back in memory.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { type Asked, PlacementProcess } from './placement-process.ts';

const DISK_MIB = 8;
const FILLER_MIB = 4;
const CONSUMERS_AT_ONCE = 200;
const PROVIDER = '00000000-0000-4000-8000-000000000001';

/** A small disk, or null where one cannot be mounted. */
function mountDisk(): string | null {
  const path = mkdtempSync(join(tmpdir(), 'plimsoll-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'tmpfs', path], {
      stdio: 'ignore',
    });
    return path;
  } catch {
    rmdirSync(path);
    return null;
  }
}

const disk = mountDisk();
const skip = disk === null ? 'mounting a small disk takes root' : false;
const server = new PlacementProcess(disk ?? '');

after(async () => {
  if (disk === null) return;
  await server.end();
  execFileSync('umount', [disk]);
  rmdirSync(disk);
});

const uuid = (batch: number, n: number): string =>
  `c0000000-0000-4000-8000-${String(batch * 1000 + n).padStart(12, '0')}`;

const claim = (batch: number): Promise<Asked> => {
  const one = {
    allocations: { [PROVIDER]: { resources: { VCPU: 1 } } },
    project_id: 'p'.repeat(200),
    user_id: 'u'.repeat(200),
    consumer_type: 'INSTANCE',
    consumer_generation: null,
  };
  const all = Array.from({ length: CONSUMERS_AT_ONCE }, (_, n) => [uuid(batch, n), one]);
  return server.ask('POST', '/allocations', Object.fromEntries(all));
};

/** The provider's use and generation, and whether the last consumer of a claim holds anything. */
async function look(batch: number): Promise<object> {
  const { status, body } = await server.ask('GET', `/resource_providers/${PROVIDER}/usages`);
  equal(status, 200);
  const consumer = await server.ask('GET', `/allocations/${uuid(batch, CONSUMERS_AT_ONCE - 1)}`);
  return { ...body, holds: Object.keys(consumer.body.allocations).length };
}

function assertUnavailable({ status, headers, body }: Asked): void {
  equal(status, 503, JSON.stringify(body));
  match(String(headers['content-type']), /^application\/json/);
  const [error] = body.errors;
  deepEqual([error.status, error.title], [503, 'Service Unavailable']);
  equal(error.code, 'placement.undefined_code');
  match(error.detail, /full/);
  equal(error.request_id, headers['x-openstack-request-id']);
}

test('a full disk: 503, nothing changed, and life after it without a restart', {
  skip,
}, async () => {
  const filler = join(disk ?? '', 'filler');
  writeFileSync(filler, Buffer.alloc(FILLER_MIB * 2 ** 20, 1));
  await server.start();
  await server.ask('POST', '/resource_providers', { name: 'host', uuid: PROVIDER });
  const inventories = { VCPU: { total: 1_000_000 } };
  const asked = { resource_provider_generation: 0, inventories };
  const path = `/resource_providers/${PROVIDER}/inventories`;
  equal((await server.ask('PUT', path, asked)).status, 200);

  let taken = 0;
  let answer = await claim(taken);
  while (answer.status === 204) answer = await claim(++taken);
  assertUnavailable(answer);
  ok(taken >= 3, `the disk was full after ${taken} claims`);
  const full = await look(taken);
  const used = taken * CONSUMERS_AT_ONCE;
  const expected = { resource_provider_generation: 1 + taken, usages: { VCPU: used }, holds: 0 };
  deepEqual(full, expected);
  for (let tries = 0; tries < 3; tries++) assertUnavailable(await claim(taken));
  deepEqual(await look(taken), expected, 'a refused write left something behind');

  rmSync(filler);
  equal((await claim(taken)).status, 204, 'the same claim, now that there is room');
  const after = { resource_provider_generation: 2 + taken, holds: 1 };
  const held = { ...after, usages: { VCPU: used + CONSUMERS_AT_ONCE } };
  deepEqual(await look(taken), held);
  await server.end('SIGKILL');
  await server.start();
  deepEqual(await look(taken), held, 'what was answered is there after a kill');
});

test('the disk full again: who is killed then starts, reads, and goes on with room', {
  skip,
}, async () => {
  const filler = join(disk ?? '', 'filler');
  fill(filler);
  let answer = await claim(500);
  for (let batch = 501; answer.status === 204; batch++) answer = await claim(batch);
  assertUnavailable(answer);
  const full = await look(999);
  await server.end('SIGKILL');
  await server.start();
  deepEqual(await look(999), full);
  rmSync(filler);
  equal((await claim(998)).status, 204);
});

/** Takes all the room there is. */
function fill(path: string): void {
  for (let size = 2 ** 16; ; ) {
    try {
      writeFileSync(path, Buffer.alloc(size, 1), { flag: 'a' });
    } catch {
      if (size <= 4096) return;
      size /= 2;
    }
  }
}
