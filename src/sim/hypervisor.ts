/**
 * The `simulated` driver: a machine with guests that cost nothing, for the simulated world and for
 * trying the product. Keeps core/ports/hypervisor.contract.ts.
 *
 *   verb ─► [refused? hung?] ─► latency (+ late) ─► acts, in one piece ─► kept ─► [unheard?] ─►
 *
 * Everything that a verb decides, it decides after its latency: a request that was held up finds
 * its step closed (H2), and a machine that went down meanwhile does nothing and is not heard.
 *
 * Mishaps come from a hook, so the world's seed draws them and the product has none. A guest that
 * was leaving when its machine went down is settled later, by asking what became of its landing.
 */
import { millis, never } from '../core/base/units.ts';
import type {
  Guest,
  Hypervisor,
  HypervisorRefusal,
  HypervisorReply,
  Machine,
  Transfer,
} from '../core/ports/hypervisor.ts';
import type { ImageFiles } from '../core/ports/image-files.ts';
import type { GuestSpec, PowerState, Refit, Snapshot, StepKey } from '../core/ports/order.ts';
import { done, lost, no, type Reply } from '../core/ports/reply.ts';
import { Aside } from './aside.ts';
import { diskOf, written } from './console.ts';
import { addressOf, type Landing } from './fabric.ts';
import { LATENCIES, type Span, type Verb } from './latencies.ts';
import { type Resident, type SimMachine, seenFromOutside } from './machine.ts';
import { screenOf } from './screen.ts';
import { failed, Sender, type SenderAbout } from './sending.ts';

type ImageStore = Pick<ImageFiles, 'save' | 'remove'>;

/** What may befall one request. */
export type Mishap =
  | { readonly is: 'refuse'; readonly message: string }
  /** No answer, and nothing done. */
  | { readonly is: 'hang' }
  /** Acts that much later than it would have. */
  | { readonly is: 'late'; readonly by_ms: number }
  /** Acts, and is not heard. */
  | { readonly is: 'unheard' }
  /** `describe` tells this much memory, this once. */
  | { readonly is: 'misreport'; readonly memory_mib: number };

export interface SimHypervisorAbout extends SenderAbout {
  readonly describes: Machine;
  readonly latency?: (verb: Verb) => Span;
  /** Where images are kept; left out: there is no way there, so none is made. */
  readonly images?: ImageStore;
  readonly mishap?: (verb: Verb, key: StepKey | null) => Mishap | null;
}

export class SimHypervisor implements Hypervisor, Landing {
  readonly #about: SimHypervisorAbout;
  readonly #machine: SimMachine;
  readonly #sender: Sender;
  readonly #aside: Aside;
  readonly #images: ImageStore | null;
  /** Rises when the power goes: what was asked before it is not heard. */
  #powered = 1;
  #up = true;

