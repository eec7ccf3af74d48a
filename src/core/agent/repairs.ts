/**
 * Carries out what the table of outcomes says about one difference: asks the host, or changes the
 * books (mend.ts).
 *
 *   difference ─► outcomes ─► ask the host ─► answered: repaired · else: left, the next audit asks
 *                          └► mend the books ─► done: repaired · no: left, and why
 *
 *   AU4  a guest whose server is elsewhere is destroyed only once that host has said that the
 *        server's guest is there. It says that it is not: this is the only one, and the server is
 *        here. What a move brought that was undone goes where its own guest is set aside;
 *   AU5  a host that shows none of several guests is more likely blind than empty: nothing is
 *        concluded from that;
 *   AU6  a guest of no server is destroyed only if nothing is held in its name: deleting a server
 *        takes both away at once, so here something else has happened.
 *
 * A dry run goes the same way: it mends a draft that is taken back, and asks for nothing but lists.
 */
import { type Millis, millis } from '../base/units.ts';
import type { Draft } from '../ledger/draft.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { GuestReport, Order, OrderRefusal } from '../ports/order.ts';
import { no, type Reply } from '../ports/reply.ts';
import type { Wire } from '../ports/wire.ts';
import type { Undo } from '../servers/findings.ts';
import type { ServerRow } from '../servers/rows.ts';
import {
  adopt,
  fail,
  free,
  freeThere,
  type Here,
  holdTaken,
  type Mended,
  noteStopped,
  settleMove,
  unfence,
} from './mend.ts';
import { outcomes } from './outcomes.ts';
import { type Difference, expected } from './reconcile.ts';
import type { NeedsOf } from './taken.ts';

export const LIST_TIMEOUT: Millis = millis(10_000);
const REPAIR_TIMEOUT: Millis = millis(30_000);

/** One audit of one host: what it saw, and how it may act. */
export interface Look {
  readonly host: string;
  readonly root: number;
  /** Its orders' keys begin with this. */
  readonly name: string;
  readonly dry: boolean;
  readonly guests: readonly GuestReport[];
  /** The servers that it is about, as they were then. */
  readonly seen: ReadonlyMap<string, ServerRow>;
}

export interface Settling {
  readonly state: 'left' | 'repaired';
  readonly why: string;
  readonly undo: readonly Undo[];
}

const left = (why: string): Settling => ({ state: 'left', why, undo: [] });

export class Repairs {
  readonly #ledger: Ledger;
  readonly #wire: Wire;
  readonly #needsOf: NeedsOf;

  constructor(ledger: Ledger, wire: Wire, needsOf: NeedsOf) {
    this.#ledger = ledger;
    this.#wire = wire;
    this.#needsOf = needsOf;
  }

  async settle(look: Look, difference: Difference): Promise<Settling> {
    const { repair, outcome } = outcomes[difference.is];
    return repair === null ? left(outcome) : this.#mend(look, difference, outcome);
  }

