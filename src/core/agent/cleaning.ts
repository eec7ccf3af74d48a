/**
 * Devices that are used once: after each use the host has them cleaned before anybody else may have
 * them.
 *
 *   report ──taken──► `unclean` ──► clean ──► `cleaned` in the next report ──taken──► may be had
 *     ▲                               │ failed
 *     └───────── told again ◄─────────┘
 *
 * Each use has a number, so that a word that comes late is of that use and of no later one.
 */
import type { UsedDevice } from '../fleet/report.ts';
import type { Decision } from '../ports/reply.ts';

/** Cleans the device at this address; `no` says why it is not clean. */
export type CleanDevice = (address: string) => Promise<Decision<void, string>>;

export class Cleaning {
  readonly #clean: CleanDevice | null;
  /** Devices that are being cleaned, or are next. */
  readonly #under_way = new Set<string>();
  #cleaned: readonly UsedDevice[] = [];
  /** How many reports more are to come soon. */
  #soon = 0;

  constructor(clean: CleanDevice | null) {
    this.#clean = clean;
  }

  /** What is to be said of in the next report. */
  get cleaned(): readonly UsedDevice[] {
    return this.#cleaned;
  }

  /** A report is not to wait: it says what is clean, or hears what is not. */
  get isUrgent(): boolean {
    return this.#cleaned.length > 0 || this.#soon > 0;
  }

  /** A guest went: its devices are about to wait, if not by the next report, by the one after. */
  expect(): void {
    if (this.#clean !== null) this.#soon = 2;
  }

  /** A report was taken that said so of these. */
  told(those: readonly UsedDevice[]): void {
    this.#soon = Math.max(0, this.#soon - 1);
    this.#cleaned = this.#cleaned.filter((one) => !those.includes(one));
  }

  /** Cleans what is not being cleaned yet, one after the other; gives what went wrong. */
  async see(unclean: readonly UsedDevice[]): Promise<readonly string[]> {
    if (this.#clean === null) return [];
    const wrong: string[] = [];
    const fresh = unclean.filter((device) => this.#isNew(device));
    for (const { device } of fresh) this.#under_way.add(device);
    for (const one of fresh) {
      const cleaned = await this.#clean(one.address);
      this.#under_way.delete(one.device);
      if (cleaned.is === 'done') this.#cleaned = [...this.#cleaned, one];
      else wrong.push(`device ${one.address} is not clean: ${cleaned.why}`);
    }
    return wrong;
  }

  #isNew = ({ device, uses }: UsedDevice): boolean =>
    !this.#under_way.has(device) &&
    !this.#cleaned.some((one) => one.device === device && one.uses === uses);
}
