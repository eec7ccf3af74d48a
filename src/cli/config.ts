/** `plimsoll config`: what is set here, what it is and who said so. */
import type { Command } from 'commander';
import type { Format } from './table.ts';
import { type End, formatOption, withExamples } from './verb-parts.ts';

export interface ConfigOptions {
  /** Flags of `plimsoll up` and `plimsoll agent`. */
  readonly args: readonly string[];
  /** Only this file is to be judged. */
  readonly check?: string;
  readonly format: Format;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

interface ConfigDoors extends Pick<ConfigOptions, 'out' | 'err'> {
  config(options: ConfigOptions): Promise<number>;
}

export function addConfig(program: Command, doors: ConfigDoors, end: End): void {
  const { out, err } = doors;
  const config = program
    .command('config')
    .description('list every value that can be set, what it is, and who said so')
    .argument('[options...]', 'as for `plimsoll up` or `plimsoll agent`: --config FILE, …')
    .allowUnknownOption()
    .option('--check <file>', 'only say what is wrong with this file, and with what goes with it')
    .addOption(formatOption())
    .action(async (args: string[], given: { check?: string; format: Format }) => {
      end(await doors.config({ args, ...given, out, err }));
    });
  const json = 'plimsoll config --format json | jq \'.[] | select(.origin != "default")\'';
  withExamples(config, 'plimsoll config', 'plimsoll config --check /etc/plimsoll.yaml', json);
}
