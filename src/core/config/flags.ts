/**
 * A command line of flags, `--port 80`, `--port=80` and `--shared`, read against the settings that
 * have one. Of a flag said twice the last holds, unless it may be repeated.
 */
import { nearest } from '../scheduler/specs/nearest.ts';
import type { FlagEntry } from './resolve.ts';
import { noSuch } from './resolve.ts';
import type { Given, Setting } from './setting.ts';

export interface CommandLine {
  readonly flags: readonly FlagEntry[];
  /** A line for each thing that cannot be read. */
  readonly wrong: readonly string[];
}

export function flagsIn(
  args: readonly string[],
  settings: readonly Setting<unknown>[],
): CommandLine {
  const said = new Map<string, Given>();
  const wrong: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const { flag, given, isTwoWords, why } = flagAt(args, at, settings);
    if (isTwoWords) at++;
    if (why !== null) wrong.push(why);
    else said.set(flag, isMany(flag, settings) ? [...listIn(said.get(flag)), given] : given);
  }
  return { flags: [...said].map(([flag, given]) => ({ flag, given })), wrong };
}

interface Flag {
  readonly flag: string;
  readonly given: string;
  readonly isTwoWords: boolean;
  readonly why: string | null;
}

function flagAt(args: readonly string[], at: number, settings: readonly Setting<unknown>[]): Flag {
  const [, flag = '', inline] = /^--([^=]+)(?:=(.*))?$/s.exec(args[at] ?? '') ?? [];
  const next = args[at + 1];
  const isValue = inline === undefined && next !== undefined && !next.startsWith('--');
  const read = { flag, given: inline ?? next ?? '', isTwoWords: isValue, why: null };
  if (flag === '') return { ...read, isTwoWords: false, why: `${args[at]}: flags begin with --` };
  const setting = settings.find((one) => one.flag === flag);
  if (setting === undefined) return { ...read, why: `--${flag}: ${noSuch(near(flag, settings))}` };
  if (setting.kind.flag === 'bare') return { ...read, given: inline ?? 'yes', isTwoWords: false };
  const isSaid = inline !== undefined || isValue;
  return isSaid ? read : { ...read, why: `--${flag}: say its value after it` };
}

const isMany = (flag: string, settings: readonly Setting<unknown>[]): boolean =>
  settings.find((one) => one.flag === flag)?.kind.flag === 'many';

const listIn = (given: Given | undefined): readonly Given[] => (Array.isArray(given) ? given : []);

function near(flag: string, settings: readonly Setting<unknown>[]): string | null {
  const known = settings.flatMap((one) => (one.flag === null ? [] : [one.flag]));
  const found = nearest(flag, known);
  return found === null ? null : `--${found}`;
}
