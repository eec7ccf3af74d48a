/**
 * The agent of one host: takes orders, checks them on the spot, and has the hypervisor act.
 *
 *   order ──► answered before? ──► room? (boot, receive) ──► hypervisor ──► answer, remembered
 *
 * It keeps no second truth: guests and closed steps are the hypervisor's, and outlive the agent.
 * What an agent alone knows (its answers) is of one life; the wire brings it no order meant for an
 * earlier one (ports/wire.ts).
 *
 *   A1  the same key asked twice gives the same answer, and nothing is done twice;
 *   A2  a step that was closed is refused for good, however late it comes;
 *   A3  a refused order has changed nothing;
 *   A4  no order waits for another: a destroy is never behind the boot that hangs.
 *
 * It waits for its ports alone, so an agent whose ports are dead does nothing any more.
 */
import { never } from '../base/units.ts';
import type { HostReport, UsedDevice } from '../fleet/report.ts';
import type { Clock } from '../ports/clock.ts';
import type { Hypervisor, HypervisorRefusal } from '../ports/hypervisor.ts';
import type { Journal } from '../ports/journal.ts';
import type { GuestSpec, Order, OrderRefusal, OrderResult } from '../ports/order.ts';
import { done, lost, no, type Reply } from '../ports/reply.ts';
import type { Recipient } from '../ports/wire.ts';
import { type Answer, Answers } from './answers.ts';
import { type CleanDevice, Cleaning } from './cleaning.ts';
import type { HostConfig } from './config.ts';
import { deviceProblems } from './devices.ts';
import { guestReport, reportOf } from './report.ts';
import { type Ratios, Tracker } from './tracker.ts';

export interface AgentAbout {
  readonly host: string;
  /** Of the machine: its root provider has it too. */
  readonly uuid: string;
  /** One more than in its life before. */
  readonly incarnation: number;
  readonly config: HostConfig;
  readonly hypervisor: Hypervisor;
  readonly clock: Clock;
  readonly journal: Journal;
  /** How devices that are used once are cleaned; left out: somebody else sees to that. */
  readonly clean?: CleanDevice;
}

type Of<V extends Order['verb']> = Extract<Order, { verb: V }>;

export class Agent implements Recipient {
  readonly host: string;
  readonly incarnation: number;
  readonly #about: AgentAbout;
  readonly #hypervisor: Hypervisor;
  readonly #answers: Answers;
  readonly #tracker: Tracker;
  readonly #cleaning: Cleaning;
  #told: readonly string[] = [];

  constructor(about: AgentAbout) {
    this.host = about.host;
    this.incarnation = about.incarnation;
    this.#about = about;
    this.#hypervisor = about.hypervisor;
    this.#answers = new Answers(about.clock);
    this.#tracker = new Tracker(about.config);
    this.#cleaning = new Cleaning(about.clean ?? null);
  }

  async handle<V extends Order['verb']>(
    order: Of<V>,
  ): Promise<Reply<OrderResult[V], OrderRefusal>> {
    const answer = await this.#answers.give(order, () => this.#carryOut(order));
    if (answer.is === 'no') {
      const { host } = this;
      const { verb, key } = order;
      const { why } = answer.why;
      const message = 'message' in answer.why ? answer.why.message : undefined;
      this.#about.journal.warn('order refused', { host, verb, key, why, message });
    }
    return answer as Reply<OrderResult[V], OrderRefusal>;
  }

