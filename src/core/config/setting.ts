/**
 * What can be set, as data: the program reads its configuration through these values alone.
 *
 *   key           OS_… or PLIMSOLL_… in the environment       in a file
 *   plimsoll.port          PLIMSOLL_PORT                      plimsoll: { port: 8780 }
 *   agent.tokens           PLIMSOLL_AGENT__TOKENS             agent: { tokens: … }
 *   default.my_option      OS_DEFAULT__MY_OPTION              default: { my_option: … }
 *
 * Sections other than our own are upstream's, with its names in small letters.
 */
import { type Decision, done } from '../ports/reply.ts';

/** As a flag, a variable or a file says it: texts, and lists and maps of them. */
export type Given = string | readonly Given[] | { readonly [name: string]: Given };

/** A type of values, and which of them there may be. */
export interface Kind<Value> {
  /** For people, e.g. `whole number`. */
  readonly type: string;
  /** For people, e.g. `0 to 65535`. */
  readonly range: string;
  /** How the flag looks: `--shared`, `--port N`, or `--bridge A --bridge B`. */
  readonly flag: 'bare' | 'one' | 'many';
  /** A reason ends a sentence that begins with what was said. */
  readonly read: (given: Given) => Decision<Value, string>;
}

export const PROCESSES = ['control plane', 'agent', 'placement', 'client'] as const;
export type Process = (typeof PROCESSES)[number];

interface About {
  readonly key: string;
  /** One sentence. */
  readonly says: string;
  /** Null: it is a number of things, or none at all. */
  readonly unit: string | null;
  readonly read_by: readonly Process[];
  /** Without its dashes, and with what stands for its value; left out: there is none. */
  readonly flag?: string;
  readonly placeholder?: string;
  /** Where it does not follow from the key. */
  readonly environment?: string;
  /** Upstream's option; left out: it follows from the key, or there is none. */
  readonly upstream?: string;
  /** `whole`: never shown. `url`: shown without its password. */
  readonly secret?: 'whole' | 'url';
  /** A file cannot say it. */
  readonly not_in_file?: true;
}

export interface Setting<Value> extends Omit<About, 'environment' | 'upstream' | 'flag'> {
  readonly kind: Kind<Value>;
  readonly flag: string | null;
  readonly environment: string;
  readonly upstream: string | null;
  /** As somebody would say it; null: nothing is said. */
  readonly default: string | null;
  /** What holds then, for people. */
  readonly otherwise: string;
  readonly value: (given: Given | null) => Decision<Value, string>;
}

export function setting<Value>(
  kind: Kind<Value>,
  about: About & { readonly default: string },
): Setting<Value>;
export function setting<Value>(
  kind: Kind<Value>,
  about: About & { readonly otherwise: string },
): Setting<Value | null>;
export function setting<Value>(
  kind: Kind<Value>,
  about: About & { readonly default?: string; readonly otherwise?: string },
): Setting<Value | null> {
  const { default: said = null, otherwise = said ?? '' } = about;
  return {
    flag: null,
    environment: variableOf(about.key),
    upstream: upstreamOf(about.key),
    ...about,
    kind,
    default: said,
    otherwise,
    value: (given) => (given === null ? done(null) : kind.read(given)),
  };
}

const OWN = ['agent', 'simulated', 'keystone', 'spread', 'pack', 'balanced'];

const split = (key: string): readonly [string, string] => {
  const [section = '', name = ''] = key.split('.');
  return [section, name];
};

function variableOf(key: string): string {
  const [section, name] = split(key);
  if (section === 'plimsoll') return `PLIMSOLL_${name}`.toUpperCase();
  return `${OWN.includes(section) ? 'PLIMSOLL' : 'OS'}_${section}__${name}`.toUpperCase();
}

function upstreamOf(key: string): string | null {
  const [section, name] = split(key);
  if (section === 'plimsoll' || OWN.includes(section)) return null;
  return `[${section === 'default' ? 'DEFAULT' : section}] ${name}`;
}
