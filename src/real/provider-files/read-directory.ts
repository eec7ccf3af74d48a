/**
 * Provider configuration in upstream's format: all `*.yaml` files of a directory, in order.
 *
 *   files ──► entries, checked whole ──► what each host adds to its own provider (additionsTo)
 *
 * Nothing of it is used if anything of it is wrong: every problem is told, with file and line. What
 * a host adds it reports with everything else it has, so that a line that goes from a file goes
 * from the provider too, and what others gave the provider stays (fleet/registry.ts: F2).
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { HostConfig } from '../../core/agent/config.ts';
import { byText } from '../../core/base/order.ts';
import { type Decision, done, no } from '../../core/ports/reply.ts';
import { ANY_HOST, entryOf, type ProviderEntry } from './entry.ts';
import { YamlFile } from './yaml-file.ts';

export interface ProviderFiles {
  readonly entries: readonly ProviderEntry[];
  readonly warnings: readonly string[];
}

const FILE_BYTES_MAX = 1_048_576;
const VERSION = /^1\.(\d{1,4})$/;

/** All that is wrong otherwise. */
export function readProviderFiles(directory: string): Decision<ProviderFiles, readonly string[]> {
  const files = filesIn(directory);
  if (files.is === 'no') return no([files.why]);
  const read = files.value.map((file) => ({ file, entries: entriesIn(file) }));
  const entries = read.flatMap((one) => one.entries);
  const problems = [...read.flatMap(({ file }) => file.problems), ...twice(entries)];
  if (problems.length > 0) return no(problems);
  const idle = entries.filter(addsNothing);
  const warnings = [
    ...read.flatMap(({ file }) => file.warnings),
    ...idle.map(({ where }) => `${where}: a provider with neither inventories nor traits`),
  ];
  return done({ entries: entries.filter((one) => !addsNothing(one)), warnings });
}

function filesIn(directory: string): Decision<readonly YamlFile[], string> {
  try {
    const names = readdirSync(directory).filter((name) => name.endsWith('.yaml'));
    return done(names.sort(byText).map((name) => fileIn(directory, name)));
  } catch (error) {
    return no(`the provider configuration cannot be read: ${(error as Error).message}`);
  }
}

function fileIn(directory: string, name: string): YamlFile {
  const path = join(directory, name);
  if (statSync(path).size > FILE_BYTES_MAX) throw new Error(`${path} has more than 1 MiB`);
  return new YamlFile(path, readFileSync(path, 'utf8'));
}

function entriesIn(file: YamlFile): readonly ProviderEntry[] {
  if (file.problems.length > 0) return [];
  const fields = file.fields(file.root, 'a provider file');
  if (fields === null || !versionFits(file, fields.get('meta') ?? null)) return [];
  file.fields(file.root, 'a provider file', ['meta', 'providers']);
  const providers = fields.get('providers');
  if (providers === undefined) return [];
  return file.list(providers, 'providers').flatMap((one) => entryOf(file, one) ?? []);
}

/** A later minor version may say more than is known here, and nothing else. */
function versionFits(file: YamlFile, meta: YamlFile['root']): boolean {
  if (meta === null) return file.wrong(file.root, 'meta must say the schema_version') ?? false;
  const said = file.fields(meta, 'meta')?.get('schema_version');
  if (said === undefined) return file.wrong(meta, 'meta must say the schema_version') ?? false;
  const version = file.text(said, 'schema_version');
  if (version === null) return false;
  const minor = VERSION.exec(version)?.[1];
  if (minor === undefined) {
    return file.wrong(said, `schema_version ${version} is not known here, 1.0 is`) ?? false;
  }
  file.isLater = Number(minor) > 0;
  if (file.isLater) {
    file.warnings.push(`${file.where(said)}: schema_version ${version}: only 1.0 is heeded`);
  }
  return true;
}

const addsNothing = ({ inventories, traits }: ProviderEntry): boolean =>
  inventories.length + traits.length === 0;

const calledBy = ({ uuid, name }: ProviderEntry): string => uuid ?? `name ${name}`;

function twice(entries: readonly ProviderEntry[]): readonly string[] {
  const first = new Map<string, string>();
  return entries.flatMap((entry) => {
    const before = first.get(calledBy(entry));
    first.set(calledBy(entry), before ?? entry.where);
    return before === undefined ? [] : [`${entry.where}: ${calledBy(entry)} is in ${before} too`];
  });
}

export type Additions = Pick<HostConfig, 'inventories' | 'traits' | 'below'>;

/**
 * What one host adds: to itself its own entry, else the one for every host; and what others say of
 * providers that may be below it (fleet/additions.ts).
 */
export function additionsTo(
  host: { readonly name: string; readonly uuid: string },
  entries: readonly ProviderEntry[],
): Decision<Additions, string> {
  const own = entries.filter(({ name, uuid }) => name === host.name || uuid === host.uuid);
  const [one, other] = own;
  if (one !== undefined && other !== undefined) {
    return no(`${one.where} and ${other.where} are one provider, by uuid and by name`);
  }
  const entry = one ?? entries.find(({ uuid }) => uuid === ANY_HOST);
  const below = entries.filter((other) => other.uuid !== ANY_HOST && other !== entry);
  return done({ inventories: entry?.inventories ?? [], traits: entry?.traits ?? [], below });
}

/** Entries that are about none of these, which are hosts and what is known to be below them. */
export const strangersAmong = (
  { entries }: ProviderFiles,
  known: readonly { readonly name: string; readonly uuid: string }[],
): readonly string[] =>
  entries
    .filter(({ uuid }) => uuid !== ANY_HOST)
    .filter(
      (entry) =>
        !known.some(({ name, uuid }) =>
          [entry.name, entry.uuid].some((who) => who === name || who === uuid),
        ),
    )
    .map(
      (entry) =>
        `${entry.where}: ${calledBy(entry)} is no host here, nor known to be below one yet`,
    );
