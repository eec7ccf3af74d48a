/**
 * A known key: what its value may be, and what becomes of it.
 *
 *   read         this room acts on it, in a file of its own (numa-nodes.ts, request.ts, a filter)
 *   guest        a matter of the guest's devices: no host is better or worse for it
 *   traits       becomes traits that the host must have
 *   unsupported  cannot be kept to yet: a server that asks for it is refused; `but` are the values
 *                that ask for nothing
 */
import type { Value } from './value.ts';

export type Fate =
  | { readonly is: 'read' | 'guest' }
  | { readonly is: 'traits'; readonly of: (text: string) => readonly string[] }
  | { readonly is: 'unsupported'; readonly but: (text: string) => boolean };

export interface Key {
  /** As written; `N` stands for a number, `*` for the rest. */
  readonly key: string;
  readonly value: Value;
  readonly fate: Fate;
}

export type Row = readonly [key: string, value: Value, fate: Fate];

export const READ: Fate = { is: 'read' };
export const GUEST: Fate = { is: 'guest' };

/** Refused, unless the value asks for nothing. */
export const unsupported = (but: (text: string) => boolean = () => false): Fate => ({
  is: 'unsupported',
  but,
});

/** e.g. `virtio` → COMPUTE_STORAGE_BUS_VIRTIO; dashes become underscores. */
export const traitAfter = (prefix: string): Fate => ({
  is: 'traits',
  of: (text) => [`${prefix}${text.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`],
});

/** These, where the value is true. */
export const traitsIf = (fits: (text: string) => boolean, ...names: readonly string[]): Fate => ({
  is: 'traits',
  of: (text) => (fits(text) ? names : []),
});

/** A table as it is looked up: exact names, and the few with a number or a rest in them. */
export class Keys {
  readonly names: readonly string[];
  readonly #exact: ReadonlyMap<string, Key>;
  readonly #patterns: readonly (readonly [RegExp, Key])[];

  constructor(rows: readonly Row[]) {
    const keys = rows.map(([key, value, fate]): Key => ({ key, value, fate }));
    this.names = rows.map(([key]) => key);
    this.#exact = new Map(keys.map((key) => [key.key, key]));
    this.#patterns = keys
      .filter(({ key }) => /\.N$|\*/.test(key))
      .map((key) => [patternOf(key.key), key]);
  }

  find(key: string): Key | undefined {
    return this.#exact.get(key) ?? this.#patterns.find(([pattern]) => pattern.test(key))?.[1];
  }
}

function patternOf(key: string): RegExp {
  const plain = key.replaceAll('.', String.raw`\.`);
  return new RegExp(`^${plain.replace(/\.N$/, String.raw`.\d{1,3}`).replaceAll('*', '.+')}$`);
}
