/**
 * One provider in a file: who it is, and what its operator adds to it.
 *
 *   - identification: { uuid: $COMPUTE_NODE }            or a UUID, or { name: … }
 *     inventories:
 *       additional: [{ CUSTOM_LICENCE: { total: 4, reserved: 1, … } }]
 *     traits:
 *       additional: [CUSTOM_RACK_7]
 *
 * Only CUSTOM_ classes and traits: everything else is what the host really has, and is not said by
 * a file. Numbers go together: reserved ≤ total, min_unit ≤ max_unit, min_unit ≤ total.
 */
import type { ReportedInventory } from '../../core/fleet/report.ts';
import { INVENTORY_MAX } from '../../core/ledger/inventory.ts';
import type { Value, YamlFile } from './yaml-file.ts';

export const ANY_HOST = '$COMPUTE_NODE';

export interface ProviderEntry {
  /** A UUID, or `$COMPUTE_NODE`: every host that is not named by itself; null: it has a name. */
  readonly uuid: string | null;
  readonly name: string | null;
  readonly inventories: readonly ReportedInventory[];
  readonly traits: readonly string[];
  /** `file:line`, for people. */
  readonly where: string;
}

const UUID = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;
const CUSTOM = /^CUSTOM_[A-Z0-9_]{1,248}$/;
const NAME_CHARACTERS_MAX = 200;
const RATIO_MAX = 1_000_000;
const AMOUNTS = ['total', 'reserved', 'min_unit', 'max_unit', 'step_size', 'allocation_ratio'];

/** Null where it does not even say who. */
export function entryOf(file: YamlFile, value: Value): ProviderEntry | null {
  const fields = file.fields(value, 'a provider', ['identification', 'inventories', 'traits']);
  if (fields === null) return null;
  const inventories = additional(file, fields.get('inventories'), 'inventories').flatMap((one) =>
    inventoriesIn(file, one),
  );
  noneTwice(
    file,
    value,
    'inventories',
    inventories.map((one) => one.resource_class),
  );
  const traits = additional(file, fields.get('traits'), 'traits').flatMap(
    (one) => customName(file, one, 'a trait') ?? [],
  );
  noneTwice(file, value, 'traits', traits);
  const who = whoIs(file, value, fields.get('identification') ?? null);
  return who === null ? null : { ...who, inventories, traits, where: file.where(value) };
}

function whoIs(
  file: YamlFile,
  entry: Value,
  value: Value,
): Pick<ProviderEntry, 'uuid' | 'name'> | null {
  if (value === null) return file.wrong(entry, 'a provider must have an identification');
  const said = file.fields(value, 'identification', ['uuid', 'name']);
  if (said === null) return null;
  const [uuid, name] = [said.get('uuid'), said.get('name')];
  if ((uuid === undefined) === (name === undefined)) {
    return file.wrong(value, 'identification must say either uuid or name');
  }
  return uuid === undefined ? named(file, name as Value) : identified(file, uuid);
}

function identified(file: YamlFile, value: Value) {
  const uuid = file.text(value, 'uuid');
  if (uuid === null) return null;
  if (uuid === ANY_HOST) return { uuid, name: null };
  if (UUID.test(uuid)) return { uuid: dashed(uuid), name: null };
  return file.wrong(value, `uuid must be a UUID or ${ANY_HOST}, not ${uuid}`);
}

function named(file: YamlFile, value: Value) {
  const name = file.text(value, 'name');
  if (name === null) return null;
  if (name.length > 0 && name.length <= NAME_CHARACTERS_MAX) return { uuid: null, name };
  return file.wrong(value, `name must have 1 to ${NAME_CHARACTERS_MAX} characters`);
}

const dashed = (uuid: string): string =>
  uuid
    .toLowerCase()
    .replaceAll('-', '')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

function additional(file: YamlFile, value: Value | undefined, what: string): readonly Value[] {
  if (value === undefined) return [];
  const said = file.fields(value, what, ['additional'])?.get('additional');
  return said === undefined ? [] : file.list(said, `additional ${what}`);
}

function customName(file: YamlFile, value: Value, what: string): string | null {
  const name = file.text(value, what);
  return name === null ? null : custom(file, value, name, what);
}

function custom(file: YamlFile, value: Value, name: string, what: string): string | null {
  if (CUSTOM.test(name)) return name;
  const problem = `${what} must be like CUSTOM_NAME, not ${name}: others are not a file's to say`;
  return file.wrong(value, problem);
}

function noneTwice(file: YamlFile, value: Value, what: string, names: readonly string[]): void {
  const twice = names.filter((name, at) => names.indexOf(name) !== at);
  for (const name of new Set(twice)) file.wrong(value, `its ${what} name ${name} twice`);
}

// ── inventories ──────────────────────────────────────────────────────────────────────────────

const inventoriesIn = (file: YamlFile, value: Value): readonly ReportedInventory[] =>
  [...(file.fields(value, 'an additional inventory') ?? [])].flatMap(([name, amounts]) => {
    const resource_class = custom(file, amounts, name, 'a resource class');
    const read = inventoryIn(file, amounts, name);
    return resource_class === null || read === null ? [] : { resource_class, ...read };
  });

function inventoryIn(
  file: YamlFile,
  value: Value,
  name: string,
): Omit<ReportedInventory, 'resource_class'> | null {
  const said = file.fields(value, name, AMOUNTS);
  if (said === null) return null;
  const amount = (field: string, least: number): number | undefined => {
    const given = said.get(field);
    const what = `${field} of ${name}`;
    return given === undefined ? undefined : (file.whole(given, what, least, INVENTORY_MAX) ?? NaN);
  };
  const total = amount('total', 1);
  if (total === undefined) return file.wrong(value, `${name} must say its total`);
  const units = { min_unit: amount('min_unit', 1), max_unit: amount('max_unit', 1) };
  const reserved = amount('reserved', 0) ?? 0;
  const step_size = amount('step_size', 1);
  const given = said.get('allocation_ratio');
  const allocation_ratio =
    given === undefined ? null : file.ratio(given, `allocation_ratio of ${name}`, RATIO_MAX);
  const { min_unit = 1, max_unit = INVENTORY_MAX } = units;
  if (reserved > total) file.wrong(value, `reserved of ${name} is ${reserved} of ${total}`);
  if (min_unit > max_unit) {
    file.wrong(value, `min_unit of ${name} is ${min_unit}, above max_unit ${max_unit}`);
  }
  if (min_unit > total) file.wrong(value, `min_unit of ${name} is ${min_unit} of ${total}`);
  const steps = step_size === undefined ? {} : { step_size };
  return { total, reserved, min_unit, max_unit, ...steps, allocation_ratio, initial_ratio: 1 };
}
