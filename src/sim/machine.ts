/**
 * What a simulated machine remembers: its guests, and what became of steps that are over.
 *
 *   guest     awaited ──arrive──► here ──leave──► leaving ──taken──► (gone)
 *                                  ▲                 └──not taken──► here
 *                         boot ────┘
 *
 *   closed    steps that never act again          (the last ones: KEYS_KEPT, KEYS_SHELVED on disk)
 *   taken     landings that have got their guest
 *   departed  sendings that were carried out, and how long their guest stood still
 *
 * A verb answers after `keep` has answered. A new guest that cannot be kept is taken back; what is
 * over stays over. What a suspended guest had in memory is on disk, and outlives the power.
 */
import { Recent } from '../core/base/recent.ts';
import type { GuestShelf } from '../core/ports/guest-shelf.ts';
import type { Guest } from '../core/ports/hypervisor.ts';
import type { GuestSpec, PowerState, Refit, StepKey } from '../core/ports/order.ts';
import { type Decision, done, no, type Reply } from '../core/ports/reply.ts';

/** A guest and where it stands on its way; changed in place. */
export interface Resident {
  spec: GuestSpec;
  readonly made_by: StepKey;
  /** The last step that switched or rebooted it. */
  switched_by: StepKey | null;
  /** How often it was started here, by a boot or a landing first. */
  boots: number;
  /** What its disk was made of, where that is not its own image. */
  readonly disk_image_id?: string;
  /** Runs from another disk than its own. */
  rescued: boolean;
  power: PowerState;
  stage: 'awaited' | 'here' | 'leaving' | 'parked';
  /** A landing for a guest that comes off. */
  readonly cold?: boolean;
  /** Only while set aside: whether it ran. */
  readonly ran?: boolean;
  /** Only while leaving: where to, by which step, and as what; left out: as one that runs. */
  leaving: {
    readonly address: string;
    readonly key: StepKey;
    readonly power?: 'running' | 'paused';
    /** It runs there already, and what is here of its memory it has not got yet. */
    readonly post_copy?: true;
  } | null;
  /** The machine that a part of its memory is on still; left out: all of it is here. */
  fetches_from?: string;
}

/** How many steps that are over are remembered: while the machine runs, and on its shelf. */
export const KEYS_KEPT = 4096;
export const KEYS_SHELVED = 256;

interface Shelved {
  readonly version: 1;
  readonly lives: number;
  readonly guests: readonly Resident[];
  /** Left out by earlier programs: none. */
  readonly beside?: readonly Resident[];
  readonly closed: readonly [StepKey, true][];
  readonly taken: readonly [StepKey, true][];
  readonly departed: readonly [StepKey, number][];
}

export class SimMachine {
  readonly guests = new Map<string, Resident>();
  /** What was set aside, and cold landings, by the step that made them so: each may have a guest
   * of its UUID beside it. */
  readonly beside = new Map<StepKey, Resident>();
  readonly closed = new Recent<true>(KEYS_KEPT);
  readonly taken = new Recent<true>(KEYS_KEPT);
  readonly departed = new Recent<number>(KEYS_KEPT);
  /** How often it was opened, this time included. */
  readonly lives: number;
  readonly #shelf: GuestShelf;

  private constructor(shelf: GuestShelf, before: Shelved | null) {
    this.#shelf = shelf;
    this.lives = (before?.lives ?? 0) + 1;
    for (const guest of before?.guests ?? []) this.guests.set(guest.spec.uuid, asNow(guest));
    for (const guest of before?.beside ?? []) this.beside.set(guest.made_by, asNow(guest));
    for (const [key] of before?.closed ?? []) this.closed.set(key, true);
    for (const [key] of before?.taken ?? []) this.taken.set(key, true);
    for (const [key, downtime_ms] of before?.departed ?? []) this.departed.set(key, downtime_ms);
  }

  /** Finds the machine as it was left. */
  static async open(shelf: GuestShelf): Promise<Decision<SimMachine, string>> {
    const found = await shelf.load();
    if (found.is !== 'done') return no(found.is === 'no' ? found.why : 'the shelf does not answer');
    const before = found.value as Shelved | null;
    if (before !== null && before.version !== 1) {
      return no(`guests were kept in version ${String(before.version)}; this program knows 1`);
    }
    const machine = new SimMachine(shelf, before);
    const kept = await machine.keep();
    return kept.is === 'no' ? kept : done(machine);
  }

  keep(): Promise<Reply<void, string>> {
    const shelved: Shelved = {
      version: 1,
      lives: this.lives,
      guests: [...this.guests.values()],
      beside: [...this.beside.values()],
      closed: this.closed.newest(KEYS_SHELVED),
      taken: this.taken.newest(KEYS_SHELVED),
      departed: this.departed.newest(KEYS_SHELVED),
    };
    return this.#shelf.save(shelved);
  }

  /** Puts a new guest; what cannot be kept was never there. */
  async add(guest: Resident): Promise<Reply<void, string>> {
    this.guests.set(guest.spec.uuid, guest);
    const kept = await this.keep();
    if (kept.is !== 'done') this.drop(guest);
    return kept;
  }

  /** Takes away this guest, and not another one that has its UUID by now. */
  drop(guest: Resident): void {
    if (this.guests.get(guest.spec.uuid) === guest) this.guests.delete(guest.spec.uuid);
  }