  /** What this host is and has. A hypervisor that hangs never answers it, as nothing else does. */
  async report(): Promise<Reply<HostReport, OrderRefusal>> {
    const { hypervisor, config } = this.#about;
    const [machine, guests] = await Promise.all([hypervisor.describe(), hypervisor.guests()]);
    if (machine.is !== 'done') return translated(machine);
    if (guests.is !== 'done') return translated(guests);
    const problems = [...(machine.value.problems ?? []), ...deviceProblems(machine.value, config)];
    this.#tellProblems(problems);
    const { cleaned } = this.#cleaning;
    const report = reportOf(this.#about, config, machine.value, guests.value);
    return done({ ...report, ...(cleaned.length > 0 && { cleaned }) });
  }

  /** Once for as long as they are the same. */
  #tellProblems(problems: readonly string[]): void {
    const { host, journal } = this.#about;
    for (const problem of problems) {
      if (!this.#told.includes(problem))
        journal.warn('part of a machine not offered', { host, message: problem });
    }
    this.#told = problems;
  }

  /** The ratios that the ledger holds for this host, as far as its operator leaves them open. */
  learn(ratios: Ratios): void {
    this.#tracker.learn(ratios);
  }

  /** Whether somebody waits for the next report. */
  get hasNews(): boolean {
    return this.#cleaning.isUrgent;
  }

  /** A report was taken; this is what waits to be cleaned now. */
  async clean(taken: HostReport, unclean: readonly UsedDevice[]): Promise<void> {
    const { host, journal } = this.#about;
    this.#cleaning.told(taken.cleaned ?? []);
    const wrong = await this.#cleaning.see(unclean);
    for (const message of wrong) journal.warn('device not cleaned', { host, message });
  }

  #carryOut(order: Order): Promise<Answer> {
    switch (order.verb) {
      case 'boot':
        return this.#boot(order);
      case 'receive':
        return this.#receive(order);
      case 'destroy':
        return this.#destroy(order);
      case 'power':
        return this.#power(order);
      case 'reboot':
        return this.#reboot(order);
      case 'refit':
        return this.#refit(order);
      case 'password':
        return this.#hypervisor.setPassword(order.uuid, order.password).then(plain);
      case 'interrupt':
        return this.#hypervisor.interrupt(order.uuid).then(plain);
      case 'snapshot':
        return this.#hypervisor.snapshot(order.key, order.uuid, order.image_id).then(translated);
      case 'conclude':
        return this.#conclude(order);
      case 'steer':
        return this.#steer(order);
      case 'progress':
        return this.#progress(order);
      case 'console':
        return this.#hypervisor.console(order.uuid).then(translated);
      case 'screenshot':
        return this.#hypervisor.screenshot(order.uuid).then(translated);
      case 'send':
        return this.#send(order);
      case 'park':
        return this.#hypervisor.park(order.key, order.uuid, order.grace_ms).then(plain);
      case 'unpark':
        return this.#unpark(order);
      case 'ship':
        return this.#ship(order);
      case 'seal':
        return this.#seal(order);
      case 'list':
        return this.#list();
      default:
        return never(order);
    }
  }

