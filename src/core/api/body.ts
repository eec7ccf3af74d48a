/**
 * Request bodies: JSON of a schema, or a sentence on what is wrong with it. Unknown fields are
 * wrong wherever the schema says `additionalProperties: false`, which `strict` does.
 */
import { type Static, type TObject, type TProperties, type TSchema, Type } from 'typebox';
import { compiled } from '../base/compiled.ts';
import { utf8 } from '../base/utf8.ts';
import { type Decision, done, no } from '../ports/reply.ts';

export const strict = <P extends TProperties>(properties: P, more: object = {}): TObject<P> =>
  Type.Object(properties, { additionalProperties: false, ...more });

/** A reader of bodies of one schema; compiled once, when first used. */
export function bodyOf<S extends TSchema>(
  schema: S,
): (bytes: Uint8Array | null) => Decision<Static<S>, string> {
  const checker = compiled(schema);
  return (bytes) => {
    const value = parsed(bytes);
    if (value === undefined) return no('the body is not JSON');
    if (checker().Check(value)) return done(value as Static<S>);
    return no(firstError(checker().Errors(value) as Iterable<Complaint>));
  };
}

interface Complaint {
  readonly instancePath: string;
  readonly keyword: string;
  readonly message: string;
  readonly params: { readonly additionalProperties?: readonly string[] };
}

function firstError(complaints: Iterable<Complaint>): string {
  for (const { instancePath, keyword, message, params } of complaints) {
    if (keyword === 'boolean') continue; // told again, better, as `additionalProperties`
    const unknown = params.additionalProperties?.join(', ');
    const where = instancePath === '' ? 'the body' : instancePath.slice(1).replaceAll('/', '.');
    return unknown === undefined
      ? `${where} ${message}`
      : `${where} has unknown fields: ${unknown}`;
  }
  return 'the body is not as it should be';
}

function parsed(bytes: Uint8Array | null): unknown {
  if (bytes === null || bytes.length === 0) return undefined;
  try {
    return JSON.parse(utf8(bytes)) as unknown;
  } catch {
    return undefined;
  }
}

/** The body as it is, for handlers that must look at it before they know its schema. */
export const anyBody = (bytes: Uint8Array | null): Decision<unknown, string> => {
  const value = parsed(bytes);
  return value === undefined ? no('the body is not JSON') : done(value);
};
