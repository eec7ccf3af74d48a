/** Reads what an operator wrote, field by field, and collects every complaint on the way. */

export type Said = Readonly<Record<string, unknown>>;

/** Names that mean something everywhere; all others begin with CUSTOM_. */
export interface StandardNames {
  readonly classes: readonly string[];
  readonly traits: readonly string[];
}

export const isObject = (said: unknown): said is Said =>
  typeof said === 'object' && said !== null && !Array.isArray(said);

export class Fields {
  readonly problems: string[] = [];
  readonly #said: Said;
  readonly #where: string;

  constructor(said: Said, where: string, known: readonly string[]) {
    this.#said = said;
    this.#where = where;
    for (const key of Object.keys(said)) {
      if (!known.includes(key)) this.wrong(`${key} is unknown: it may say ${known.join(', ')}`);
    }
  }

  wrong(problem: string): void {
    this.problems.push(`${this.#where}: ${problem}`);
  }

  /** Null where nothing is said. */
  text(key: string): string | null {
    const value = this.#said[key];
    if (value === undefined || value === null) return null;
    if (typeof value === 'string' && value.trim() !== '') return value.trim();
    this.wrong(`${key} is a text`);
    return null;
  }

  /** Four hexadecimal digits; null: any. */
  id(key: string): string | null {
    const text = this.text(key)?.toLowerCase() ?? null;
    if (text === null || text === '*') return null;
    if (/^[0-9a-f]{4}$/.test(text)) return text;
    this.wrong(`${key} is four hexadecimal digits, not ${text}`);
    return null;
  }

  /** Null where nothing is said. */
  truth(key: string): boolean | null {
    const value = this.#said[key];
    if (value === undefined || value === null) return null;
    const text = String(value).toLowerCase();
    if (['yes', 'true', 'on', '1'].includes(text)) return true;
    if (!['no', 'false', 'off', '0'].includes(text)) this.wrong(`${key} is yes or no, not ${text}`);
    return false;
  }

  oneOf<Word extends string>(key: string, words: readonly Word[]): Word | null {
    const text = this.text(key);
    const found = words.find((word) => word === text) ?? null;
    if (text !== null && found === null) this.wrong(`${key} is ${words.join(', ')}, not ${text}`);
    return found;
  }

  resourceClass(names: StandardNames): string | null {
    const text = this.text('resource_class');
    return text === null ? null : standardised(text, names.classes);
  }

  /** A text with commas between, or a list. */
  traits(names: StandardNames): readonly string[] {
    const value = this.#said['traits'];
    const list = typeof value === 'string' ? value.split(',') : (value ?? []);
    if (Array.isArray(list) && list.every((one) => typeof one === 'string')) {
      const given = list.map((one) => one.trim()).filter((one) => one !== '');
      return [...new Set(given.map((one) => standardised(one, names.traits)))];
    }
    this.wrong('traits is a list of names');
    return [];
  }
}

/** e.g. `gold-card` → CUSTOM_GOLD_CARD; VGPU stays. */
function standardised(text: string, known: readonly string[]): string {
  const name = text.toUpperCase().replaceAll(/[^A-Z0-9_]/g, '_');
  return known.includes(name) || name.startsWith('CUSTOM_') ? name : `CUSTOM_${name}`;
}