  /**
   * The guest was destroyed, or has moved on: the step that made it here is over. Else a second
   * try of that step, held up inside this machine, would make the guest once more.
   */
  end(guest: Resident): void {
    this.drop(guest);
    this.closed.set(guest.made_by, true);
    if (guest.switched_by !== null) this.closed.set(guest.switched_by, true);
  }

  /** One step has switched the guest; the one that did so before is over (H7). */
  switch(guest: Resident, by: StepKey, to: PowerState): void {
    const before = guest.switched_by;
    if (before !== null && before !== by) this.closed.set(before, true);
    if (to === 'running' && isOff(guest.power)) guest.boots++;
    Object.assign(guest, { switched_by: by, power: to });
  }

  /** One step has given it another disk to start from, and started it. */
  refit(guest: Resident, by: StepKey, refit: Refit): void {
    this.switch(guest, by, 'off');
    guest.rescued = refit.is === 'rescued';
    if (refit.is === 'rebuilt') {
      const { image_id, name, drive } = refit;
      guest.spec = { ...guest.spec, image_id, name, ...(drive && { drive }) };
    }
    this.switch(guest, by, refit.is === 'rebuilt' ? refit.to : 'running');
  }

  /** Sets the guest aside; the steps that made and switched it are over (H8). */
  park(guest: Resident, by: StepKey): void {
    this.end(guest);
    const ran = guest.power !== 'off';
    const aside = { ...guest, made_by: by, switched_by: null, ran, stage: 'parked' as const };
    this.beside.set(by, { ...aside, power: 'off' });
  }

  /** It is here again, as a guest of the step that brought it back. */
  unpark(aside: Resident, by: StepKey): void {
    const { ran = false, ...guest } = aside;
    this.beside.delete(aside.made_by);
    const here = { ...guest, made_by: by, stage: 'here' as const };
    const power = ran ? ('running' as const) : ('off' as const);
    this.guests.set(guest.spec.uuid, { ...here, power, boots: guest.boots + (ran ? 1 : 0) });
  }

  /** A guest has come, off, and with the sizes of its landing. */
  land(landing: Resident, boots: number): void {
    this.beside.delete(landing.made_by);
    this.guests.set(landing.spec.uuid, { ...landing, boots, stage: 'here', power: 'off' });
    this.taken.set(landing.made_by, true);
  }

  /** What was set aside, or awaited, is no more; nor will its step bring it again. */
  endBeside({ made_by }: Resident): void {
    this.beside.delete(made_by);
    this.closed.set(made_by, true);
  }

  madeBy = (step: StepKey): Resident | undefined =>
    [...this.guests.values()].find(({ made_by }) => made_by === step);

  /** It is here from now on, but for what is of its memory on that machine still. */
  async arrive(landing: StepKey, power: PowerState, fetches_from: string | null) {
    const guest = this.madeBy(landing);
    if (guest?.stage !== 'awaited' || this.closed.has(landing)) {
      return { taken: false, kept: true };
    }
    Object.assign(guest, { stage: 'here', power, ...(fetches_from && { fetches_from }) });
    this.taken.set(landing, true);
    return { taken: true, kept: (await this.keep()).is === 'done' };
  }

  async isWhole(landing: StepKey): Promise<boolean> {
    delete this.madeBy(landing)?.fetches_from;
    return (await this.keep()).is === 'done';
  }

  fetches = (landing: StepKey): boolean => this.madeBy(landing)?.fetches_from !== undefined;

  /** All that is here of a UUID besides its guest. */
  besides = (uuid: string): readonly Resident[] =>
    [...this.beside.values()].filter(({ spec }) => spec.uuid === uuid);

  /** What is on that machine of this guest's memory, or of anybody's, will never come. */
  loses(machine: string, landing: StepKey | null): void {
    for (const guest of this.guests.values()) {
      const meant = landing === null || guest.made_by === landing;
      if (meant && guest.fetches_from === machine) crashed(guest);
    }
  }

  /** The power goes: guests crash, landings are no more; what was written down stays. */
  crash(): void {
    for (const { stage, made_by } of [...this.beside.values()]) {
      if (stage === 'awaited') this.beside.delete(made_by);
    }
    for (const guest of [...this.guests.values()]) {
      if (guest.stage === 'awaited') this.drop(guest);
      else if (losesMemory(guest.power)) crashed(guest);
    }
  }
}

function crashed(guest: Resident): void {
  if (losesMemory(guest.power)) guest.power = 'crashed';
  delete guest.fetches_from;
}

/** What earlier programs did not say. */
const asNow = (guest: Resident): Resident => ({
  ...guest,
  switched_by: guest.switched_by ?? null,
  boots: guest.boots ?? 1,
  rescued: guest.rescued ?? false,
});

const isOff = (power: PowerState): boolean => power === 'off' || power === 'crashed';
const losesMemory = (power: PowerState): boolean => power === 'running' || power === 'paused';

export const seenFromOutside = (guest: Resident): Guest => ({
  spec: guest.spec,
  power: guest.power,
  made_by: guest.made_by,
  switched_by: guest.switched_by,
  rescued: guest.rescued,
  awaited: guest.stage === 'awaited',
  parked: guest.stage === 'parked',
});
