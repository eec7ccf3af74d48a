/**
 * Sending guests away from one simulated machine.
 *
 *   stream ──passes──► depart ──downtime──► arrive ──► taken: gone
 *     │ aborted,          (paused)            └─────► refused: it is here as before
 *     ▼ destroyed, closed
 *    no
 *
 *   post-copy: stream ──► depart, at once ──► arrive: it runs there ──► the rest ──► gone
 *                                                └ power lost here: it has crashed there
 *
 * A guest in `depart` is written down as leaving before it stands still. If the power goes there,
 * it is settled once the machine is back: its landing has taken it, or it stays (H4).
 */
import type { Chance } from '../core/base/seeded.ts';
import { millis, never } from '../core/base/units.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { HypervisorRefusal, HypervisorReply, Transfer } from '../core/ports/hypervisor.ts';
import type { Deadline, StepKey } from '../core/ports/order.ts';
import { done, no, type Reply } from '../core/ports/reply.ts';
import { abortedAt, leftMs } from '../core/ports/transfer.ts';
import { type Course, courseOf, type Link, type Pass, span } from './dirty-pages.ts';
import type { SimFabric } from './fabric.ts';
import type { Resident, SimMachine } from './machine.ts';

const LINK: Link = { bandwidth_mib_per_s: 512, downtime_ms_max: 300 };
/** Guests write between nothing and this much, drawn for each sending. */
const DIRTY_MIB_PER_S_MAX = 256;
/** A pass is slept through in pieces, so that progress is seen and an abort is heard. */
const PIECE_MS = 500;
/** How long a guest stands still that goes on with less than its memory. */
const SWITCH_MS = 20;

export interface SenderAbout {
  readonly name: string;
  readonly machine: SimMachine;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly fabric: SimFabric;
  readonly link?: Link;
  readonly dirty_mib_per_s_max?: number;
}

interface Sending {
  readonly key: StepKey;
  readonly guest: Resident;
  readonly address: string;
  /** What the guest is, and is to be there. */
  readonly power: 'running' | 'paused';
  readonly deadline: Deadline | null;
  /** Null: there is none, or it was kept. */
  due_at_ms: number | null;
  seen: Transfer;
  /** Why it is to stop. */
  aborted: string | null;
  /** The guest stands still after this pass, for as long as the rest takes. */
  hastened: boolean;
  /** It goes on over there at once, and the rest follows. */
  post_copy: boolean;
}

type Wanted = Pick<Sending, 'key' | 'guest' | 'address' | 'power' | 'deadline'>;
type Departed = { readonly downtime_ms: number };

export class Sender {
  readonly #about: SenderAbout;
  readonly #machine: SimMachine;
  readonly #sendings = new Map<string, Sending>();

  constructor(about: SenderAbout) {
    this.#about = about;
    this.#machine = about.machine;
  }

  has = (uuid: string): boolean => this.#sendings.has(uuid);

  progress(uuid: string): Transfer | null {
    const sending = this.#sendings.get(uuid);
    if (sending === undefined) return null;
    const { seen, hastened, post_copy, deadline, due_at_ms } = sending;
    const { link = LINK, clock } = this.#about;
    const writes = hastened || post_copy ? 0 : seen.dirty_mib_per_s;
    const left_ms = leftMs({ ...seen, dirty_mib_per_s: writes }, link.bandwidth_mib_per_s);
    if (deadline === null || due_at_ms === null) return { ...seen, left_ms, deadline: null };
    const in_ms = Math.max(0, due_at_ms - clock.now());
    return { ...seen, left_ms, deadline: { in_ms, action: deadline.action } };
  }

  /** The guest is no more, or the power is gone: whatever was sending it finds itself stopped. */
  forget(uuid: string): void {
    this.#sendings.delete(uuid);
  }

  forgetAll(): void {
    this.#sendings.clear();
  }

  abort(uuid: string, key?: StepKey): Reply<void, HypervisorRefusal> {
    return this.#steer(uuid, key, { aborted: 'aborted' });
  }

  hasten(uuid: string, key?: StepKey): Reply<void, HypervisorRefusal> {
    const then = this.#sendings.get(uuid)?.deadline?.action;
    return this.#steer(uuid, key, then === 'post-copy' ? { post_copy: true } : { hastened: true });
  }

