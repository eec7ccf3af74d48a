/** The shapes of values that many bodies share, and what the API takes for a number or a truth. */
import { Type } from 'typebox';

const CONTROL = '\\u0000-\\u001f\\u007f-\\u009f';

/** 1 to 255 printable characters, without a blank at either end. */
export const Name = Type.String({
  minLength: 1,
  maxLength: 255,
  pattern: `^[^\\s${CONTROL}]([^${CONTROL}]*[^\\s${CONTROL}])?$`,
});
/** Like a name, but a colon is what parts a zone from a host. */
export const ZoneName = Type.String({
  minLength: 1,
  maxLength: 255,
  pattern: `^[^\\s:${CONTROL}]([^:${CONTROL}]*[^\\s:${CONTROL}])?$`,
});
export const description = (maxLength: number) =>
  Type.Union([Type.String({ maxLength, pattern: `^[^${CONTROL}]*$` }), Type.Null()]);
export const Description = description(255);
export const HostName = Type.String({ minLength: 1, maxLength: 255, pattern: '^[a-zA-Z0-9-._]*$' });
export const Uuid = Type.String({
  pattern: '^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$',
});
export const Tag = Type.String({ minLength: 1, maxLength: 60, pattern: '^[^,/]*$' });
export const Metadata = Type.Record(
  Type.String({ pattern: '^[a-zA-Z0-9-_:. ]{1,255}$' }),
  Type.String({ maxLength: 255 }),
  { additionalProperties: false },
);

const BYTE = '(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])';
const QUAD = `${BYTE}(\\.${BYTE}){3}`;
const PART = '[0-9a-fA-F]{1,4}';
export const Ipv4 = Type.String({ pattern: `^${QUAD}$` });
/** Eight parts, or fewer around one `::`; the last two may be an IPv4 address. */
const EIGHT = '([^:]*:){7}[^:]*$|([^:]*:){6}[^:]*[.][^:]*$';
const ENDS = '(?=[^:]|::)(?!.*[^:]:$)(?!.*:::)(?!.*::.*::)';
export const Ipv6 = Type.String({
  pattern: `^${ENDS}(?=.*::|${EIGHT})((${PART}|):){2,7}(${PART}|${QUAD}|)$`,
  maxLength: 45,
});

/** A whole number, perhaps as text; `countOf` reads it. */
export const count = (minimum: number) =>
  Type.Union([
    Type.Integer({ minimum, maximum: 2 ** 31 - 1 }),
    Type.String({ pattern: minimum === 0 ? '^[0-9]{1,10}$' : '^0*[1-9][0-9]{0,9}$' }),
  ]);
export const countOf = (value: number | string): number => Number(value);

const TRUE = ['True', 'TRUE', 'true', '1', 'ON', 'On', 'on', 'YES', 'Yes', 'yes'];
const FALSE = ['False', 'FALSE', 'false', '0', 'OFF', 'Off', 'off', 'NO', 'No', 'no'];
/** A truth, perhaps in one of the words for it; `truthOf` reads it. */
export const Truth = Type.Union([
  Type.Boolean(),
  Type.Union([...TRUE, ...FALSE].map((word) => Type.Literal(word))),
]);
export const truthOf = (value: unknown): boolean =>
  value === true || TRUE.includes(value as string);
/** For a query: null when the word is for neither. */
export const truthIn = (text: string): boolean | null =>
  TRUE.includes(text) || text === '' || text === 't' || text === 'y'
    ? true
    : FALSE.includes(text) || text === 'f' || text === 'n'
      ? false
      : null;
