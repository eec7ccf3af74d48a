/**
 * How old a message is, between two machines whose clocks know nothing of each other: the sender
 * says when, on its own clock, and the fastest message of late is taken to have come in no time.
 *
 *   age = (heard − said) − the least such difference that this sender's messages have had
 *
 * The least is forgotten in turns, so that clocks which drift apart do not add up.
 */
const TURN_MS = 600_000;

interface Least {
  readonly began_ms: number;
  readonly before_ms: number;
  readonly now_ms: number;
}

/** Senders that are remembered; a process has a new name each time that it begins. */
const SENDERS_MAX = 256;

export class Ages {
  readonly #least = new Map<string, Least>();

  /** In ms; 0 for the first of a sender. */
  of(sender: string, said_ms: number, heard_ms: number): number {
    const behind_ms = heard_ms - said_ms;
    const known = this.#least.get(sender);
    const next =
      known === undefined ? first(behind_ms, heard_ms) : later(known, behind_ms, heard_ms);
    this.#least.delete(sender);
    this.#least.set(sender, next);
    if (this.#least.size > SENDERS_MAX) this.#forgetOldest();
    return behind_ms - Math.min(next.before_ms, next.now_ms);
  }

  #forgetOldest(): void {
    const [oldest] = this.#least.keys();
    if (oldest !== undefined) this.#least.delete(oldest);
  }
}

const first = (behind_ms: number, began_ms: number): Least => ({
  began_ms,
  before_ms: behind_ms,
  now_ms: behind_ms,
});

function later({ began_ms, before_ms, now_ms }: Least, behind_ms: number, heard_ms: number): Least {
  const over = heard_ms - began_ms > TURN_MS;
  if (over) return { began_ms: heard_ms, before_ms: now_ms, now_ms: behind_ms };
  return { began_ms, before_ms, now_ms: Math.min(now_ms, behind_ms) };
}
