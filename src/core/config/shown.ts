/** Values as people may see them: no secret, no control character, no more than fits a line. */
import { withoutSecrets } from '../base/secrets.ts';
import type { Given, Setting } from './setting.ts';

const CHARACTERS_MAX = 60;
const HIDDEN = '***';

/** After the name of what was said; nothing where it may hold a secret. */
export function asSaid({ secret }: Setting<unknown>, given: Given): string {
  if (secret !== undefined) return '';
  const text = inOneLine(given);
  return ` ${text.length > CHARACTERS_MAX ? `${text.slice(0, CHARACTERS_MAX)}…` : text}`;
}

/** A value that was read, without what is secret of it. */
export function shown({ secret }: Setting<unknown>, given: Given): string {
  if (secret === 'whole') return HIDDEN;
  const text = inOneLine(given);
  return secret === 'url' ? withoutSecrets(text) : text;
}

const inOneLine = (given: Given): string =>
  words(given).replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?');

function words(given: Given): string {
  if (typeof given === 'string') return given;
  const isFlat = Array.isArray(given) && given.every((item) => typeof item === 'string');
  return isFlat ? given.join(' ') : JSON.stringify(given);
}
