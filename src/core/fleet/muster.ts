/**
 * The muster: where agents report and beat, and where silence is noticed.
 *
 *   agent ── report (at its start, and now and then) ──► register ──► ledger
 *         └─ beat (every BEAT_EVERY_MS) ──► heartbeats ──silence──► the host is `down`
 *
 * A beat costs the ledger nothing, unless the host was down or its row grows old. Looking for
 * silence is also when failed builds are halved (health.ts).
 */
import { type Millis, millis } from '../base/units.ts';
import type { Ledger, Unavailable } from '../ledger/ledger.ts';
import type { Clock } from '../ports/clock.ts';
import type { Journal } from '../ports/journal.ts';
import { done, type Reply } from '../ports/reply.ts';
import { decayFailures, isDecayDue } from './health.ts';
import {
  BEAT_EVERY_MS,
  type BeatRefusal,
  Heartbeats,
  isDue,
  markHeard,
  markSilent,
  type Seen,
} from './heartbeat.ts';
import { applyReport, type Registered, type RegisterRefusal } from './registry.ts';
import type { HostReport } from './report.ts';
import { hosts } from './rows.ts';

export interface Beat {
  readonly host: string;
  readonly incarnation: number;
}

export interface MusterParts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly journal: Journal;
  /** How long a host may be silent; left out: SILENT_AFTER_MS. */
  readonly silent_after_ms?: number;
  /** Told of each report that was taken, and of each host that is heard again. */
  readonly reported?: (host: string) => void;
}

const LOOK_EVERY: Millis = millis(BEAT_EVERY_MS);

export class Muster {
  readonly #parts: MusterParts;
  readonly #heartbeats: Heartbeats;
  #looked: Millis = millis(0);
  #beats = 0;
  #stopped = false;

  constructor(parts: MusterParts) {
    this.#parts = parts;
    this.#heartbeats = new Heartbeats(parts.silent_after_ms);
  }

  /** How many beats were taken. */
  get beats(): number {
    return this.#beats;
  }

  async report(report: HostReport): Promise<Reply<Registered, RegisterRefusal | Unavailable>> {
    const { ledger, clock, journal, reported } = this.#parts;
    const reply = await ledger.submit((draft) => applyReport(draft, report));
    if (reply.is !== 'done') return reply;
    this.#heartbeats.hear(report.host, clock.now());
    reported?.(report.host);
    const { unknown } = reply.value;
    if (unknown.length > 0) {
      journal.warn('host.unknown-names', { host: report.host, names: unknown.join(', ') });
    }
    return reply;
  }

  async beat(beat: Beat): Promise<Reply<void, BeatRefusal | Unavailable>> {
    const { ledger, clock } = this.#parts;
    const before = await ledger.read((view) => view.rows(hosts).get(beat.host));
    const strange = before === undefined || before.incarnation > beat.incarnation;
    if (strange || isDue(before, clock.wall())) {
      const reply = await ledger.submit((draft) => markHeard(draft, beat));
      // A database that is away is no silence of the host.
      if (ours(reply)) this.#heartbeats.hear(beat.host, clock.now());
      if (reply.is !== 'done') return reply;
      // It was given up meanwhile: what it still runs is to be looked at now.
      if (before?.state === 'down') this.#parts.reported?.(beat.host);
    }
    this.#heartbeats.hear(beat.host, clock.now());
    this.#beats++;
    return done(undefined);
  }

  /** Marks down who is silent, for as long as this process lives. */
  async watch(): Promise<void> {
    const { clock } = this.#parts;
    while (!this.#stopped) {
      await this.look();
      await clock.sleep(LOOK_EVERY);
    }
  }

  /** Looks once. One that comes far too late (a stopped process) lets each host beat first. */
  async look(): Promise<void> {
    const { ledger, clock } = this.#parts;
    const late = clock.now() - this.#looked > 3 * LOOK_EVERY;
    this.#looked = clock.now();
    const up = await ledger.read((view) =>
      [...view.rows(hosts).values()].filter(({ state }) => state === 'up'),
    );
    if (late) for (const { name } of up) this.#heartbeats.forget(name);
    if (ledger.shared) for (const host of up) this.#heartbeats.notice(host, clock.now());
    // All at once: where a whole room falls silent, it takes a few commits and not one a host.
    const silent = this.#heartbeats.silent(up, clock.now());
    await Promise.all(silent.map((host) => this.#markSilent(host)));
    const due = await ledger.read((view) => isDecayDue(view, clock.wall()));
    if (due) await ledger.submit(decayFailures); // where it is refused, the next look does it
  }

  stop(): void {
    this.#stopped = true;
  }

  async #markSilent(host: Seen): Promise<void> {
    const { ledger, journal } = this.#parts;
    const reply = await ledger.submit((draft) => markSilent(draft, host));
    if (reply.is === 'done') journal.warn('host.silent', { host: host.name });
  }
}

/** Whether it was our ledger that could not take it. */
const ours = (reply: Reply<unknown, BeatRefusal | Unavailable>): boolean =>
  reply.is === 'lost' || (reply.is === 'no' && reply.why.why === 'unavailable');