  async #mend(look: Look, difference: Difference, then: string): Promise<Settling> {
    switch (difference.is) {
      case 'unknown-guest':
        return this.#unknown(look, difference, then);
      case 'stray-guest':
        return this.#stray(look, difference, then);
      case 'left-aside':
        return this.#ask(look, then, this.#unpark(look, difference));
      case 'crashed':
      case 'runs-though-stopped': {
        const to = difference.is === 'crashed' ? 'running' : 'off';
        return this.#ask(look, then, powerOf(look, difference, to));
      }
      default:
        return this.#inBooks(look, difference, then);
    }
  }

  async #inBooks(look: Look, difference: Difference, then: string): Promise<Settling> {
    if (difference.is === 'no-guest') {
      const aside = look.guests.some(({ uuid }) => uuid === difference.uuid);
      if (aside) return left('something of it is set aside or awaited here: that comes first');
      if (isBlind(look)) return left('the host shows none of its guests: look at the host first');
    }
    return this.#write(look, then, (draft) => this.#change(draft, look, difference));
  }

  #change(draft: Draft, look: Look, difference: Difference): Mended {
    switch (difference.is) {
      case 'shut-down':
        return noteStopped(draft, look.seen.get(difference.uuid));
      case 'no-guest':
        return fail(draft, look.seen.get(difference.uuid));
      case 'stale-fence':
        return unfence(draft, look.seen.get(difference.uuid));
      case 'no-move':
        return settleMove(draft, look.seen.get(difference.uuid));
      case 'no-hold':
      case 'wrong-hold': {
        const here = this.#here(look, difference.uuid);
        const seen = look.seen.get(difference.uuid);
        return here === null ? no('its guest is not here') : holdTaken(draft, seen, here);
      }
      case 'leaked-hold':
        return free(draft, difference.consumer_uuid, 'ended run');
      case 'bare-hold':
        return free(draft, difference.consumer_uuid, 'nobody known');
      case 'hold-elsewhere':
        return freeThere(draft, look.seen.get(difference.consumer_uuid), look.root);
      default:
        return no('nothing in the books can mend it');
    }
  }

  #here({ host, root, guests }: Look, uuid: string): Here | null {
    const guest = guests.find((one) => one.uuid === uuid && !one.parked && !one.awaited);
    return guest === undefined ? null : { host, root, guest, needsOf: this.#needsOf };
  }

  /** AU6. */
  async #unknown(
    look: Look,
    unknown: Extract<Difference, { is: 'unknown-guest' }>,
    then: string,
  ): Promise<Settling> {
    const holds = await this.#ledger.read(({ books }) => books.consumers.has(unknown.uuid));
    return holds
      ? left('it holds something: its row is lost, or it is somebody else’s')
      : this.#destroy(look, unknown, then);
  }

  /** AU4. */
  async #stray(
    look: Look,
    stray: Extract<Difference, { is: 'stray-guest' }>,
    then: string,
  ): Promise<Settling> {
    const { uuid, server_host, made_by } = stray;
    const here = this.#here(look, uuid);
    const seen = look.seen.get(uuid);
    const only = here?.guest.made_by === made_by && canBeHere(seen);
    const elsewhere = server_host !== null && server_host !== look.host;
    if (here === null || !only || !elsewhere) return this.#destroy(look, stray, then);
    const key = `${look.name}/look/${uuid}`;
    const there = await this.#wire.ask<'list'>(server_host, { verb: 'list', key }, LIST_TIMEOUT);
    if (there.is !== 'done') return left(`${server_host} does not say whether the guest is there`);
    const two = there.value.guests.some((one) => one.uuid === uuid && !one.parked);
    if (two) return this.#destroy(look, stray, then);
    const adopted = `the server is on ${look.host} now: its only guest is there`;
    return this.#write(look, adopted, (draft) => adopt(draft, seen, here));
  }

  #destroy(
    look: Look,
    { uuid, made_by }: { readonly uuid: string; readonly made_by: string },
    then: string,
  ): Promise<Settling> {
    const key = `${look.name}/destroy/${uuid}`;
    return this.#ask(look, then, { verb: 'destroy', key, uuid, closes: made_by, made_by });
  }

  #unpark(look: Look, { uuid, parked }: { readonly uuid: string; readonly parked: string }): Order {
    return { verb: 'unpark', key: `${look.name}/unpark/${uuid}`, uuid, parked };
  }

  async #ask({ host, dry }: Look, then: string, order: Order): Promise<Settling> {
    if (dry) return { state: 'repaired', why: then, undo: [] };
    const reply: Reply<unknown, OrderRefusal> = await this.#wire.ask<Order['verb']>(
      host,
      order,
      REPAIR_TIMEOUT,
    );
    if (reply.is === 'done') return { state: 'repaired', why: then, undo: [] };
    if (reply.is === 'lost') return left('the host did not answer: the next audit asks again');
    return left(
      `the host would not: ${'message' in reply.why ? reply.why.message : reply.why.why}`,
    );
  }

  async #write(look: Look, then: string, mend: (draft: Draft) => Mended): Promise<Settling> {
    let dry: Mended | null = null;
    const reply = await this.#ledger.submit((draft): Mended => {
      const mended = mend(draft);
      if (!look.dry) return mended;
      dry = mended;
      return no('only looked');
    });
    const came = (dry ?? reply) as Reply<readonly Undo[], string | { readonly message: string }>;
    if (came.is === 'done') return { state: 'repaired', why: then, undo: came.value };
    if (came.is === 'lost') return left('what came of it is not known: the next audit looks again');
    return left(typeof came.why === 'string' ? came.why : came.why.message);
  }
}

const powerOf = (
  { name }: Look,
  { uuid, after }: { readonly uuid: string; readonly after: string },
  to: 'running' | 'off',
): Order => ({ verb: 'power', key: `${name}/${to}/${uuid}`, uuid, to, grace_ms: 0, after });

/** A server in one of these states has a guest, wherever it is; in error it may have one. */
const canBeHere = (seen: ServerRow | undefined): boolean =>
  seen !== undefined &&
  (Object.hasOwn(expected, seen.vm_state) || ['resized', 'error'].includes(seen.vm_state));

/** AU5. */
const isBlind = ({ host, guests, seen }: Look): boolean => {
  const own = [...seen.values()].filter((row) => row.host === host && canBeHere(row));
  return own.length > 1 && !own.some(({ uuid }) => guests.some((guest) => guest.uuid === uuid));
};
