/**
 * Ten guests on two agents of this machine, moved one after another, a hundred times in all: none
 * may be lost. Each is judged by its console alone: after its move it counts on, over there,
 * without a gap or a repeat since it was booted.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeSmallGuest, missing } from '../src/real/qemu/small-guest.ts';
import { type Figure, figure, median } from './figure.ts';
import { RealFleet } from './guests.fleet.ts';
import type { Moved } from './migration.hand.ts';

const GUESTS = 10;
const MOVES = Number(process.env['PLIMSOLL_MOVES'] ?? 100);
/** Ten that count as fast as one alone would have the machine to themselves. */
const TICK_MS = 500;

export async function* figures(): AsyncGenerator<Figure> {
  const absent = missing();
  if (absent !== null) throw new Error(absent);
  const directory = mkdtempSync(join(tmpdir(), 'p-rounds-'));
  const fleet = new RealFleet(directory, makeSmallGuest(directory));
  try {
    await fleet.start(['rounds-a', 'rounds-b']);
    const ids = await fleet.boot(GUESTS, TICK_MS);
    const moves: Moved[] = [];
    for (let at = 0; at < MOVES; at++) moves.push(await movedOn(fleet, ids[at % GUESTS] ?? ''));
    yield* toldBy(await seenAtLast(fleet, ids), moves);
  } finally {
    await fleet.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** To the other host, where it is alive. */
async function movedOn(fleet: RealFleet, id: string): Promise<Moved> {
  const from = await fleet.hostOf(id);
  const moved = await fleet.move(id);
  if ((await fleet.hostOf(id)) === from) throw new Error(`${id} is where it was`);
  await fleet.counts(id, 1);
  return moved;
}

interface Seen {
  readonly guests_lost: number;
  readonly ticks_lost: number;
  readonly ticks_repeated: number;
}

async function seenAtLast(fleet: RealFleet, ids: readonly string[]): Promise<Seen> {
  const seen = { guests_lost: 0, ticks_lost: 0, ticks_repeated: 0 };
  for (const id of ids) {
    const counted = await fleet.counts(id, 1).catch(() => null);
    if (counted === null) seen.guests_lost++;
    seen.ticks_lost += counted?.lost ?? 0;
    seen.ticks_repeated += counted?.repeated ?? 0;
  }
  return seen;
}

function* toldBy(seen: Seen, moves: readonly Moved[]): Generator<Figure> {
  yield figure('rounds: moves', GUESTS, moves.length, 'moves');
  yield figure('rounds: guests lost', GUESTS, seen.guests_lost, 'guests');
  yield figure('rounds: ticks lost', GUESTS, seen.ticks_lost, 'ticks');
  yield figure('rounds: ticks repeated', GUESTS, seen.ticks_repeated, 'ticks');
  const of = (what: keyof Moved) => median(moves.map((one) => one[what]));
  yield figure('rounds: a move', GUESTS, of('total_ms'), 'ms');
  yield figure('rounds: a guest stands still', GUESTS, of('downtime_ms'), 'ms');
  yield figure('load, over a minute', null, loadavg()[0] ?? Number.NaN, 'running');
}
