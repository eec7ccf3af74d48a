/**
 * The hypervisor of a machine with real guests: each has a QEMU of its own, which outlives this
 * program. Keeps core/ports/hypervisor.contract.ts, whichever engine runs them: `qemu` (engine.ts)
 * or `libvirt` (../libvirt/engine.ts).
 *
 *   DIRECTORY/steps.json   what is over (steps.ts)       door   for guests that come (door.ts);
 *                                                        door.json   its port, if it has one
 *            guests/UUID/  one folder for each guest (guest-folder.ts)
 *            aside/HASH/   the same for what is set aside, or comes off (aside.ts)
 *
 *   power.ts switches · refit.ts gives another disk · snapshot.ts copies it · departure.ts sends
 *   landing.ts receives; here: make, look, end
 *
 * Opened again, it finds every guest as it is by now: it runs, it was leaving (and is settled), or
 * it has landed and was not told yet.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  Guest,
  Hypervisor,
  HypervisorReply,
  Machine,
  Transfer,
} from '../../core/ports/hypervisor.ts';
import type { GuestSpec, PowerState, Refit, Snapshot, StepKey } from '../../core/ports/order.ts';
import { type Decision, done, lost, no, type Reply } from '../../core/ports/reply.ts';
import { FileGuestShelf } from '../guest-shelf.ts';
import * as aside from './aside.ts';
import * as departure from './departure.ts';
import { type Door, doorPlace, openDoor } from './door.ts';
import { GuestFolder, isUuid, uuidsIn } from './guest-folder.ts';
import {
  type Engine,
  failed,
  foldersIn,
  type House,
  makeReady,
  makeRoom,
  outcome,
  putOut,
} from './house.ts';
import * as landing from './landing.ts';
import { diskUsedBeside } from './machine.ts';
import type { ImageSource } from './outfit.ts';
import { noSuchPages } from './pages.ts';
import * as switching from './power.ts';
import * as refitting from './refit.ts';
import type { Resident } from './resident.ts';
import * as imaging from './snapshot.ts';
import * as steering from './steering.ts';
import { Steps } from './steps.ts';

export interface HouseAbout {
  /** Absolute. */
  readonly directory: string;
  readonly images: ImageSource;
  /** The address of this machine that other hosts reach it by; left out: all are on it. */
  readonly listen?: string;
}

export class HouseHypervisor implements Hypervisor {
  readonly #house: House;
  #door: Door | null = null;

  private constructor(house: House) {
    this.#house = house;
  }

  static async open(
    { directory, images, ...about }: HouseAbout,
    engine: Engine,
  ): Promise<Decision<HouseHypervisor, string>> {
    await mkdir(foldersIn(directory), { recursive: true, mode: 0o700 });
    await mkdir(aside.asideIn(directory), { recursive: true, mode: 0o700 });
    const steps = await Steps.open(new FileGuestShelf(join(directory, 'steps.json')));
    if (steps.is === 'no') return steps;
    const listen = about.listen ?? null;
    const house = {
      ...{ directory, images, engine, listen, steps: steps.value },
      door: await doorPlace(directory, listen),
      life: { over: false },
      guests: new Map(),
      beside: new Map(),
    };
    const driver = new HouseHypervisor(house);
    await aside.findAside(house);
    await driver.#find();
    return driver.#openDoor();
  }

