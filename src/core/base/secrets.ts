/**
 * Takes out of a text what is known to be secret by how it is written: who may be let in is nobody
 * else's to read, in logs as in lists.
 *
 *   postgres://me:pw@db/x?sslpassword=y     postgres://***@db/x?sslpassword=***
 *   Authorization: Bearer abc               Authorization: Bearer ***
 */
const HIDDEN = '***';
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/:\/\/[^\s"']*@/g, `://${HIDDEN}@`],
  [/([?&][^=&\s]*(?:pass|secret|token|key)[^=&\s]*=)[^&\s]*/gi, `$1${HIDDEN}`],
  [/\b(bearer\s+|x-(?:auth|subject|service)-token["']?\s*[:=]\s*["']?)[^\s"',]+/gi, `$1${HIDDEN}`],
];

export const withoutSecrets = (text: string): string =>
  PATTERNS.reduce((plain, [pattern, instead]) => plain.replaceAll(pattern, instead), text);
