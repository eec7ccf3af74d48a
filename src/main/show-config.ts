/**
 * `plimsoll config`: every setting with the value that a start here and now would have, and where
 * that comes from; or only what is wrong. Secrets are never shown.
 */
import type { ConfigOptions } from '../cli/config.ts';
import { type Column, table } from '../cli/table.ts';
import { allSettings } from '../core/config/all.ts';
import { flagsIn } from '../core/config/flags.ts';
import type { Resolved, Variables } from '../core/config/resolve.ts';
import { PROCESSES, type Setting } from '../core/config/setting.ts';
import type { Settings } from '../core/config/settings.ts';
import { shown } from '../core/config/shown.ts';
import { inLines, readSettings } from './config/read-settings.ts';
import { placementOptions } from './placement-options.ts';
import { readHostSettings } from './up/host-settings.ts';

/** Gives the exit code: 1 where something is wrong. */
export function showConfig(
  { args, check, format, out, err }: ConfigOptions,
  variables: Variables,
): number {
  const file = check === undefined ? [] : ['--config', check];
  const read = readSettings(PROCESSES, {
    ...flagsIn([...args, ...file], allSettings),
    variables,
  });
  const wrong = wrongIn(read);
  if (wrong.length > 0) {
    err(`plimsoll: ${inLines(wrong)}\n`);
    return 1;
  }
  const rows = allSettings.map((setting) => rowOf(setting, read.settings));
  const said = rows.filter(({ origin }) => origin !== 'default').length;
  if (check !== undefined) out(`${check}: nothing is wrong; ${said} of ${rows.length} are said\n`);
  else out(`${format === 'json' ? JSON.stringify(rows, null, 2) : table(columns, rows)}\n`);
  return 0;
}

/** With what is wrong in the files that are named, once each. */
function wrongIn(read: Resolved): readonly string[] {
  const all = [readHostSettings(read), placementOptions(read)];
  return [...new Set(all.flatMap((one) => (one.is === 'no' ? one.why : [])))];
}

interface Row {
  readonly key: string;
  /** Null: nothing is said, and nothing in particular follows. */
  readonly value: string | null;
  readonly unit: string | null;
  readonly origin: 'default' | 'flag' | 'environment' | 'file';
  /** The flag, the variable, or the file and line. */
  readonly where: string | null;
  readonly environment: string;
  readonly flag: string | null;
  readonly otherwise: string;
}

function rowOf(setting: Setting<unknown>, settings: Settings): Row {
  const { key, unit, environment, flag, otherwise } = setting;
  const fixed = { key, unit, environment, flag: flag === null ? null : `--${flag}`, otherwise };
  const saying = settings.saidOf(setting);
  if (saying === null) return { ...fixed, value: setting.default, origin: 'default', where: null };
  const { given, origin } = saying;
  const where = origin.is === 'file' ? origin.where : origin.name;
  return { ...fixed, value: shown(setting, given), origin: origin.is, where };
}

const columns: readonly Column<Row>[] = [
  { title: 'SETTING', cell: ({ key }) => key },
  { title: 'VALUE', cell: ({ value, otherwise }) => value ?? `(${otherwise})` },
  { title: 'UNIT', cell: ({ unit }) => unit ?? '' },
  { title: 'FROM', cell: ({ origin, where }) => where ?? origin },
];
