/**
 * The scheduler on SQLite, in process: servers placed by a decision and its claim, one ledger
 * request each, durable when answered; then whole servers, from `POST /servers` until ACTIVE.
 *
 * Fleets of several sizes take turns, and a ratio is the median of the rounds', so that a busy
 * machine is unfair to all of them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { done } from '../src/core/ports/reply.ts';
import { against, type Figure, figure, median } from './figure.ts';
import { askOf, type Kind } from './scheduler.asks.ts';
import { boots } from './scheduler.boot.ts';
import { Fleet } from './scheduler.fleet.ts';

const PLAIN_HOSTS = [1_000, 10_000, 100_000];
const HOSTS = 5_000;
const ROUNDS = 5;
const EXPLANATIONS = 21;

export async function* figures(): AsyncGenerator<Figure> {
  const directory = mkdtempSync(join(tmpdir(), 'plimsoll-bench-'));
  try {
    yield* plain(directory);
    for (const kind of ['numa-device', 'affinity', 'anti-affinity'] as const) {
      yield* one(directory, kind);
    }
    yield* boots(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function* plain(directory: string): AsyncGenerator<Figure> {
  const fleets: Fleet[] = [];
  for (const hosts of PLAIN_HOSTS) fleets.push(await Fleet.make(directory, hosts, 'plain'));
  const name = (andDrop: boolean) => (andDrop ? 'plain, and the oldest let go' : 'plain');
  for (const andDrop of [false, true]) {
    yield* compared(name(andDrop), await rounds(fleets, andDrop));
    if (!andDrop) for (const fleet of fleets) yield* decisions('plain', fleet);
  }
  yield await explanation(fleets[0] as Fleet);
  for (const { ledger } of fleets) await ledger.close();
}

async function* one(directory: string, kind: Kind): AsyncGenerator<Figure> {
  const fleet = await Fleet.make(directory, HOSTS, kind);
  yield* compared(kind, await rounds([fleet], false));
  yield* decisions(kind, fleet);
  await fleet.ledger.close();
}

/** Rates of each fleet by size, a list a round. */
type Rounds = readonly { readonly hosts: number; readonly rates: number[] }[];

async function rounds(fleets: readonly Fleet[], andDrop: boolean): Promise<Rounds> {
  const found = fleets.map(({ hosts }) => ({ hosts, rates: [] as number[] }));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [at, fleet] of fleets.entries()) {
      const rate = await fleet.round(andDrop);
      if (round > 0) found[at]?.rates.push(rate); // the first one warms up
    }
  }
  return found;
}

function* compared(name: string, found: Rounds): Generator<Figure> {
  const [first, ...others] = found.map(({ hosts, rates }) =>
    figure(name, hosts, median(rates), 'servers/s'),
  );
  if (first === undefined) return;
  yield first;
  for (const [at, other] of others.entries()) {
    const ratios = found[at + 1]?.rates.map((rate, round) => rate / (found[0]?.rates[round] ?? 1));
    yield against(other, first, median(ratios ?? []));
  }
}

/** What deciding alone took in the last round, and all of it in processor time. */
function* decisions(kind: Kind, { hosts, decide_us, processor_us }: Fleet): Generator<Figure> {
  const rising = decide_us.toSorted((a, b) => a - b);
  yield figure(`${kind}: a decision, median`, hosts, median(decide_us), 'µs');
  const p99 = rising[Math.floor(rising.length * 0.99)] ?? Number.NaN;
  yield figure(`${kind}: a decision, 99 of 100 within`, hosts, p99, 'µs');
  yield figure(`${kind}: processor time of a server`, hosts, processor_us, 'µs');
}

/** A refusal with its explanation: every host by every filter, and repairs that were tried. */
async function explanation({ hosts, ledger, scheduler }: Fleet): Promise<Figure> {
  const ask = { ...askOf('plain', 'nobody', 0), resources: { VCPU: 10_000 } };
  const spans: number[] = [];
  for (let time = 0; time < EXPLANATIONS; time++) {
    await ledger.submit((draft) => {
      const from = performance.now();
      scheduler.decide(draft, ask);
      spans.push(performance.now() - from);
      return done(undefined);
    });
  }
  return figure('a refusal, explained', hosts, median(spans), 'ms');
}
