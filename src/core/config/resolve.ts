/**
 * From what was said, and where, to the values that hold.
 *
 *   flag  ►  environment  ►  file  ►  default          the first that says something
 *
 *   1  Everything that was said is read, also where something before it holds: what is wrong is
 *      told once each, all of it together, and then nothing is given out.
 *   2  Settings of other processes in a file are read as well: one file may serve all of them.
 *   3  An empty variable, and a name in a file with nothing after it, say nothing.
 */
import { byText } from '../base/order.ts';
import { editDistance, nearest } from '../scheduler/specs/nearest.ts';
import { allSettings } from './all.ts';
import { wrongTogether } from './rules.ts';
import type { Given, Process, Setting } from './setting.ts';
import { type Saying, Settings } from './settings.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

/** One value of a file. */
export interface FileEntry {
  /** e.g. `plimsoll.port` */
  readonly key: string;
  readonly given: Given;
  /** e.g. `plimsoll.yaml:7` */
  readonly where: string;
}

/** One flag of a command line, or several of the same name. */
export interface FlagEntry {
  readonly flag: string;
  readonly given: Given;
}

export interface Sources {
  readonly flags: readonly FlagEntry[];
  readonly variables: Variables;
  readonly file: readonly FileEntry[];
}

export interface Resolved {
  readonly settings: Settings;
  /** A line for each thing that is wrong; none: everything has a value. */
  readonly wrong: readonly string[];
}

/** What holds for these processes. `needed`: what somebody must have said. */
export function resolve(
  processes: readonly Process[],
  { flags, variables, file }: Sources,
  needed: readonly Setting<unknown>[] = [],
): Resolved {
  const own = allSettings.filter(({ read_by }) => read_by.some((one) => processes.includes(one)));
  const settings = new Settings();
  const wrong = [...flagsSaid(own, flags), ...variablesSaid(own, variables), ...fileSaid(file)]
    .map((saying) => settings.hear(saying))
    .filter((line) => line !== null);
  const missing = needed.filter((one) => settings.saidOf(one) === null);
  const all = [
    ...wrong,
    ...strangeVariables(variables),
    ...file.flatMap((entry) => strangeEntry(entry) ?? []),
    ...missing.map((one) => `${settings.nameOf(one)}: it must be said: ${one.says}`),
    ...wrongTogether(processes, settings),
  ];
  return { settings, wrong: all };
}

const flagsSaid = (
  own: readonly Setting<unknown>[],
  flags: readonly FlagEntry[],
): readonly Saying[] =>
  flags.flatMap(({ flag, given }) => {
    const setting = own.find((one) => one.flag === flag);
    if (setting === undefined) return [];
    return [{ setting, given, origin: { is: 'flag', name: `--${flag}` } }];
  });

const variablesSaid = (own: readonly Setting<unknown>[], variables: Variables): readonly Saying[] =>
  own.flatMap((setting) => {
    const given = variables[setting.environment];
    if (given === undefined || given.trim() === '') return [];
    return [{ setting, given, origin: { is: 'environment', name: setting.environment } }];
  });

const fileSaid = (file: readonly FileEntry[]): readonly Saying[] =>
  file.flatMap(({ key, given, where }) => {
    const setting = allSettings.find((one) => one.key === key);
    if (setting === undefined || setting.not_in_file === true || given === '') return [];
    return [{ setting, given, origin: { is: 'file', where } }];
  });

const keys = allSettings.filter((one) => one.not_in_file !== true).map(({ key }) => key);
const names = new Set(allSettings.map(({ environment }) => environment));

/** Null: it is known. */
const strangeEntry = ({ key, where }: FileEntry): string | null =>
  keys.includes(key) ? null : `${where}: ${key}: ${noSuch(nearest(key, keys))}`;

/** Others' variables are none of our business; only what looks like a slip is told. */
const SLIP_MAX = 2;

const strangeVariables = (variables: Variables): readonly string[] =>
  Object.keys(variables)
    .filter((name) => /^(PLIMSOLL_|OS_\w+__)/.test(name) && !names.has(name))
    .toSorted(byText)
    .flatMap((name) => {
      const meant = nearest(name, [...names]) ?? '';
      return editDistance(name, meant) <= SLIP_MAX ? [`${name}: ${noSuch(meant)}`] : [];
    });

export const noSuch = (nearest: string | null): string =>
  `there is no such setting; did you mean ${nearest}?`;
