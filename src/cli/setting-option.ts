/** A setting as an option of a verb. What it holds is judged with all the rest that is said. */
import { Option } from 'commander';
import type { Setting } from '../core/config/setting.ts';
import { collect } from './verb-parts.ts';

export function optionOf({ flag, placeholder, says, otherwise, kind }: Setting<unknown>): Option {
  const option = new Option(`--${flag} <${placeholder}>`, `${says} (${otherwise})`);
  return kind.flag === 'many' ? option.argParser(gather) : option;
}

const gather = (word: string, before: readonly string[] | undefined): string[] =>
  collect(word, before ?? []);