  async #openDoor(): Promise<Decision<HouseHypervisor, string>> {
    const house = this.#house;
    try {
      this.#door = await openDoor(house.door, (knock, name, parcel) =>
        landing.answerDoor(house, knock, name, parcel),
      );
      return done(this);
    } catch (error) {
      return no(`its door cannot be opened: ${(error as Error).message}`);
    }
  }

  /** Each time it is opened is another one. */
  get lives(): number {
    return this.#house.steps.lives;
  }

  /** Lets go of the guests, which go on. */
  async stop(): Promise<void> {
    this.#house.life.over = true;
    await this.#door?.close();
    for (const guest of this.#house.guests.values()) guest.letGo();
    this.#house.engine.close();
  }

  // ── looking ────────────────────────────────────────────────────────────────────────────────

  async describe(): HypervisorReply<Machine> {
    const { directory, engine } = this.#house;
    const machine = await engine.describe(directory);
    return machine.is === 'no' ? failed(machine.why) : machine;
  }

  /** In GiB: what is on its disk beside its guests; null: it cannot be read. */
  diskUsedByOthers(): Promise<number | null> {
    return diskUsedBeside(this.#house.directory);
  }

  async guests(): HypervisorReply<readonly Guest[]> {
    const { guests, beside } = this.#house;
    await Promise.all([...guests.values()].map((guest) => this.#tidy(guest)));
    const all = [...guests.values(), ...beside.values()];
    const seen = await Promise.all(all.map(seenFromOutside));
    return seen.includes(null) ? lost : done(seen.filter((guest) => guest !== null));
  }

  progress(uuid: string): HypervisorReply<Transfer | null> {
    return steering.progress(this.#house, uuid);
  }

  async console(uuid: string): HypervisorReply<{ readonly text: string }> {
    const guest = this.#house.guests.get(uuid);
    if (guest === undefined) return no({ why: 'unknown-guest' });
    return done({ text: await guest.folder.consoleText() });
  }

  async screenshot(uuid: string): HypervisorReply<{ readonly png: string }> {
    const seen = await this.#awake(uuid, (guest) => guest.screen());
    return seen.is === 'done' ? done({ png: Buffer.from(seen.value).toString('base64') }) : seen;
  }

  /** Does that with a guest that runs or is paused. */
  async #awake<T>(
    uuid: string,
    act: (guest: Resident) => Promise<Reply<T, string>>,
  ): HypervisorReply<T> {
    const guest = this.#house.guests.get(uuid);
    if (guest === undefined) return no({ why: 'unknown-guest' });
    const power = await guest.power();
    if (power === null) return lost;
    if (power !== 'running' && power !== 'paused') return failed(`it is ${power}`);
    const acted = await act(guest);
    return acted.is === 'no' ? failed(acted.why) : acted;
  }

  // ── acting ─────────────────────────────────────────────────────────────────────────────────

  async boot(
    key: StepKey,
    spec: GuestSpec,
    disk_image_id?: string,
  ): HypervisorReply<{ readonly power: PowerState }> {
    const { steps, guests } = this.#house;
    if (steps.closed.has(key)) return no({ why: 'closed' });
    const why = whyNot(spec);
    if (why !== null) return failed(why);
    const there = guests.get(spec.uuid);
    if (there !== undefined) {
      const { made_by } = there.record;
      return made_by === key ? this.#again(there) : no({ why: 'exists', made_by });
    }
    const made = await makeRoom(this.#house, key, spec, 'here');
    if (made.is === 'no') return failed(made.why);
    return made.value.turns.take(() => this.#first(key, made.value, disk_image_id));
  }

  async #first(
    key: StepKey,
    guest: Resident,
    disk_image_id?: string,
  ): HypervisorReply<{ power: PowerState }> {
    const { steps } = this.#house;
    const ready = await makeReady(this.#house, guest, disk_image_id);
    const started = ready.is === 'no' ? ready : await guest.start();
    const closed = steps.closed.has(key);
    const runs = started.is !== 'done' || closed ? started : await guest.goOn();
    if (runs.is === 'no' || closed) await putOut(this.#house, guest);
    return closed ? no({ why: 'closed' }) : outcome(runs, { power: 'running' });
  }

  #again(guest: Resident): HypervisorReply<{ power: PowerState }> {
    return guest.turns.take(async () => {
      const { guests } = this.#house;
      if (guests.get(guest.uuid) !== guest) return no({ why: 'closed' });
      const power = await guest.power();
      if (power === null) return lost;
      if (power !== 'crashed') return done({ power });
      if (guest.record.outfit === null) return this.#first(guest.record.made_by, guest);
      return outcome(await switching.run(guest), { power: 'running' });
    });
  }

  power(...given: Parameters<Hypervisor['power']>): HypervisorReply<void> {
    return switching.power(this.#house, ...given);
  }

  reboot(key: StepKey, uuid: string, grace_ms: number): HypervisorReply<void> {
    return switching.reboot(this.#house, key, uuid, grace_ms);
  }

  refit(key: StepKey, uuid: string, to: Refit): HypervisorReply<void> {
    return refitting.refit(this.#house, key, uuid, to);
  }

  /** Our guests have no channel to an agent within them. */
  async setPassword(uuid: string, _password: string): HypervisorReply<void> {
    if (!this.#house.guests.has(uuid)) return no({ why: 'unknown-guest' });
    return failed('there is no agent within it');
  }

  interrupt(uuid: string): HypervisorReply<void> {
    return this.#awake(uuid, (guest) => guest.interrupt());
  }

  snapshot(key: StepKey, uuid: string, image_id: string): HypervisorReply<Snapshot> {
    return imaging.snapshot(this.#house, key, uuid, image_id);
  }

  /** Waits for nobody: what is being done to the guest finds its process gone. */
  async destroy(key: StepKey, uuid: string, made_by?: StepKey): HypervisorReply<void> {
    const { steps, guests } = this.#house;
    if (steps.closed.has(key)) return no({ why: 'closed' });
    const cleared = await aside.clear(this.#house, uuid, made_by);
    if (cleared.is === 'no') return failed(cleared.why);
    const guest = guests.get(uuid);
    if (guest === undefined) return done(undefined);
    if (made_by !== undefined && guest.record.made_by !== made_by) return done(undefined);
    const kept = await steps.close(guest.record.made_by, guest.record.switched_by);
    if (kept.is === 'no') return failed(kept.why);
    await guest.end();
    return guest.turns.take(async () => done(await putOut(this.#house, guest)));
  }

  // ── moving ─────────────────────────────────────────────────────────────────────────────────

  async receive(
    key: StepKey,
    spec: GuestSpec,
    cold = false,
  ): HypervisorReply<{ readonly address: string }> {
    const why = whyNot(spec);
    if (why !== null) return failed(why);
    return (cold ? aside.receiveOff : landing.receive)(this.#house, key, spec);
  }

  park(key: StepKey, uuid: string, grace_ms: number): HypervisorReply<void> {
    return aside.park(this.#house, key, uuid, grace_ms);
  }

  unpark(key: StepKey, uuid: string, parked: StepKey): HypervisorReply<void> {
    return aside.unpark(this.#house, key, uuid, parked);
  }

  async ship(key: StepKey, ...given: [string, StepKey, string]): HypervisorReply<void> {
    if (this.#house.steps.closed.has(key)) return no({ why: 'closed' });
    return aside.ship(this.#house, ...given);
  }

  send(...given: Parameters<Hypervisor['send']>): HypervisorReply<{ downtime_ms: number }> {
    return departure.send(this.#house, ...given);
  }

  abort(_key: StepKey, uuid: string, sending?: StepKey): HypervisorReply<void> {
    return steering.abort(this.#house, uuid, sending);
  }

  hasten(_key: StepKey, uuid: string, sending?: StepKey): HypervisorReply<void> {
    return steering.hasten(this.#house, uuid, sending);
  }

  async seal(key: StepKey, uuid: string, step: StepKey): HypervisorReply<{ landed: boolean }> {
    if (this.#house.steps.closed.has(key)) return no({ why: 'closed' });
    return landing.seal(this.#house, uuid, step);
  }

  async close(key: StepKey): HypervisorReply<void> {
    return outcome(await this.#house.steps.close(key), undefined);
  }

  // ── finding again ──────────────────────────────────────────────────────────────────────────

  async #find(): Promise<void> {
    const { directory, guests, steps, engine } = this.#house;
    for (const uuid of await uuidsIn(foldersIn(directory))) {
      const folder = new GuestFolder(foldersIn(directory), uuid);
      const record = await folder.load();
      if (record === null) {
        await folder.remove();
        continue;
      }
      const guest = engine.guest(folder, record);
      if (record.stage === 'parked') {
        await aside.moveAside(this.#house, guest);
        continue;
      }
      guests.set(uuid, guest);
      await guest.findAgain();
      if (steps.closed.has(record.made_by)) await putOut(this.#house, guest);
      else if (record.stage === 'leaving') void departure.settleInTime(this.#house, guest);
      else landing.watchRest(this.#house, guest);
    }
  }

  /** What is due to a guest by itself: it turned itself off, was leaving, landed; its console. */
  async #tidy(guest: Resident): Promise<void> {
    const { record } = guest;
    await guest.folder.trimConsole();
    if (guest.sending !== null) return;
    const landed = record.stage === 'awaited' && this.#house.steps.taken.has(record.made_by);
    const isOff = record.stage === 'here' && (await guest.turnedItselfOff());
    if (record.stage !== 'leaving' && !landed && !isOff) return;
    await guest.turns.take(async () => {
      if (this.#house.guests.get(guest.uuid) !== guest) return;
      if (record.stage === 'leaving') await departure.settle(this.#house, guest);
      else if (record.stage === 'awaited') await landing.begin(guest);
      else if (await guest.turnedItselfOff()) await turnedOff(guest);
    });
  }
}

async function turnedOff(guest: Resident): Promise<void> {
  guest.record.wanted = 'off';
  await guest.keep();
  await guest.end();
}

/** What this driver cannot do is refused, and not quietly left out. */
function whyNot(spec: GuestSpec): string | null {
  const { uuid, devices = [], manner = {} } = spec;
  if (!isUuid(uuid)) return `${uuid} is no UUID`;
  if (devices.length > 0) return 'devices are not handed out by this driver';
  if (manner.realtime_vcpus !== undefined) return 'no vCPU runs in real time by this driver';
  return noSuchPages(spec);
}

/** Null: nobody can tell what it does. */
async function seenFromOutside(guest: Resident): Promise<Guest | null> {
  const { spec, made_by, switched_by, rescue, stage } = guest.record;
  const power = await guest.power();
  if (power === null) return null;
  const here = { spec, power, made_by, switched_by, rescued: rescue != null };
  return { ...here, awaited: stage === 'awaited', parked: stage === 'parked' };
}
