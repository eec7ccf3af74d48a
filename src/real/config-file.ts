/**
 * A configuration file, as what it says of each setting and on which line. Whether that is right is
 * for core/config to judge.
 *
 *   plimsoll:                         plimsoll.yaml:2   plimsoll.port   '9000'
 *     port: 9000                ─►    plimsoll.yaml:4   pci.alias       [{ name: 'gpu', … }]
 *   pci:
 *     alias: [{ name: gpu, … }]
 */
import { readFileSync, statSync } from 'node:fs';
import type { FileEntry } from '../core/config/resolve.ts';
import { type Decision, done, no } from '../core/ports/reply.ts';
import { YamlFile } from './provider-files/yaml-file.ts';

const FILE_BYTES_MAX = 1_048_576;

/** All that it says, and a line for each thing in it that is no section or setting at all. */
export interface ConfigFile {
  readonly entries: readonly FileEntry[];
  readonly wrong: readonly string[];
}

export function readConfigFile(path: string): ConfigFile {
  const text = textOf(path);
  if (text.is === 'no') return { entries: [], wrong: [text.why] };
  const file = new YamlFile(path, text.value);
  const entries = file.root === null ? [] : entriesIn(file);
  return { entries, wrong: file.problems };
}

function textOf(path: string): Decision<string, string> {
  try {
    if (statSync(path).size > FILE_BYTES_MAX) return no(`${path} has more than 1 MiB`);
    return done(readFileSync(path, 'utf8'));
  } catch (error) {
    return no(`the configuration file cannot be read: ${(error as Error).message}`);
  }
}

function entriesIn(file: YamlFile): readonly FileEntry[] {
  const sections = file.named(file.root, 'a configuration file') ?? [];
  return sections
    .filter(({ under }) => under !== null)
    .flatMap(({ name: section, under }) =>
      (file.named(under, `the section ${section}`) ?? []).map(({ name, where, under: value }) => ({
        key: `${section}.${name}`,
        given: file.plain(value),
        where,
      })),
    );
}
