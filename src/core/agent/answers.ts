/**
 * What an agent answered, by key: so that the same key asked again gives the same answer, and does
 * nothing twice.
 *
 *   asked ──► under way ──done──► remembered: whoever asks again gets it
 *              │  ▲    └──no────► remembered, where a later yes would be a surprise
 *     asked again │
 *              └──┘ joins; after a while it is tried once more, for the hypervisor may be deaf
 *
 *   AN1  a `no` of a step that makes or moves a guest stands: a late copy of it does nothing;
 *   AN2  a `no` is only said once no earlier try of the same key can still act: until then `lost`;
 *   AN3  ends and decisions (destroy, seal) may be refused now and carried out later: their `no` is
 *        not remembered. What they have done, they have done once.
 */
import { Recent } from '../base/recent.ts';
import { assert, type Millis } from '../base/units.ts';
import type { Clock } from '../ports/clock.ts';
import type { Order, OrderRefusal } from '../ports/order.ts';
import { lost, no, type Reply } from '../ports/reply.ts';

export type Answer = Reply<unknown, OrderRefusal>;

/** How many answers are remembered. The wire holds up nothing for as long as these many last. */
export const ANSWERS_KEPT = 4096;

interface Trying {
  readonly verb: Exclude<Order['verb'], Looks>;
  since: Millis;
  /** Tries without an answer so far. */
  open: number;
  answer: Promise<Answer>;
}

interface Kind {
  readonly no_stands: boolean;
  /** After how long one more try is made for whoever asks again. */
  readonly patience_ms: number;
}

/** Verbs that change nothing, or the same again: whoever asks again gets a new answer. */
type Looks = 'list' | 'console' | 'screenshot' | 'progress' | 'password';

const kinds: Readonly<Record<Exclude<Order['verb'], Looks>, Kind>> = {
  boot: { no_stands: true, patience_ms: 20_000 },
  receive: { no_stands: true, patience_ms: 20_000 },
  send: { no_stands: true, patience_ms: Number.POSITIVE_INFINITY },
  destroy: { no_stands: false, patience_ms: 5_000 },
  power: { no_stands: true, patience_ms: Number.POSITIVE_INFINITY },
  reboot: { no_stands: true, patience_ms: Number.POSITIVE_INFINITY },
  refit: { no_stands: true, patience_ms: Number.POSITIVE_INFINITY },
  snapshot: { no_stands: true, patience_ms: Number.POSITIVE_INFINITY },
  interrupt: { no_stands: true, patience_ms: 5_000 },
  conclude: { no_stands: false, patience_ms: 5_000 },
  seal: { no_stands: false, patience_ms: 5_000 },
  steer: { no_stands: true, patience_ms: 5_000 },
  park: { no_stands: true, patience_ms: 75_000 },
  unpark: { no_stands: false, patience_ms: 30_000 },
  ship: { no_stands: true, patience_ms: Number.POSITIVE_INFINITY },
};

const looked: readonly Order['verb'][] = ['list', 'console', 'screenshot', 'progress', 'password'];
const looks = (verb: Order['verb']): verb is Looks => looked.includes(verb);

export class Answers {
  readonly #clock: Clock;
  readonly #given = new Recent<{ readonly verb: Order['verb'] | null; readonly answer: Answer }>(
    ANSWERS_KEPT,
  );
  readonly #trying = new Map<string, Trying>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The answer to this order: remembered, awaited, or found by `act`. */
  give({ key, verb }: Order, act: () => Promise<Answer>): Promise<Answer> {
    if (looks(verb)) return act();
    const given = this.#given.get(key);
    if (given !== undefined) {
      const same = given.verb === null || given.verb === verb;
      assert(same, `${key} was ${given.verb}, and now is ${verb}`);
      return Promise.resolve(given.answer);
    }
    const { patience_ms } = kinds[verb];
    const trying = this.#trying.get(key);
    if (trying === undefined) return this.#try(key, this.#first(key, verb), act);
    const waited_ms = this.#clock.now() - trying.since;
    return waited_ms < patience_ms ? trying.answer : this.#try(key, trying, act);
  }

  /** This step is over: whoever asks for it, or still waits for it, hears so. */
  close(key: string): void {
    this.#given.set(key, { verb: null, answer: no({ why: 'closed' }) });
  }

  #first(key: string, verb: Trying['verb']): Trying {
    const since = this.#clock.now();
    const trying = { verb, since, open: 0, answer: Promise.resolve<Answer>(lost) };
    this.#trying.set(key, trying);
    return trying;
  }

  #try(key: string, trying: Trying, act: () => Promise<Answer>): Promise<Answer> {
    trying.open++;
    trying.since = this.#clock.now();
    trying.answer = act().then((answer) => this.#tried(key, trying, answer));
    return trying.answer;
  }

  #tried(key: string, trying: Trying, answer: Answer): Answer {
    trying.open--;
    if (trying.open === 0) this.#trying.delete(key);
    const { verb } = trying;
    const given = this.#given.get(key);
    if (given !== undefined) return given.answer;
    if (answer.is === 'lost') return lost;
    if (answer.is === 'no' && trying.open > 0) return lost;
    const stands = answer.is === 'done' || kinds[verb].no_stands;
    if (stands) this.#given.set(key, { verb, answer });
    return answer;
  }
}
