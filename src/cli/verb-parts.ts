/** What verbs of the command line share. */
import { type Command, InvalidArgumentError, Option } from 'commander';

/** Hears the exit code. */
export type End = (code: number) => void;

export const withExamples = (verb: Command, ...examples: readonly string[]): Command =>
  verb.addHelpText('after', ['\nExamples:', ...examples].join('\n  '));

export const formatOption = () =>
  new Option('--format <format>', 'for people or for programs')
    .choices(['table', 'json'])
    .default('table');

export const collect = (name: string, before: readonly string[]): string[] => [...before, name];

export function seconds(text: string): number {
  if (/^\d{1,7}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number of seconds.');
}

export function positive(text: string): number {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 1 to 999.');
}
