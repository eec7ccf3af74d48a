/**
 * One YAML file, read value by value. Every complaint says the file and the line, and reading goes
 * on after it: whoever wrote the file is told everything at once.
 */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
} from 'yaml';

/** Null: nothing is written there. */
export type Value = Node | null;

export type Plain = string | readonly Plain[] | { readonly [name: string]: Plain };

export interface Named {
  readonly name: string;
  readonly where: string;
  readonly under: Value;
}

export class YamlFile {
  readonly problems: string[] = [];
  readonly warnings: string[] = [];
  /** Null where it is no YAML. */
  readonly root: Value;
  /** Fields that this program does not know are passed over, as they are of a later version. */
  isLater = false;
  readonly #name: string;
  readonly #document: Document;
  readonly #lines = new LineCounter();

  constructor(name: string, text: string) {
    this.#name = name;
    this.#document = parseDocument(text, { lineCounter: this.#lines });
    const [error] = this.#document.errors;
    this.root = error === undefined ? (this.#document.contents as Value) : null;
    if (error === undefined) return;
    const line = this.#lines.linePos(error.pos[0]).line;
    this.problems.push(`${name}:${line}: ${error.message.split(/ at line |\n/)[0]}`);
  }

  where(value: Value): string {
    const offset = value?.range?.[0];
    return `${this.#name}:${offset === undefined ? 1 : this.#lines.linePos(offset).line}`;
  }

  wrong(value: Value, problem: string): null {
    this.problems.push(`${this.where(value)}: ${problem}`);
    return null;
  }

  /** What is under each name; null where it is no such object. */
  fields(value: Value, what: string, known?: readonly string[]): Map<string, Node> | null {
    const map = this.#real(value);
    if (!isMap(map)) return this.wrong(value, `${what} must be an object`);
    const found = new Map<string, Node>();
    for (const { key, value: under } of map.items) {
      const name = isScalar(key) ? String(key.value) : '?';
      if (known?.includes(name) === false && !this.isLater) {
        this.wrong(key as Node, `${what} has no field ${name}; it may say ${known.join(', ')}`);
      }
      found.set(name, (under ?? key) as Node);
    }
    return found;
  }

  /** Each name with where it stands and what is under it; null where it is no such object. */
  named(value: Value, what: string): readonly Named[] | null {
    const map = this.#real(value);
    if (!isMap(map)) return this.wrong(value, `${what} must be an object`);
    return map.items.map(({ key, value: under }) => ({
      name: isScalar(key) ? String(key.value) : '?',
      where: this.where(key as Node),
      under: isScalar(under) && under.value === null ? null : (under as Value),
    }));
  }

  /** Texts as they were written, lists and maps of them; '' where nothing is written. */
  plain(value: Value): Plain {
    const node = isAlias(value) ? this.wrong(value, 'it must be written out, without *') : value;
    if (isSeq(node)) return node.items.map((item) => this.plain(item as Value));
    if (isMap(node)) {
      const pairs = node.items.map(({ key, value: under }) => [
        isScalar(key) ? String(key.value) : '?',
        this.plain(under as Value),
      ]);
      return Object.fromEntries(pairs);
    }
    if (!isScalar(node) || node.value === null) return '';
    return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
  }

  /** Empty where it is no list. */
  list(value: Value, what: string): readonly Node[] {
    const list = this.#real(value);
    if (isSeq(list)) return list.items as Node[];
    this.wrong(value, `${what} must be a list`);
    return [];
  }

  text(value: Value, what: string): string | null {
    const scalar = this.#scalar(value);
    if (typeof scalar === 'string') return scalar;
    return this.wrong(value, `${what} must be a text`);
  }

  /** A whole number from `least` to `most`. */
  whole(value: Value, what: string, least: number, most: number): number | null {
    const given = this.#scalar(value);
    if (Number.isInteger(given) && Number(given) >= least && Number(given) <= most) {
      return Number(given);
    }
    return this.wrong(value, `${what} must be a whole number from ${least} to ${most}`);
  }

  /** Above 0, and no more than `most`. */
  ratio(value: Value, what: string, most: number): number | null {
    const given = this.#scalar(value);
    if (typeof given === 'number' && given > 0 && given <= most) return given;
    return this.wrong(value, `${what} must be a number above 0, and at most ${most}`);
  }

  #scalar(value: Value): unknown {
    const scalar = this.#real(value);
    return isScalar(scalar) ? scalar.value : undefined;
  }

  #real = (value: Value): unknown => (isAlias(value) ? value.resolve(this.#document) : value);
}
