/**
 * The file with the tokens of an agent's hosts: `HOST TOKEN`, a line each, as `plimsoll host token`
 * prints them. Empty lines and those that begin with # are passed over. All that is wrong is told
 * at once, by line; a token never.
 */
import { readFileSync, statSync } from 'node:fs';
import { type Decision, done, no } from '../../core/ports/reply.ts';

export interface HostToken {
  readonly host: string;
  readonly token: string;
}

const LINE = /^([a-zA-Z0-9._-]{1,255})\s+([A-Za-z0-9_-]{20,255})$/;

export function readTokens(path: string): Decision<readonly HostToken[], string> {
  let text: string;
  try {
    if ((statSync(path).mode & 0o077) !== 0) {
      return no(`${path} can be read by others; chmod 600 it`);
    }
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return no(`--tokens: ${(error as Error).message}; \`plimsoll host token NAME\` prints one`);
  }
  return tokensIn(text, path);
}

export function tokensIn(text: string, path: string): Decision<readonly HostToken[], string> {
  const found: HostToken[] = [];
  const wrong: string[] = [];
  for (const [at, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, host, token] = LINE.exec(line.trim()) ?? [];
    if (host === undefined || token === undefined) wrong.push(`line ${at + 1} is not HOST TOKEN`);
    else if (found.some((one) => one.host === host)) wrong.push(`line ${at + 1}: ${host} again`);
    else found.push({ host, token });
  }
  if (wrong.length > 0) return no(`${path}: ${wrong.join('; ')}`);
  return found.length > 0 ? done(found) : no(`${path} has no token in it`);
}
