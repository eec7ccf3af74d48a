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
 * repeat, on one side and not on the other. `PLIMSOLL_KILLS=all` plays all faults at all points,
 * and writes what became of each into docs/kills.md; else each fault is played at one of them.
 */
import { equal, ok } from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { missing } from '../src/real/qemu/small-guest.ts';
import { countingGuest, type Moves, pause } from './moves.ts';
import { type Side, TwoMachines } from './netns.ts';
import { until } from './product.ts';
import { other, TwoHosts } from './two-hosts.ts';

const absent = missing() ?? TwoMachines.missing();
const skip = absent ?? false;
let lab: TwoHosts;
let moves: Moves;

before(async () => {
  if (absent !== null) return;
  lab = await TwoHosts.up('qemu');
  moves = await countingGuest(lab);
});
after(() => lab?.down());

test(
  'there and back: no tick and no record is missing, and the books are right',
  {
    skip,
  },
  async (context) => moves.thereAndBack(context),
);

// ── faults ───────────────────────────────────────────────────────────────────────────────────────

type Fault =
  | 'source agent'
  | 'target agent'
  | 'target QEMU'
  | 'control plane'
  | 'wire'
  | 'target disk'
  | 'source disk';
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
  'target disk': (_from, to) => full(to),
  'source disk': (from) => full(from),
};

async function full(side: Side): Promise<() => Promise<void>> {
  lab.fill(side);
  return async () => {
    await pause(3_000);
    lab.empty(side);
  };
}

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
        const stands = moves.lastOn(from) === before;
        before = moves.lastOn(from);
        return stands;
      },
      (stands) => stands,
    );
  },
};

async function play(fault: Fault, point: Point): Promise<string> {
  const [from, to] = [moves.side, other(moves.side)] as const;
  const began_ms = performance.now();
  equal((await moves.migrate()).status, 202);
  await points[point](from, to);
  const repair = await faults[fault](from, to);
  if (point === 'arrival') await lab.signalAgent(to, 'SIGCONT');
  await repair();
  const { state, error } = await moves.ended();
  ok(state === 'done' || (error ?? '') !== '', `${state} without a reason`);
  await moves.settled();
  const { side } = moves;
  equal(side === to, state === 'done', 'it is where the operation says');
  const took_s = ((performance.now() - began_ms) / 1000).toFixed(0);
  const [sentence = ''] = (error ?? '').split('. ');
  const reason = sentence.replaceAll('|', '/').replaceAll(/\/\S+\//g, '…/');
  told.set(`${fault} ${point}`, side === to ? 'moved' : `stayed: ${reason}`);
  return `${side === to ? 'moved' : 'stayed'}, ${state} after ${took_s} s: ${error ?? '-'}`;
}

const allFaults = Object.keys(faults) as Fault[];
const allPoints = Object.keys(points) as Point[];

// ── the table ────────────────────────────────────────────────────────────────────────────────────

const TABLE = join(import.meta.dirname, '../docs/kills.md');
const told = new Map<string, string>();

/** e.g. `| wire | stayed: … | moved | … |`, without times: those are of the day. */
const rowOf = (fault: Fault): string =>
  `| ${[fault, ...allPoints.map((point) => told.get(`${fault} ${point}`) ?? '?')].join(' | ')} |`;

const head = () => [`| | ${allPoints.join(' | ')} |`, `|${'---|'.repeat(allPoints.length + 1)}`];

/** Only a whole run writes it. */
function writeTable(): void {
  const text = readFileSync(TABLE, 'utf8');
  const table = [...head(), ...allFaults.map(rowOf)].join('\n');
  writeFileSync(TABLE, text.replace(/\n\| \|.*?\n\n/s, `\n${table}\n\n`));
}

after(() => {
  if (told.size === allFaults.length * allPoints.length) writeTable();
});

test('every fault has its row in the table, and every point its column', () => {
  const rows = readFileSync(TABLE, 'utf8').split('\n');
  equal(rows.filter((row) => row === head()[0]).length, 1);
  for (const fault of allFaults) {
    const [row = ''] = rows.filter((one) => one.startsWith(`| ${fault} |`));
    equal(row.split('|').length, allPoints.length + 3, `${fault}: ${row}`);
    ok(!row.includes('?'), row);
  }
});

const all = process.env['PLIMSOLL_KILLS'] === 'all';

for (const [at, fault] of allFaults.entries()) {
  for (const point of all ? allPoints : [allPoints[(at + 1) % 3] as Point]) {
    test(`${fault} at ${point}`, { skip }, async (context) => {
      context.diagnostic(await play(fault, point));
    });
  }
}
