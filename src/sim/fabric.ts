/**
 * The way between simulated machines: a guest leaves one and arrives at another.
 *
 *   source (paused) ── arrive(address) ──► destination: taken · refused
 *          ▲                                      │
 *          └── taken: gone; otherwise runs again ◄┘        unreachable: down, or cut off
 *
 * `fate` asks later what became of a landing: a source that went down while its guest was leaving
 * lets it run again only if the landing has not taken it, and never will.
 */
import type { PowerState, StepKey } from '../core/ports/order.ts';

/** What a machine lets others do to it. */
export interface Landing {
  readonly up: boolean;
  /** Has the awaited guest go on here, as it was. `kept`: it outlives a restart too. */
  arrive(
    landing: StepKey,
    power: PowerState,
    fetches_from: string | null,
  ): ReturnType<Landing['land']>;
  /** All of its memory has come. */
  isWhole(landing: StepKey): Promise<boolean>;
  /** That machine has no memory any more of whom it has sent there; null: of nobody. */
  loses(machine: string, landing: StepKey | null): void;
  /** The same for a guest that comes off, to a cold landing. */
  land(
    landing: StepKey,
    boots: number,
  ): Promise<{ readonly taken: boolean; readonly kept: boolean }>;
  hasTaken(landing: StepKey): boolean;
}

export type Arrival = 'taken' | 'taken, unkept' | 'refused' | 'unreachable';

export class SimFabric {
  readonly #machines = new Map<string, Landing>();
  readonly #cuts = new Set<string>();
  readonly #note: (line: string) => void;

  /** `note` is told of guests that run there while a part of their memory is here. */
  constructor(note: (line: string) => void = () => {}) {
    this.#note = note;
  }

  /** A machine of this name is there from now on; it takes the place of one before it. */
  join(name: string, machine: Landing): void {
    this.#machines.set(name, machine);
  }

  /** No guest goes from either of the two to the other. */
  cut(a: string, b: string): void {
    this.#cuts.add(pair(a, b));
  }

  mend(a: string, b: string): void {
    this.#cuts.delete(pair(a, b));
  }

  reaches(from: string, address: string): boolean {
    return this.#at(from, address) !== undefined;
  }

  async arrive(
    from: string,
    address: string,
    power: PowerState,
    fetches: boolean,
  ): Promise<Arrival> {
    const machine = this.#at(from, address);
    if (machine === undefined) return 'unreachable';
    const fetches_from = fetches ? from : null;
    const arrived = arrivalOf(await machine.arrive(landingOf(address), power, fetches_from));
    if (fetches && arrived === 'taken')
      this.#note(`${machineOf(address)}: a guest runs, and fetches its memory from ${from}`);
    return arrived;
  }

  /** False: it cannot be told so now. */
  async whole(from: string, address: string): Promise<boolean> {
    return (await this.#at(from, address)?.isWhole(landingOf(address))) ?? false;
  }

  /** What the machine had of the memory of those that it has sent away is lost. */
  lost(from: string, address: string | null): void {
    const landing = address === null ? null : landingOf(address);
    for (const machine of this.#machines.values()) machine.loses(from, landing);
  }

  async land(from: string, address: string, boots: number): Promise<Arrival> {
    const machine = this.#at(from, address);
    if (machine === undefined) return 'unreachable';
    return arrivalOf(await machine.land(landingOf(address), boots));
  }

  fate(from: string, address: string): 'taken' | 'not taken' | 'unreachable' {
    const machine = this.#at(from, address);
    if (machine === undefined) return 'unreachable';
    return machine.hasTaken(landingOf(address)) ? 'taken' : 'not taken';
  }

  #at(from: string, address: string): Landing | undefined {
    const to = machineOf(address);
    if (this.#cuts.has(pair(from, to))) return undefined;
    const machine = this.#machines.get(to);
    return machine?.up === true ? machine : undefined;
  }
}

function arrivalOf({ taken, kept }: { taken: boolean; kept: boolean }): Arrival {
  if (!taken) return 'refused';
  return kept ? 'taken' : 'taken, unkept';
}

const SCHEME = 'sim://';

/** Where a landing listens; the key is part of it, so no other landing ever has it. */
export const addressOf = (machine: string, landing: StepKey): string =>
  `${SCHEME}${machine}/${landing}`;

const machineOf = (address: string): string =>
  address.slice(SCHEME.length, address.indexOf('/', SCHEME.length));
const landingOf = (address: string): StepKey =>
  address.slice(address.indexOf('/', SCHEME.length) + 1);
const pair = (a: string, b: string): string => (a < b ? `${a} ${b}` : `${b} ${a}`);
