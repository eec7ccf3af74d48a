/** With what a host's agent speaks TLS: HOST.crt and HOST.key of a directory, and an authority. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Decision, done, no } from '../../core/ports/reply.ts';
import type { TlsIdentity } from '../../real/websocket/dialer.ts';
import type { AgentOptions } from './options.ts';

export function tlsIdentityOf(
  { certificates, ca }: Pick<AgentOptions, 'certificates' | 'ca'>,
  host: string,
): Decision<TlsIdentity, string> {
  const read = (name: string) => readFileSync(join(certificates ?? '', name), 'utf8');
  try {
    return done({
      ...(ca !== null && { ca: readFileSync(ca, 'utf8') }),
      ...(certificates !== null && { cert: read(`${host}.crt`), key: read(`${host}.key`) }),
    });
  } catch (error) {
    return no(`the certificate of ${host} cannot be read: ${(error as Error).message}`);
  }
}
