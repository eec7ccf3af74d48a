/**
 * Goal: a real guest is moved between two machines while it counts and writes; whatever is killed
 * on the way, it runs on exactly one side afterwards, nothing is held without an owner, and the
 * operation ends, with a reason where it came to nothing.
 * Method: two network namespaces, two agents, one control plane, all real. First there and back,
 * with a watcher of the ledger ten times a second. Then each fault at a point of the migration:
 *
 *   landing   the destination prepares          stream   memory is under way
 *   arrival   all memory is over, the guest stands still, the destination does not answer yet
 *
 * Whether the guest lives is judged by its console alone: it must count on, without a gap or a
 * repeat, on one side and not on the other. `PLIMSOLL_KILLS=all` plays all faults at all points;
 * else each fault is played at one of them.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { countedOn, missing } from '../src/real/qemu/small-guest.ts';
import { type Side, TwoMachines } from './netns.ts';
import { until } from './product.ts';
import { other, TwoHosts } from './two-hosts.ts';

const absent = missing() ?? TwoMachines.missing();
const skip = absent ?? false;
let lab: TwoHosts;
let side: Side;

before(async () => {
  if (absent !== null) return;
  lab = await TwoHosts.up();
  side = await lab.boot();
  await counts(side, 20);
});
after(() => lab?.down());

const pause = (span_ms: number) => new Promise((wake) => setTimeout(wake, span_ms));
const lastOn = (on: Side): number => countedOn(lab.consoleOn(on)).last;

/** It counts on there, by so much. */
async function counts(on: Side, more: number): Promise<void> {
  const from = lastOn(on);
  await until(
    async () => lastOn(on),
    (last) => last >= from + more,
  );
}

const action = (body: object) => lab.api('POST', `/compute/v2.1/servers/${lab.id}/action`, body);
const migrate = () => action({ 'os-migrateLive': { host: null, block_migration: 'auto' } });

interface Ended {
  readonly id: string;
  readonly state: string;
  readonly error: string | null;
  readonly ended_at_ms: number | null;
  readonly downtime_ms: number | null;
}

async function newest(): Promise<Ended> {
  const list = await lab.api('GET', `/plimsoll/v1/operations?server=${lab.id}&limit=1`);
  const { id } = list.body.operations[0];
  return (await lab.api('GET', `/plimsoll/v1/operations/${id}`)).body.operation;
}

/** Its end; while its control plane is away nobody can say. */
const ended = (): Promise<Ended> =>
  until(
    () => newest().catch(() => ({ ended_at_ms: null }) as Ended),
    ({ ended_at_ms }) => ended_at_ms !== null,
    4_000,
  );

/** Hosts that the server holds something of, and what of all hosts is held by anybody, in MiB. */
async function held(): Promise<{ readonly hosts: number; readonly mib: number }> {
  const own = (await lab.api('GET', `/placement/allocations/${lab.id}`)).body.allocations;
  const providers = (await lab.api('GET', '/placement/resource_providers')).body;
  let mib = 0;
  for (const { uuid } of providers.resource_providers) {
    const { usages } = (await lab.api('GET', `/placement/resource_providers/${uuid}/usages`)).body;
    mib += usages.MEMORY_MB ?? 0;
  }
  return { hosts: Object.keys(own).length, mib };
}

/** All that must hold once a migration is over, however it went. Gives the side it runs on. */
async function settled(): Promise<Side> {
  const server = await until(
    () => lab.server(),
    (row) => row.status === 'ACTIVE' && row['OS-EXT-STS:task_state'] === null,
  );
  const on = lab.sideOf(server['OS-EXT-SRV-ATTR:host']);
  const idle = lastOn(other(on));
  await counts(on, 20);
  equal(lastOn(other(on)), idle, 'it counts on both sides');
  const { lost, repeated } = countedOn(lab.consoleOn(on));
  deepEqual({ lost, repeated }, { lost: 0, repeated: 0 });
  deepEqual([lab.qemus(on).length, lab.qemus(other(on)).length], [1, 0], 'processes');
  deepEqual(await held(), { hosts: 1, mib: 128 });
  return on;
}

/** Every record up to the last one that it told of is on its disk there. */
function recordsOn(on: Side): void {
  const disk = readFileSync(join(lab.folder(on), 'disk'));
  const last = Math.floor((countedOn(lab.consoleOn(on)).last - 2) / 10) * 10;
  for (let n = 10; n <= last && n * 512 < disk.length; n += 10) {
    equal(disk.toString('latin1', n * 512, n * 512 + 20).split('\n')[0], `record ${n}`);
  }
}

