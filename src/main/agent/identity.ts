/** Who a host is: a UUID that is drawn at its first start, and the same ever after. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Decision, done, no } from '../../core/ports/reply.ts';
import { realEntropy as entropy } from '../../real/entropy.ts';

export function identityOf(state: string, host: string): Decision<string, string> {
  const path = join(state, `${host}.id`);
  try {
    mkdirSync(state, { recursive: true, mode: 0o700 });
    writeFileSync(path, `${entropy.uuid()}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') return no(`the state directory cannot be written: ${message}`);
  }
  const uuid = readFileSync(path, 'utf8').trim();
  return /^[0-9a-f-]{36}$/.test(uuid) ? done(uuid) : no(`${path} holds no UUID; restore it`);
}
