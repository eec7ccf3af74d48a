/** What the value of a key may be: a test, and the words for whoever got it wrong. */

export interface Value {
  /** Ends the sentence "hw:x is …". */
  readonly says: string;
  readonly fits: (text: string) => boolean;
}

export const oneOf = (...words: readonly string[]): Value => ({
  says: words.length === 1 ? `${words[0]}` : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`,
  fits: (text) => words.includes(text),
});

/** Up to what a 32-bit counter holds, unless told otherwise. */
export const whole = (least: number, most = 2 ** 31 - 1): Value => ({
  says: `a whole number from ${least} to ${most}`,
  fits: (text) => /^\d{1,10}$/.test(text) && Number(text) >= least && Number(text) <= most,
});

export const written = (pattern: RegExp, says: string): Value => ({
  says,
  fits: (text) => pattern.test(text),
});

const TRUE = /^(true|yes|on|1|t|y)$/i;
const FALSE = /^(false|no|off|0|f|n)$/i;

export const truth: Value = {
  says: 'true or false',
  fits: (text) => TRUE.test(text) || FALSE.test(text),
};

export const isTrue = (text: string | undefined): boolean => text !== undefined && TRUE.test(text);

export const anyText: Value = { says: 'any text', fits: () => true };
export const cpus = written(
  /^\s*\^?\d+(-\d+)?\s*(,\s*\^?\d+(-\d+)?\s*)*$/,
  'a set of CPUs: 0-3,^2',
);
export const pageSize = written(
  /^(small|large|any|[1-9]\d{0,11}\s*[KMGT]?(i?B)?)$/i,
  'small, large, any, or a size such as 2MB',
);
export const words = written(/^[^\s,]+(\s*,\s*[^\s,]+)*$/, 'a list of names with commas between');
