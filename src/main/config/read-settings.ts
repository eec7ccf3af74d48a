/** Reads what flags, environment and a configuration file say, and judges it together. */
import { configFile } from '../../core/config/common.ts';
import {
  type FlagEntry,
  type Resolved,
  resolve,
  type Variables,
} from '../../core/config/resolve.ts';
import type { Process, Setting } from '../../core/config/setting.ts';
import { type Decision, done } from '../../core/ports/reply.ts';
import { type ConfigFile, readConfigFile } from '../../real/config-file.ts';

export interface Said {
  readonly flags?: readonly FlagEntry[];
  readonly variables: Variables;
  /** What cannot even be read of the command line. */
  readonly wrong?: readonly string[];
}

/** `needed`: what must be said by somebody. */
export function readSettings(
  processes: readonly Process[],
  { flags = [], variables, wrong = [] }: Said,
  needed: readonly Setting<unknown>[] = [],
): Resolved {
  const { entries: file, wrong: unread } = fileOf(flags, variables);
  const resolved = resolve(processes, { flags, variables, file }, needed);
  return { ...resolved, wrong: [...wrong, ...unread, ...resolved.wrong] };
}

/** What a setting names, read only where the setting itself is right; else nothing of it. */
export const readNamed = <Read>(
  { settings }: Resolved,
  setting: Setting<string | null>,
  read: (named: string) => Decision<Read, readonly string[]>,
  otherwise: Read,
): Decision<Read, readonly string[]> => {
  const named = settings.isWrong(setting) ? null : settings.of(setting);
  return named === null ? done(otherwise) : read(named);
};

function fileOf(flags: readonly FlagEntry[], variables: Variables): ConfigFile {
  const flag = flags.find((one) => one.flag === configFile.flag)?.given;
  const path = typeof flag === 'string' ? flag : variables[configFile.environment];
  return path === undefined || path === '' ? { entries: [], wrong: [] } : readConfigFile(path);
}

/** What is wrong, for people: one line, or one for each. */
export const inLines = (wrong: readonly string[]): string =>
  wrong.length === 1 ? String(wrong[0]) : [`${wrong.length} are wrong:`, ...wrong].join('\n  ');
