/**
 * What our migration costs beside the same one done by hand over QEMU's monitors: a guest that
 * counts and writes, on two agents of a control plane, and its like between two QEMUs. They take
 * turns, so that both meet the same machine.
 *
 *   ours      begun by the API ─► … ─► the operation has ended       as the operation tells itself
 *   by hand   QEMU started ─► disk copied ─► memory ─► it runs there ─► the other is ended
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { countedOn, makeSmallGuest, missing } from '../src/real/qemu/small-guest.ts';
import { against, type Figure, figure, median } from './figure.ts';
import { RealFleet } from './guests.fleet.ts';
import { ByHand, type Moved } from './migration.hand.ts';

const ROUNDS = 10;
const TICKS = 10;

export async function* figures(): AsyncGenerator<Figure> {
  const absent = missing();
  if (absent !== null) throw new Error(absent);
  const directory = mkdtempSync(join(tmpdir(), 'p-bench-'));
  const files = makeSmallGuest(directory);
  const hand = new ByHand(directory, files);
  const fleet = new RealFleet(directory, files);
  try {
    await fleet.start(['bench-a', 'bench-b']);
    const [id = ''] = await fleet.boot(1);
    await hand.boot();
    const both = { ours: [] as Moved[], hands: [] as Moved[] };
    for (let round = 0; round < ROUNDS; round++) {
      await fleet.counts(id, TICKS);
      both.ours.push(await fleet.move(id));
      await countsOn(hand);
      both.hands.push(await hand.move());
    }
    yield* compared(both);
    yield figure('load, over a minute', null, loadavg()[0] ?? Number.NaN, 'running');
  } finally {
    await fleet.stop();
    await hand.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

function* compared({ ours, hands }: Record<'ours' | 'hands', readonly Moved[]>) {
  for (const what of ['total_ms', 'downtime_ms'] as const) {
    const of = (moves: readonly Moved[]) => median(moves.map((one) => one[what]));
    const name = what === 'total_ms' ? 'all of it' : 'the guest stands still';
    const byHand = figure(`migration by hand: ${name}`, null, of(hands), 'ms');
    yield byHand;
    yield against(figure(`migration: ${name}`, null, of(ours), 'ms'), byHand);
  }
}

async function countsOn({ console }: ByHand): Promise<void> {
  const last = () => countedOn(readFileSync(console, 'utf8')).last;
  const from = last();
  while (last() < from + TICKS) await new Promise((wake) => setTimeout(wake, 50));
}
