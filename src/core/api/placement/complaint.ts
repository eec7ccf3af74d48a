/**
 * Why a value does not keep to a schema: one sentence about the fault that is nearest to the top.
 *
 *   0 is less than the minimum of 1
 *   Failed validating 'minimum' in schema['properties']['total'], on instance['total']
 *
 * Clients of Placement match on these sentences, so the values and paths in them are written as
 * Python would write them. This is only asked once a compiled check has failed; it goes through
 * the same schema keyword by keyword.
 */
import { assert, never } from '../../base/units.ts';
import { isUuidLike } from './uuid.ts';

/** The part of JSON Schema that our schemas use. */
export interface Schema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'null';
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean;
  readonly required?: readonly string[];
  readonly minProperties?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly uniqueItems?: boolean;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly Schema[];
}

interface Complaint {
  readonly keyword: string;
  readonly sentence: string;
  readonly inSchema: readonly (string | number)[];
  readonly onInstance: readonly (string | number)[];
}

/** The sentence; asked only of a value that does break the schema. */
export function complaintOf(schema: unknown, value: unknown): string {
  const all = complaints(schema as Schema, value, [], []);
  const depth = Math.min(...all.map((c) => c.onInstance.length));
  const found = all.find((c) => c.onInstance.length === depth);
  assert(found !== undefined, 'a value fails its compiled schema, but no keyword of it');
  const { keyword, sentence, inSchema, onInstance } = found;
  const where = `in schema${steps(inSchema)}, on instance${steps(onInstance)}`;
  return `${sentence}\n\nFailed validating '${keyword}' ${where}`;
}

/** Whether a value keeps to a schema, by the same rules; for queries, which are small. */
export const keepsTo = (schema: Schema, value: unknown): boolean =>
  complaints(schema, value, [], []).length === 0;

const steps = (path: readonly (string | number)[]): string =>
  path.map((step) => `[${repr(step)}]`).join('');

type Path = readonly (string | number)[];

function complaints(schema: Schema, value: unknown, at: Path, on: Path): Complaint[] {
  const found: Complaint[] = [];
  for (const [keyword, rule] of Object.entries(schema)) {
    const sentence = broken(keyword, rule, schema, value);
    if (sentence !== null) found.push({ keyword, sentence, inSchema: at, onInstance: on });
  }
  return [...found, ...within(schema, value, at, on)];
}

/** The complaints about the parts of an object or of a list. */
function within(schema: Schema, value: unknown, at: Path, on: Path): Complaint[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return [];
    return value.flatMap((item, i) => complaints(items, item, [...at, 'items'], [...on, i]));
  }
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, part]) =>
    rulesFor(schema, name).flatMap(({ rule, path }) =>
      complaints(rule, part, [...at, ...path], [...on, name]),
    ),
  );
}

function rulesFor(schema: Schema, name: string): { readonly rule: Schema; readonly path: Path }[] {
  const { properties = {} } = schema;
  const own = Object.hasOwn(properties, name) ? properties[name] : undefined;
  const named = own === undefined ? [] : [{ rule: own, path: ['properties', name] }];
  const matching = Object.entries(schema.patternProperties ?? {})
    .filter(([pattern]) => new RegExp(pattern).test(name))
    .map(([pattern, rule]) => ({ rule, path: ['patternProperties', pattern] }));
  return [...named, ...matching];
}

/** What one keyword has against a value; null: nothing. */
function broken(keyword: string, rule: unknown, schema: Schema, value: unknown): string | null {
  switch (keyword) {
    case 'type':
      return isOfType(rule as string, value) ? null : `${repr(value)} is not of type '${rule}'`;
    case 'required':
      return missing(rule as readonly string[], value);
    case 'additionalProperties':
      return rule === false ? unexpected(schema, value) : null;
    case 'anyOf':
      return (rule as readonly Schema[]).some((one) => keepsTo(one, value))
        ? null
        : `${repr(value)} is not valid under any of the given schemas`;
    case 'enum':
      return (rule as readonly unknown[]).includes(value)
        ? null
        : `${repr(value)} is not one of ${repr(rule)}`;
    default:
      return outOfBounds(keyword, rule as never, value);
  }
}

