/**
 * The event stream: what changed, told to whoever listens, as server-sent events.
 *
 *   ledger ──batch──► told rows ──► one queue a listener ──► bytes
 *
 *   F1  an event's id is the sequence of the batch that it comes from; all events of a batch have
 *       it, and a listener gets all of them or a `reset`;
 *   F2  a listener that reads too slowly (EVENTS_QUEUED_MAX) gets one `reset` in place of what it
 *       missed: it reads everything again and listens on;
 *   F3  without listeners nothing is computed.
 *
 * A `reset` is also the first thing said to somebody who comes back and was away: nothing is kept
 * for those who are not here, since reading the lists again is cheap and always right.
 */

import { millis } from '../../base/units.ts';
import type { View } from '../../ledger/draft.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Batch } from '../../ports/store.ts';

export const EVENTS_QUEUED_MAX = 2000;
const BEAT_MS = millis(15_000);

export interface OwnEvent {
  readonly name: 'server' | 'operation' | 'host';
  /** Whose it is; null: operators only. */
  readonly project_id: string | null;
  readonly data: object;
}

/** What a batch comes to, in the words of our API. */
export type Teller = (batch: Batch, view: View) => readonly OwnEvent[];

interface Listener {
  readonly hears: (event: OwnEvent) => boolean;
  queue: string[];
  wake: () => void;
}

export class EventFeed {
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  readonly #tell: Teller;
  readonly #listeners = new Set<Listener>();
  #beating = false;
  #resets = 0;

  constructor(ledger: Ledger, clock: Clock, tell: Teller) {
    this.#ledger = ledger;
    this.#clock = clock;
    this.#tell = tell;
    ledger.subscribe((batch) => {
      if (this.#listeners.size > 0) void this.#heard(batch);
    });
  }

  /** Who listens, what waits to be read by them, and how often one read too slowly (F2). */
  get figures() {
    let queued = 0;
    for (const { queue } of this.#listeners) queued += queue.length;
    return { listeners: this.#listeners.size, queued, resets: this.#resets };
  }

  /** The stream from now on; `last_id` is what its reader last saw, if it was here before. */
  async *listen(hears: Listener['hears'], last_id: number | null): AsyncGenerator<string> {
    const listener: Listener = { hears, queue: [], wake: () => {} };
    this.#listeners.add(listener);
    if (!this.#beating) void this.#beat();
    try {
      const now = this.#ledger.sequence;
      yield `retry: 1000\n${last_id === null || last_id === now ? ': here\n\n' : reset(now)}`;
      while (true) yield await next(listener);
    } finally {
      this.#listeners.delete(listener);
    }
  }

  async #heard(batch: Batch): Promise<void> {
    const events = await this.#ledger.read((view) => this.#tell(batch, view));
    for (const listener of this.#listeners) {
      const heard = events.filter(listener.hears).map((event) => written(batch.sequence, event));
      if (!push(listener, heard, batch.sequence)) this.#resets++;
    }
  }

  /** Keeps idle connections open, and lets both sides notice dead ones. */
  async #beat(): Promise<void> {
    this.#beating = true;
    while (this.#listeners.size > 0) {
      await this.#clock.sleep(BEAT_MS);
      for (const listener of this.#listeners) push(listener, [': beat\n\n'], this.#ledger.sequence);
    }
    this.#beating = false;
  }
}

/** False if the listener has to read everything again. */
function push(listener: Listener, texts: readonly string[], sequence: number): boolean {
  if (texts.length === 0) return true;
  const tooMany = listener.queue.length + texts.length > EVENTS_QUEUED_MAX; // F2
  if (tooMany) listener.queue = [reset(sequence)];
  else listener.queue.push(...texts);
  listener.wake();
  return !tooMany;
}

async function next(listener: Listener): Promise<string> {
  if (listener.queue.length === 0) {
    await new Promise<void>((resolve) => {
      listener.wake = resolve;
    });
  }
  const text = listener.queue.join('');
  listener.queue = [];
  return text;
}

const written = (id: number, { name, data }: OwnEvent): string =>
  `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
const reset = (id: number): string => `id: ${id}\nevent: reset\ndata: {}\n\n`;