test('there and back: no tick and no record is missing, and the books are right', {
  skip,
}, async (context) => {
  let looks = 0;
  let over = false;
  const watcher = (async () => {
    for (; !over; looks++) {
      const { hosts, mib } = await held();
      ok(hosts === 1 && (mib === 128 || mib === 256), `${hosts} hosts, ${mib} MiB are held`);
      await pause(100);
    }
  })();
  for (let hop = 0; hop < 2; hop++) {
    equal((await migrate()).status, 202);
    const { state, downtime_ms } = await ended();
    equal(state, 'done');
    side = await settled();
    recordsOn(side);
    context.diagnostic(`to ${side}: stood still for ${downtime_ms} ms; tick ${lastOn(side)}`);
  }
  over = true;
  await watcher;
  ok(looks >= 10, `the watcher looked ${looks} times`);
});

// ── faults ───────────────────────────────────────────────────────────────────────────────────────

type Fault = 'source agent' | 'target agent' | 'target QEMU' | 'control plane' | 'wire' | 'disk';
type Point = 'landing' | 'stream' | 'arrival';

/** Does it, and gives what puts it right again. */
const faults: Readonly<Record<Fault, (from: Side, to: Side) => Promise<() => Promise<void>>>> = {
  'source agent': async (from) => {
    await lab.signalAgent(from, 'SIGKILL');
    return () => lab.startAgent(from);
  },
  'target agent': async (_from, to) => {
    await lab.signalAgent(to, 'SIGKILL');
    return () => lab.startAgent(to);
  },
  'target QEMU': async (_from, to) => {
    const [pid] = await until(
      async () => lab.qemus(to),
      (pids) => pids.length > 0,
    );
    process.kill(pid ?? 0, 'SIGKILL');
    return async () => {};
  },
  'control plane': async () => {
    await lab.killControl();
    return () => lab.startControl();
  },
  wire: async () => {
    lab.machines.cut();
    return async () => {
      await pause(14_000); // longer than a sending may stand still
      lab.machines.mend();
    };
  },
  disk: async (_from, to) => {
    lab.fill(to);
    return async () => {
      await pause(3_000);
      lab.empty(to);
    };
  },
};

/** Comes back when the migration is there. */
const points: Readonly<Record<Point, (from: Side, to: Side) => Promise<void>>> = {
  landing: async (_from, to) => {
    await until(
      async () => existsSync(lab.folder(to)),
      (there) => there,
      100_000,
    );
  },
  stream: async (from) => {
    await until(
      async () => lab.recordOn(from),
      (record) => record.includes('"stage":"leaving"'),
    );
    await pause(500);
  },
  arrival: async (from, to) => {
    await points.stream(from, to);
    await lab.signalAgent(to, 'SIGSTOP');
    let before = -1;
    await until(
      async () => {
        await pause(400);
        const stands = lastOn(from) === before;
        before = lastOn(from);
        return stands;
      },
      (stands) => stands,
    );
  },
};

async function play(fault: Fault, point: Point): Promise<string> {
  const [from, to] = [side, other(side)] as const;
  const began_ms = performance.now();
  equal((await migrate()).status, 202);
  await points[point](from, to);
  const repair = await faults[fault](from, to);
  if (point === 'arrival') await lab.signalAgent(to, 'SIGCONT');
  await repair();
  const { state, error } = await ended();
  ok(state === 'done' || (error ?? '') !== '', `${state} without a reason`);
  side = await settled();
  equal(side === to, state === 'done', 'it is where the operation says');
  const took_s = ((performance.now() - began_ms) / 1000).toFixed(0);
  return `${side === to ? 'moved' : 'stayed'}, ${state} after ${took_s} s: ${error ?? '-'}`;
}

const allFaults = Object.keys(faults) as Fault[];
const allPoints = Object.keys(points) as Point[];
const all = process.env['PLIMSOLL_KILLS'] === 'all';

for (const [at, fault] of allFaults.entries()) {
  for (const point of all ? allPoints : [allPoints[(at + 1) % 3] as Point]) {
    test(`${fault} at ${point}`, { skip }, async (context) => {
      context.diagnostic(await play(fault, point));
    });
  }
}