function missing(required: readonly string[], value: unknown): string | null {
  if (!isObject(value)) return null;
  const name = required.find((one) => !Object.hasOwn(value, one));
  return name === undefined ? null : `'${name}' is a required property`;
}

function unexpected(schema: Schema, value: unknown): string | null {
  if (!isObject(value)) return null;
  const extra = Object.keys(value).filter((name) => rulesFor(schema, name).length === 0);
  if (extra.length === 0) return null;
  const patterns = Object.keys(schema.patternProperties ?? {});
  const names = extra.map(repr).join(', ');
  if (patterns.length > 0) {
    const verb = extra.length === 1 ? 'does' : 'do';
    return `${names} ${verb} not match any of the regexes: ${patterns.map(repr).join(', ')}`;
  }
  const verb = extra.length === 1 ? 'was' : 'were';
  return `Additional properties are not allowed (${names} ${verb} unexpected)`;
}

/** Lengths, sizes and patterns: `n` is the bound. */
function outOfBounds(keyword: string, n: never, value: unknown): string | null {
  if (typeof value === 'string') return outOfText(keyword, n, value);
  if (typeof value === 'number') return outOfRange(keyword, n, value);
  if (Array.isArray(value)) {
    if (keyword === 'minItems' && value.length < n) return `${repr(value)} is too short`;
    const seen = new Set(value.map((item) => JSON.stringify(item)));
    return keyword === 'uniqueItems' && n === true && seen.size < value.length
      ? `${repr(value)} has non-unique elements`
      : null;
  }
  return keyword === 'minProperties' && isObject(value) && Object.keys(value).length < n
    ? `${repr(value)} does not have enough properties`
    : null;
}

function outOfText(keyword: string, rule: never, value: string): string | null {
  if (keyword === 'minLength' && lengthOf(value) < rule) return `${repr(value)} is too short`;
  if (keyword === 'maxLength' && lengthOf(value) > rule) return `${repr(value)} is too long`;
  if (keyword === 'pattern' && !new RegExp(rule).test(value)) {
    return `${repr(value)} does not match ${repr(rule)}`;
  }
  return keyword === 'format' && !isUuidLike(value) ? `${repr(value)} is not a 'uuid'` : null;
}

function outOfRange(keyword: string, bound: number, value: number): string | null {
  if (keyword === 'minimum' && value < bound) {
    return `${value} is less than the minimum of ${bound}`;
  }
  return keyword === 'maximum' && value > bound
    ? `${value} is greater than the maximum of ${bound}`
    : null;
}

/** In characters, as people count them. */
const lengthOf = (text: string): number => [...text].length;

function isOfType(type: string, value: unknown): boolean {
  switch (type as NonNullable<Schema['type']>) {
    case 'object':
      return isObject(value);
    case 'array':
      return Array.isArray(value);
    case 'string':
      return typeof value === 'string';
    case 'integer':
      return Number.isInteger(value);
    case 'number':
      return typeof value === 'number';
    case 'null':
      return value === null;
    default:
      return never(type as never);
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The most characters of a value that a sentence quotes. */
const QUOTED_MAX = 400;
/** Deeper, its brackets alone would be as many; a value may be nested without end. */
const QUOTED_DEEP_MAX = QUOTED_MAX;

/** A value as Python writes it: 'text', True, None, ['a'], {'b': 1}. */
export function repr(value: unknown): string {
  const text = written(value);
  return text.length > QUOTED_MAX ? `${text.slice(0, QUOTED_MAX)}…` : text;
}

function written(value: unknown, depth = 0): string {
  if (depth > QUOTED_DEEP_MAX) return '…';
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return `'${value}'`;
  if (Array.isArray(value)) return `[${value.map((part) => written(part, depth + 1)).join(', ')}]`;
  if (!isObject(value)) return String(value);
  const parts = Object.entries(value).map(
    ([name, part]) => `'${name}': ${written(part, depth + 1)}`,
  );
  return `{${parts.join(', ')}}`;
}