  #boot({ key, guest, disk_image_id }: Of<'boot'>): Promise<Answer> {
    return this.#claimed(key, guest, () => this.#hypervisor.boot(key, guest, disk_image_id));
  }

  #receive({ key, guest, cold }: Of<'receive'>): Promise<Answer> {
    return this.#claimed(key, guest, () => this.#hypervisor.receive(key, guest, cold));
  }

  /** First shuts out what is still to come of the step that set it aside. */
  async #unpark({ key, uuid, parked, instead_of: closes }: Of<'unpark'>): Promise<Answer> {
    if (closes !== undefined) {
      const gone = await this.#destroy({ verb: 'destroy', key, uuid, closes, made_by: closes });
      if (gone.is !== 'done') return gone;
    }
    const closed = await this.#hypervisor.close(parked);
    if (closed.is !== 'done') return translated(closed);
    this.#over(parked);
    return plain(await this.#hypervisor.unpark(key, uuid, parked));
  }

  async #send({ key, uuid, address, deadline }: Of<'send'>): Promise<Answer> {
    return translated(await this.#hypervisor.send(key, uuid, address, deadline));
  }

  async #ship({ key, uuid, parked, address }: Of<'ship'>): Promise<Answer> {
    return plain(await this.#hypervisor.ship(key, uuid, parked, address));
  }

  /** Acts if there is room, which is taken for as long as that goes on. */
  async #claimed<T>(
    key: string,
    guest: GuestSpec,
    act: () => Promise<Reply<T, HypervisorRefusal>>,
  ): Promise<Answer> {
    const moment = this.#tracker.beginSnapshot();
    const [machine, guests] = await Promise.all([
      this.#hypervisor.describe(),
      this.#hypervisor.guests(),
    ]);
    if (machine.is !== 'done') return translated(machine);
    if (guests.is !== 'done') return translated(guests);
    const there = guests.value.some(
      ({ spec, made_by }) => spec.uuid === guest.uuid && made_by === key,
    );
    if (there) return translated(await act());
    const snapshot = { moment, machine: machine.value, guests: guests.value };
    const room = this.#tracker.claim(key, guest, snapshot);
    if (room.is === 'no') return room;
    const reply = await act();
    if (reply.is !== 'lost') this.#tracker.ended(key); // what is lost may still come about
    return translated(reply);
  }

  /** First shuts out what is still to come of the step that made the guest, then looks for it. */
  async #destroy({ key, uuid, closes, made_by }: Of<'destroy'>): Promise<Answer> {
    const closed = closes === null ? done(undefined) : await this.#hypervisor.close(closes);
    if (closed.is !== 'done') return translated(closed);
    if (closes !== null) this.#over(closes);
    const destroyed = await this.#hypervisor.destroy(key, uuid, made_by);
    this.#cleaning.expect();
    return destroyed.is === 'done' ? done({}) : translated(destroyed);
  }

  async #power({ key, uuid, to, grace_ms, after }: Of<'power'>): Promise<Answer> {
    const switched = await this.#hypervisor.power(key, uuid, to, grace_ms, after);
    return switched.is === 'done' ? done({}) : translated(switched);
  }

  async #reboot({ key, uuid, grace_ms }: Of<'reboot'>): Promise<Answer> {
    const rebooted = await this.#hypervisor.reboot(key, uuid, grace_ms);
    return rebooted.is === 'done' ? done({}) : translated(rebooted);
  }

  async #refit({ key, uuid, refit }: Of<'refit'>): Promise<Answer> {
    const refitted = await this.#hypervisor.refit(key, uuid, refit);
    return refitted.is === 'done' ? done({}) : translated(refitted);
  }

  async #steer({ key, uuid, sending, how }: Of<'steer'>): Promise<Answer> {
    const steered = await this.#hypervisor[how](key, uuid, sending);
    return steered.is === 'done' ? done({}) : translated(steered);
  }

  async #progress({ uuid }: Of<'progress'>): Promise<Answer> {
    const told = await this.#hypervisor.progress(uuid);
    return told.is === 'done' ? done({ transfer: told.value }) : translated(told);
  }

  /** Once the step is shut out, what it left on the guest is all that it ever will (H7). */
  async #conclude({ uuid, step }: Of<'conclude'>): Promise<Answer> {
    const closed = await this.#hypervisor.close(step);
    if (closed.is !== 'done') return translated(closed);
    this.#over(step);
    const guests = await this.#hypervisor.guests();
    if (guests.is !== 'done') return translated(guests);
    const acted = guests.value.some(
      ({ spec, switched_by }) => spec.uuid === uuid && switched_by === step,
    );
    return done({ acted });
  }

  async #seal({ key, uuid, landing }: Of<'seal'>): Promise<Answer> {
    const sealed = await this.#hypervisor.seal(key, uuid, landing);
    if (sealed.is === 'done' && !sealed.value.landed) this.#over(landing);
    return translated(sealed);
  }

  /** The hypervisor has closed this step: it will not make anything any more. */
  #over(step: string): void {
    this.#answers.close(step);
    this.#tracker.ended(step);
  }

  async #list(): Promise<Answer> {
    const reply = await this.#hypervisor.guests();
    return reply.is === 'done' ? done({ guests: reply.value.map(guestReport) }) : translated(reply);
  }
}

/** An answer that says no more than that it was done. */
const plain = (reply: Reply<void, HypervisorRefusal>): Answer =>
  reply.is === 'done' ? done({}) : translated(reply);

/** The hypervisor's words in the wire's. */
function translated<T>(reply: Reply<T, HypervisorRefusal>): Reply<T, OrderRefusal> {
  if (reply.is !== 'no') return reply.is === 'lost' ? lost : reply;
  const { why } = reply;
  switch (why.why) {
    case 'closed':
    case 'unknown-guest':
      return no({ why: why.why });
    case 'exists':
      return no({ why: 'hypervisor', message: `it is here already, by ${why.made_by}` });
    case 'bad-image':
    case 'aborted':
      return no(why);
    case 'failed':
      return no({ why: 'hypervisor', message: why.message });
    default:
      return never(why);
  }
}
