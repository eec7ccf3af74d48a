/**
 * `plimsoll broker config`: prints what `nats-server` has to be told of the hosts in a file of
 * tokens, and keeps the key of the control planes in a file of its own, made at the first time.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import type { BrokerConfigOptions } from '../cli/broker.ts';
import { done } from '../core/ports/reply.ts';
import { publicKeyOf, seedOf } from '../real/nats/names.ts';
import { serverConfig } from '../real/nats/server-config.ts';
import { readTokens } from './agent/tokens.ts';

export function printBrokerConfig({ tokens, key, listen, out, err }: BrokerConfigOptions): number {
  const hosts = tokens === undefined ? done([]) : readTokens(tokens);
  if (hosts.is === 'no') {
    err(`plimsoll: ${hosts.why}\n`);
    return 1;
  }
  try {
    const control = publicKeyOf(new TextEncoder().encode(keyIn(key)));
    out(serverConfig({ listen, hosts: hosts.value, control }));
    return 0;
  } catch (error) {
    err(`plimsoll: --key ${key}: ${(error as Error).message}\n`);
    return 1;
  }
}

function keyIn(path: string): string {
  try {
    const made = new TextDecoder().decode(seedOf(randomBytes(32)));
    writeFileSync(path, `${made}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(path, 'utf8').trim();
}
