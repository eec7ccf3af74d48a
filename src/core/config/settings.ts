/** What was said of settings so far, and the values that follow from it. */
import { BrokenInvariant } from '../base/units.ts';
import type { Given, Setting } from './setting.ts';
import { asSaid } from './shown.ts';

export type Origin =
  | { readonly is: 'flag'; readonly name: string }
  | { readonly is: 'environment'; readonly name: string }
  | { readonly is: 'file'; readonly where: string };

/** Something that somebody said of a setting. */
export interface Saying {
  readonly setting: Setting<unknown>;
  readonly given: Given;
  readonly origin: Origin;
}

interface Held {
  readonly saying: Saying;
  /** Null: it cannot be read. */
  readonly value: { readonly is: 'done'; readonly value: unknown } | null;
}

export class Settings {
  readonly #held = new Map<Setting<unknown>, Held>();
  readonly #wrong = new Set<Setting<unknown>>();

  /** In the order of precedence: the first that is heard of a setting holds. Null: it is right. */
  hear(saying: Saying): string | null {
    const { setting, given } = saying;
    const read = setting.kind.read(given);
    const value = read.is === 'done' ? read : null;
    if (!this.#held.has(setting)) this.#held.set(setting, { saying, value });
    if (read.is === 'done') return null;
    this.#wrong.add(setting);
    return `${nameIn(saying)}${asSaid(setting, given)}: ${read.why}`;
  }

  of<Value>(setting: Setting<Value>): Value {
    const held = this.#held.get(setting);
    const read = held === undefined ? setting.value(setting.default) : held.value;
    if (read?.is === 'done') return read.value as Value;
    throw new BrokenInvariant(`${setting.key} has no value`);
  }

  /** Null: nobody said anything. */
  saidOf(setting: Setting<unknown>): Saying | null {
    return this.#held.get(setting)?.saying ?? null;
  }

  isWrong(setting: Setting<unknown>): boolean {
    return this.#wrong.has(setting);
  }

  /** As whoever said it knows it. */
  nameOf(setting: Setting<unknown>): string {
    const saying = this.saidOf(setting);
    return saying === null ? plainName(setting) : nameIn(saying);
  }
}

const plainName = ({ flag, environment }: Setting<unknown>): string =>
  flag === null ? environment : `--${flag}`;

function nameIn({ setting, origin }: Saying): string {
  return origin.is === 'file' ? `${origin.where}: ${setting.key}` : origin.name;
}