  constructor(about: SimHypervisorAbout) {
    this.#about = about;
    this.#machine = about.machine;
    this.#images = about.images ?? null;
    this.#sender = new Sender(about);
    this.#aside = new Aside({
      ...about,
      sending: (uuid) => this.#sender.has(uuid),
      keep: () => this.#keep(undefined),
    });
    about.fabric.join(about.name, this);
  }

  // ── what befalls the machine ───────────────────────────────────────────────────────────────

  get up(): boolean {
    return this.#up;
  }

  /** The power goes, and every guest with it. */
  die(): void {
    this.#up = false;
    this.#powered++;
    this.#sender.forgetAll();
    this.#machine.crash();
    this.#about.fabric.lost(this.#about.name, null);
  }

  comeBack(): void {
    this.#up = true;
  }

  /** What is here at this instant: for checkers, which take no time. */
  look(): readonly Guest[] {
    return [...this.#machine.guests.values()].map(seenFromOutside);
  }

  /** What is set aside, or awaited off, at this instant. */
  lookAside(): readonly Guest[] {
    return [...this.#machine.beside.values()].map(seenFromOutside);
  }

  // ── looking ────────────────────────────────────────────────────────────────────────────────

  describe(): HypervisorReply<Machine> {
    return this.#do('describe', null, async (mishap) => {
      const describes = { ...this.#about.describes, metrics: this.#load() };
      if (mishap?.is !== 'misreport') return done(describes);
      return done({ ...describes, memory_mib: mishap.memory_mib });
    });
  }

  /** Simulated guests that run are always busy: the share of the cores that their vCPUs take. */
  #load(): NonNullable<Machine['metrics']> {
    const running = this.look().filter(({ power }) => power === 'running');
    const vcpus = running.reduce((sum, { spec }) => sum + spec.vcpus, 0);
    const hundredths = Math.min(100, Math.round((100 * vcpus) / this.#about.describes.cores));
    return { 'cpu.percent': hundredths / 100, 'cpu.idle.percent': (100 - hundredths) / 100 };
  }

  guests(): HypervisorReply<readonly Guest[]> {
    return this.#do('guests', null, async () => done([...this.look(), ...this.lookAside()]));
  }

  progress(uuid: string): HypervisorReply<Transfer | null> {
    return this.#do('progress', null, async () => {
      if (!this.#machine.guests.has(uuid)) return no({ why: 'unknown-guest' });
      return done(this.#sender.progress(uuid));
    });
  }

  console(uuid: string): HypervisorReply<{ readonly text: string }> {
    return this.#do('console', null, async () => {
      const guest = this.#machine.guests.get(uuid);
      return guest === undefined ? no({ why: 'unknown-guest' }) : done({ text: written(guest) });
    });
  }

  screenshot = (uuid: string) =>
    this.#reach('screenshot', uuid, ['running', 'paused'], (guest) => ({ png: screenOf(guest) }));

  // ── acting ─────────────────────────────────────────────────────────────────────────────────

  boot(
    key: StepKey,
    spec: GuestSpec,
    disk_image_id?: string,
  ): HypervisorReply<{ readonly power: PowerState }> {
    return this.#do('boot', key, async () => {
      const there = this.#machine.guests.get(spec.uuid);
      if (there !== undefined && there.made_by !== key) return exists(there);
      if (there === undefined) {
        const made = resident(spec, key, 'here', 'running');
        return this.#add({ ...made, ...(disk_image_id && { disk_image_id }) }, started);
      }
      if (there.power === 'crashed')
        Object.assign(there, { power: 'running', boots: there.boots + 1 });
      return this.#keep({ power: there.power });
    });
  }

  /** Simulated guests shut down at once when they are asked to: none needs its grace. */
  power(...[key, uuid, to, , after]: Parameters<Hypervisor['power']>): HypervisorReply<void> {
    return this.#switch('power', key, uuid, (guest) => {
      if (after !== undefined && after !== (guest.switched_by ?? guest.made_by)) return null;
      const running = guest.power === 'running' || guest.power === to;
      const needsRunning = to === 'paused' || to === 'suspended';
      if (needsRunning && !running) return `it is ${guest.power}`;
      this.#machine.switch(guest, key, to);
      return null;
    });
  }

  reboot(key: StepKey, uuid: string, _grace_ms: number): HypervisorReply<void> {
    return this.#switch('reboot', key, uuid, (guest) => {
      this.#machine.switch(guest, key, 'off');
      this.#machine.switch(guest, key, 'running');
      return null;
    });
  }

  refit(key: StepKey, uuid: string, refit: Refit): HypervisorReply<void> {
    return this.#switch('refit', key, uuid, (guest) => {
      this.#machine.refit(guest, key, refit);
      return null;
    });
  }

  /** Acts on a guest that is here, once for each key; what `act` gives is why it would not. */
  #switch(
    verb: 'power' | 'reboot' | 'refit',
    key: StepKey,
    uuid: string,
    act: (guest: Resident) => string | null,
  ): HypervisorReply<void> {
    return this.#do(verb, key, async () => {
      const guest = this.#machine.guests.get(uuid);
      if (guest === undefined) return no({ why: 'unknown-guest' });
      if (guest.switched_by === key) return this.#keep(undefined);
      if (guest.stage !== 'here' || this.#sender.has(uuid)) return failed('it is on the move');
      const why = act(guest);
      return why === null ? this.#keep(undefined) : failed(why);
    });
  }

  /** Nobody can ever log in with it. */
  setPassword = (uuid: string) => this.#reach('setPassword', uuid, ['running'], () => {});
  /** No kernel is there to dump. */
  interrupt = (uuid: string) => this.#reach('interrupt', uuid, ['running', 'paused'], () => {});

  #reach<T>(
    verb: Verb,
    uuid: string,
    within: readonly PowerState[],
    act: (guest: Resident) => T,
  ): HypervisorReply<T> {
    return this.#do<T>(verb, null, async () => {
      const guest = this.#machine.guests.get(uuid);
      if (guest === undefined) return no({ why: 'unknown-guest' });
      return within.includes(guest.power) ? done(act(guest)) : failed(`it is ${guest.power}`);
    });
  }

  /** A simulated disk has nothing on it; its image says whose it was. */
  snapshot(key: StepKey, uuid: string, image_id: string): HypervisorReply<Snapshot> {
    return this.#do('snapshot', key, async () => {
      const guest = this.#machine.guests.get(uuid);
      if (guest === undefined) return no({ why: 'unknown-guest' });
      if (guest.stage !== 'here') return failed('it is on the move');
      if (this.#images === null) return failed('its host has no way to the image service');
      const saved = await this.#images.save(image_id, 'raw', diskOf(guest));
      if (saved.is === 'lost') return lost;
      if (saved.is === 'no') return failed(saved.why.why);
      if (!this.#machine.closed.has(key)) return done({ ...saved.value, disk_format: 'raw' });
      await this.#images.remove(image_id);
      return no({ why: 'closed' });
    });
  }

  destroy(key: StepKey, uuid: string, made_by?: StepKey): HypervisorReply<void> {
    return this.#do('destroy', key, async () => {
      const meant = (one: Resident) => made_by === undefined || one.made_by === made_by;
      for (const one of this.#machine.besides(uuid).filter(meant)) this.#machine.endBeside(one);
      const there = this.#machine.guests.get(uuid);
      if (there === undefined || meant(there)) this.#sender.forget(uuid);
      if (there !== undefined && meant(there)) this.#sender.end(there);
      return this.#keep(undefined);
    });
  }

  receive(
    key: StepKey,
    spec: GuestSpec,
    cold = false,
  ): HypervisorReply<{ readonly address: string }> {
    return this.#do('receive', key, async () => {
      const address = addressOf(this.#about.name, key);
      if (this.#machine.taken.has(key) || this.#machine.beside.has(key)) return done({ address });
      if (cold) {
        this.#machine.beside.set(key, { ...resident(spec, key, 'awaited', 'off'), cold });
        return this.#keep({ address });
      }
      const there = this.#machine.guests.get(spec.uuid);
      if (there === undefined) {
        return this.#add(resident(spec, key, 'awaited', 'paused'), { address });
      }
      return there.made_by === key ? done({ address }) : exists(there);
    });
  }

  close(key: StepKey): HypervisorReply<void> {
    return this.#do('close', null, async () => {
      this.#machine.closed.set(key, true);
      return this.#keep(undefined);
    });
  }

  seal(key: StepKey, uuid: string, landing: StepKey): HypervisorReply<{ landed: boolean }> {
    return this.#do<{ landed: boolean }>('seal', key, async () => {
      if (this.#machine.fetches(landing)) return failed('its memory is on its way still');
      if (this.#machine.taken.has(landing)) return done({ landed: true });
      this.#machine.closed.set(landing, true);
      const awaited = this.#machine.guests.get(uuid);
      if (awaited?.made_by === landing) this.#machine.drop(awaited);
      return this.#keep({ landed: false });
    });
  }

  // ── setting aside ──────────────────────────────────────────────────────────────────────────

  park(key: StepKey, uuid: string, _grace_ms: number): HypervisorReply<void> {
    return this.#do('park', key, () => this.#aside.park(key, uuid));
  }

  unpark(key: StepKey, uuid: string, parked: StepKey): HypervisorReply<void> {
    return this.#do('unpark', key, () => this.#aside.unpark(key, uuid, parked));
  }

  ship(key: StepKey, ...given: [string, StepKey, string]): HypervisorReply<void> {
    return this.#do('ship', key, () => this.#aside.ship(...given));
  }

  land(landing: StepKey, boots: number): Promise<{ taken: boolean; kept: boolean }> {
    return this.#aside.land(landing, boots);
  }

  // ── moving ─────────────────────────────────────────────────────────────────────────────────

  send(...given: Parameters<Hypervisor['send']>): HypervisorReply<{ downtime_ms: number }> {
    return this.#do('send', given[0], () => this.#sender.send(...given));
  }

  abort(key: StepKey, uuid: string, sending?: StepKey): HypervisorReply<void> {
    return this.#do('abort', key, async () => this.#sender.abort(uuid, sending));
  }

  hasten(key: StepKey, uuid: string, sending?: StepKey): HypervisorReply<void> {
    return this.#do('hasten', key, async () => this.#sender.hasten(uuid, sending));
  }

  arrive(...given: Parameters<Landing['arrive']>): ReturnType<Landing['arrive']> {
    return this.#machine.arrive(...given);
  }

  isWhole = (landing: StepKey): Promise<boolean> => this.#machine.isWhole(landing);
  loses = (machine: string, landing: StepKey | null): void => this.#machine.loses(machine, landing);

  hasTaken(landing: StepKey): boolean {
    return this.#machine.taken.has(landing);
  }

  // ── how a request goes ─────────────────────────────────────────────────────────────────────

  async #do<T>(
    verb: Verb,
    key: StepKey | null,
    deed: (mishap: Mishap | null) => Promise<Reply<T, HypervisorRefusal>>,
  ): Promise<Reply<T, HypervisorRefusal>> {
    const powered = this.#powered;
    const mishap = this.#about.mishap?.(verb, key) ?? null;
    if (mishap?.is === 'hang') return new Promise(() => {});
    const { least_ms, most_ms } = this.#about.latency?.(verb) ?? LATENCIES[verb];
    const late_ms = mishap?.is === 'late' ? mishap.by_ms : 0;
    await this.#about.clock.sleep(millis(this.#about.chance.between(least_ms, most_ms) + late_ms));
    if (!this.#up || powered !== this.#powered) return lost;
    this.#sender.settle();
    if (mishap?.is === 'refuse') return failed(mishap.message);
    if (key !== null && this.#machine.closed.has(key)) return no({ why: 'closed' });
    const reply = await deed(mishap);
    return powered !== this.#powered || mishap?.is === 'unheard' ? lost : reply;
  }

  async #add<T>(guest: Resident, value: T): Promise<Reply<T, HypervisorRefusal>> {
    return this.#kept(await this.#machine.add(guest), value);
  }

  async #keep<T>(value: T): Promise<Reply<T, HypervisorRefusal>> {
    return this.#kept(await this.#machine.keep(), value);
  }

  #kept<T>(kept: Reply<void, string>, value: T): Reply<T, HypervisorRefusal> {
    switch (kept.is) {
      case 'done':
        return done(value);
      case 'no':
        return failed(kept.why);
      case 'lost':
        return lost;
      default:
        return never(kept);
    }
  }
}

const resident = (
  spec: GuestSpec,
  made_by: StepKey,
  stage: Resident['stage'],
  power: PowerState,
): Resident => ({
  spec,
  made_by,
  switched_by: null,
  boots: 1,
  rescued: false,
  power,
  stage,
  leaving: null,
});

const started = { power: 'running' } as const;

const exists = ({ made_by }: Resident): Reply<never, HypervisorRefusal> =>
  no({ why: 'exists', made_by });
