/**
 * Judges extra specs and image properties: is the key known, and may it have this value?
 *
 *   hw:numa_node=2          unknown in a namespace of ours: refused, "did you mean hw:numa_nodes?"
 *   hw:cpu_policy=pinned    known, but is shared, dedicated or mixed
 *   resources2:CUSTOM_X=1   by the names of classes; trait…: by those of traits
 *   colour=red  acme:x=1    no namespace of ours: means something to somebody else, and passes
 */
import { STANDARD_CLASSES, STANDARD_TRAITS } from '../../ledger/standard-names.ts';
import { flavorKeys } from './flavor-keys.ts';
import { imageKeys } from './image-keys.ts';
import type { Keys } from './key.ts';
import { nearest } from './nearest.ts';
import { oneOf, type Value, whole } from './value.ts';

export type Specs = Readonly<Record<string, string>>;

/** `resources:` and `trait:`, with or without the suffix of a group. */
export const GROUPED = /^(resources|trait)([a-zA-Z0-9_-]{0,64}):(.*)$/;

const amount = whole(0);
const wish = oneOf('required', 'forbidden');
const required = oneOf('required');

/** Why the flavor may not say so; null: it may. */
export function wrongSpec(key: string, value: string): string | null {
  const grouped = GROUPED.exec(key);
  if (grouped !== null) return wrongName(grouped, key) ?? wrongValue(key, value, ruleOf(grouped));
  const known = flavorKeys.find(key);
  if (known !== undefined) return wrongValue(key, value, known.value);
  return SPACES.has(spaceOf(key)) ? unknown(key, flavorKeys) : null;
}

/** Why the image may not say so: only what begins like our keys, or requires a trait, is judged. */
export function wrongProperty(key: string, value: string): string | null {
  const grouped = GROUPED.exec(key);
  if (grouped?.[1] === 'trait') return wrongName(grouped, key) ?? wrongValue(key, value, required);
  const known = imageKeys.find(key);
  if (known !== undefined) return wrongValue(key, value, known.value);
  return key.startsWith('hw_') ? unknown(key, imageKeys) : null;
}

/** The first complaint about any of them. */
export function firstWrong(
  specs: Specs,
  wrong: (key: string, value: string) => string | null,
): string | null {
  for (const [key, value] of Object.entries(specs)) {
    const why = wrong(key, value);
    if (why !== null) return why;
  }
  return null;
}

const spaceOf = (key: string): string => key.slice(0, key.indexOf(':') + 1);
const SPACES: ReadonlySet<string> = new Set(
  flavorKeys.names.map(spaceOf).filter((space) => space !== ''),
);

const ruleOf = (grouped: RegExpExecArray): Value => (grouped[1] === 'trait' ? wish : amount);

function wrongName(grouped: RegExpExecArray, key: string): string | null {
  const [, kind = '', suffix = '', name = ''] = grouped;
  const known = kind === 'trait' ? STANDARD_TRAITS : STANDARD_CLASSES;
  if (known.includes(name) || /^CUSTOM_[A-Z0-9_]{1,248}$/.test(name)) return null;
  const near = nearest(name, known);
  const what = kind === 'trait' ? 'trait' : 'resource class';
  return `${key} names no ${what}: did you mean ${kind}${suffix}:${near}, or one CUSTOM_…?`;
}

const wrongValue = (key: string, text: string, { says, fits }: Value): string | null =>
  fits(text) ? null : `${key} is ${says}, not ${text}`;

function unknown(key: string, keys: Keys): string {
  const near = nearest(key, keys.names);
  return near === null ? `${key} is unknown` : `${key} is unknown: did you mean ${near}?`;
}