  #steer(
    uuid: string,
    key: StepKey | undefined,
    how: Partial<Pick<Sending, 'aborted' | 'hastened' | 'post_copy'>>,
  ): Reply<void, HypervisorRefusal> {
    const sending = this.#sendings.get(uuid);
    if (sending === undefined || (key !== undefined && sending.key !== key)) {
      return failed('it is not being sent');
    }
    if (sending.guest.stage === 'leaving') return failed('it is being handed over');
    Object.assign(sending, how);
    return done(undefined);
  }

  async send(
    key: StepKey,
    uuid: string,
    address: string,
    deadline: Deadline | null = null,
  ): HypervisorReply<Departed> {
    const before_ms = this.#machine.departed.get(key);
    if (before_ms !== undefined) return done({ downtime_ms: before_ms });
    const guest = this.#machine.guests.get(uuid);
    if (guest === undefined) return no({ why: 'unknown-guest' });
    if (this.#sendings.has(uuid)) return failed('it is being sent already');
    const { power } = guest;
    if (power !== 'running' && power !== 'paused') return failed(`it is ${power}`);
    const { fabric, name } = this.#about;
    if (!fabric.reaches(name, address)) return failed('no way there');
    return this.#stream({ key, guest, address, power, deadline });
  }

  /** Passes over the memory until the rest is small enough, then lets it go. */
  async #stream(about: Wanted): HypervisorReply<Departed> {
    const { guest, power, deadline } = about;
    const { link = LINK, dirty_mib_per_s_max = DIRTY_MIB_PER_S_MAX, chance, clock } = this.#about;
    const dirty_mib_per_s = power === 'paused' ? 0 : chance.between(0, dirty_mib_per_s_max);
    const course = courseOf(guest.spec.memory_mib, dirty_mib_per_s, link);
    const seen = nothingYet(guest, dirty_mib_per_s);
    const due_at_ms = deadline === null ? null : clock.now() + deadline.after_ms;
    const begun = { ...about, seen, due_at_ms, aborted: null, hastened: false };
    const sending: Sending = { ...begun, post_copy: false };
    this.#sendings.set(guest.spec.uuid, sending);
    if (!(await this.#passes(sending, course))) return this.#stopped(sending);
    if (sending.post_copy) return this.#depart(sending, SWITCH_MS);
    if (sending.hastened) return this.#depart(sending, span(sending.seen.remaining_mib, link));
    if (course.downtime_ms !== null) return this.#depart(sending, course.downtime_ms);
    this.#end(sending);
    return failed(`it writes faster than it can be sent (${dirty_mib_per_s} MiB/s)`);
  }

  /** False when the sending was stopped meanwhile. */
  async #passes(sending: Sending, course: Course): Promise<boolean> {
    for (const { took_ms, sent_mib, left_mib } of passesOf(course, sending.deadline !== null)) {
      if (!(await this.#pass(sending, took_ms))) return false;
      if (sending.post_copy) return true;
      const { seen } = sending;
      sending.seen = {
        ...seen,
        passes: seen.passes + 1,
        sent_mib: seen.sent_mib + sent_mib,
        remaining_mib: left_mib,
      };
      if (sending.hastened) return true;
    }
    return true;
  }

  /** False when the sending was stopped meanwhile. */
  async #pass(sending: Sending, took_ms: number): Promise<boolean> {
    const { clock } = this.#about;
    let left_ms = took_ms;
    while (this.#goesOn(keptTime(sending, clock.now())) && left_ms > 0 && !sending.post_copy) {
      const due_in_ms = (sending.due_at_ms ?? Number.POSITIVE_INFINITY) - clock.now();
      const piece_ms = Math.min(left_ms, PIECE_MS, due_in_ms);
      await this.#sleep(piece_ms);
      left_ms -= piece_ms;
    }
    return this.#goesOn(sending);
  }

  /** From here on the guest stands still, until its landing has taken it or has not. */
  async #depart(sending: Sending, downtime_ms: number): HypervisorReply<Departed> {
    const { guest, key, address, power, post_copy } = sending;
    const leaving = { address, key, power, ...(post_copy && { post_copy }) };
    Object.assign(guest, { power: 'paused', stage: 'leaving', leaving });
    const kept = await this.#machine.keep();
    if (kept.is !== 'done') return this.#resume(sending, 'it cannot be written down here');
    await this.#sleep(downtime_ms);
    if (!this.#goesOn(sending)) return this.#resume(sending, 'its step was closed');
    const arrival = await this.#about.fabric.arrive(this.#about.name, address, power, post_copy);
    if (arrival === 'refused' || arrival === 'unreachable') {
      return this.#resume(sending, `the other side is ${arrival}`);
    }
    if (post_copy && !(await this.#sendRest(sending))) return no({ why: 'unknown-guest' });
    this.#end(sending);
    this.#machine.departed.set(key, downtime_ms);
    // Not on the other side's shelf yet: it stays on ours, standing still, to be settled later.
    if (arrival === 'taken, unkept') return done({ downtime_ms });
    this.#machine.end(guest);
    await this.#machine.keep();
    return done({ downtime_ms });
  }

  /** It runs there: nothing stops this but the end of what is here. */
  async #sendRest(sending: Sending): Promise<boolean> {
    const { link = LINK, fabric, name } = this.#about;
    for (let left_ms = span(sending.seen.remaining_mib, link); left_ms > 0; left_ms -= PIECE_MS) {
      await this.#sleep(Math.min(left_ms, PIECE_MS));
      if (!this.#isIts(sending)) return false;
      const remaining_mib = Math.max(0, left_ms - PIECE_MS) * (link.bandwidth_mib_per_s / 1000);
      sending.seen = { ...sending.seen, remaining_mib, post_copy: true };
    }
    while (!(await fabric.whole(name, sending.address))) {
      await this.#sleep(PIECE_MS);
      if (!this.#isIts(sending)) return false;
    }
    return this.#isIts(sending);
  }

  async #resume(sending: Sending, why: string): HypervisorReply<never> {
    // Destroyed, or without power: then there is nothing left to go on.
    if (!this.#isIts(sending)) return no({ why: 'unknown-guest' });
    this.#end(sending);
    stay(sending.guest);
    await this.#machine.keep();
    return failed(why);
  }

  #stopped(sending: Sending): Reply<never, HypervisorRefusal> {
    if (!this.#isIts(sending)) return no({ why: 'unknown-guest' });
    this.#end(sending);
    const { aborted } = sending;
    return aborted === null ? no({ why: 'closed' }) : no({ why: 'aborted', message: aborted });
  }

  #goesOn = (sending: Sending): boolean =>
    this.#isIts(sending) && sending.aborted === null && !this.#machine.closed.has(sending.key);

  #isIts = (sending: Sending): boolean => this.#sendings.get(sending.guest.spec.uuid) === sending;

  #end(sending: Sending): void {
    if (this.#isIts(sending)) this.#sendings.delete(sending.guest.spec.uuid);
  }

  /** It is no more; what is here of the memory of one that runs elsewhere goes as well. */
  end(guest: Resident): void {
    const { leaving } = guest;
    if (leaving?.post_copy) this.#about.fabric.lost(this.#about.name, leaving.address);
    this.#machine.end(guest);
  }

  /** Guests that were leaving when the power went, or the program: gone, or here again. */
  settle(): void {
    const { fabric, name } = this.#about;
    for (const guest of [...this.#machine.guests.values()]) {
      const { leaving } = guest;
      if (leaving === null || this.#sendings.has(guest.spec.uuid)) continue;
      const fate = fabric.fate(name, leaving.address);
      if (fate === 'taken') {
        // The program ended, and not the machine: what is here of its memory is here.
        if (leaving.post_copy) void fabric.whole(name, leaving.address);
        this.#machine.end(guest);
      }
      if (fate === 'not taken') stay(guest);
    }
  }

  #sleep = (span_ms: number): Promise<void> => this.#about.clock.sleep(millis(span_ms));
}

/** Does what is to be done when time is up, once. */
function keptTime(sending: Sending, now_ms: number): Sending {
  const { deadline, due_at_ms } = sending;
  if (deadline === null || due_at_ms === null || now_ms < due_at_ms) return sending;
  sending.due_at_ms = null;
  switch (deadline.action) {
    case 'abort':
      sending.aborted = abortedAt(deadline);
      return sending;
    case 'pause':
      sending.hastened = true;
      return sending;
    case 'post-copy':
      sending.post_copy = true;
      return sending;
    default:
      return never(deadline.action);
  }
}

/** One that does not converge is given up after a while, unless its deadline will end it. */
function* passesOf({ passes, downtime_ms }: Course, ends: boolean): Generator<Pass> {
  yield* passes;
  const last = passes.at(-1);
  while (ends && downtime_ms === null && last !== undefined) yield last;
}

/** Its landing has not taken it: it is here as before. One that crashed meanwhile stays crashed. */
function stay(guest: Resident): void {
  if (guest.power === 'paused') guest.power = guest.leaving?.power ?? 'running';
  Object.assign(guest, { stage: 'here', leaving: null });
}

const nothingYet = (guest: Resident, dirty_mib_per_s: number): Transfer => ({
  passes: 0,
  sent_mib: 0,
  remaining_mib: guest.spec.memory_mib,
  dirty_mib_per_s,
});

export const failed = (message: string): Reply<never, HypervisorRefusal> =>
  no({ why: 'failed', message });
