/**
 * TLS on our port: our certificate, and the authority whose certificates agents must present.
 *
 *   cert, key     PEM; read again at SIGHUP, so that a new certificate needs no restart
 *   agent_ca      PEM; with it an agent's line needs a certificate of its host (mutual TLS)
 *
 *   TL1  a certificate is of one host: one with several names, or none, is nobody's;
 *   TL2  browsers and clients of the API may come without one.
 */
import { readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { createSecureContext, type SecureContextOptions, type TLSSocket } from 'node:tls';
import { type Decision, done, no } from '../core/ports/reply.ts';

export interface TlsPaths {
  readonly cert: string;
  readonly key: string;
  /** Null: agents need no certificate. */
  readonly agent_ca: string | null;
}

export type Tls = Readonly<Pick<SecureContextOptions, 'cert' | 'key' | 'ca' | 'minVersion'>>;

/** What the files hold, if it fits together; else a line on what is wrong. */
export function readTls({ cert, key, agent_ca }: TlsPaths): Decision<Tls, string> {
  try {
    const read: Tls = {
      cert: readFileSync(cert),
      key: readFileSync(key),
      ...(agent_ca !== null && { ca: readFileSync(agent_ca) }),
      minVersion: 'TLSv1.2',
    };
    createSecureContext(read);
    return done(read);
  } catch (error) {
    return no(`the certificate ${cert} cannot be used: ${(error as Error).message}`);
  }
}

/** The host that the other end's certificate names; null: none that our authority signed (TL1). */
export function certifiedHost(socket: Duplex): string | null {
  const { authorized, getPeerCertificate } = socket as Partial<TLSSocket>;
  if (authorized !== true || getPeerCertificate === undefined) return null;
  const { subject, subjectaltname } = getPeerCertificate.call(socket);
  const others = subjectaltname === undefined ? [] : subjectaltname.split(', ');
  const names = others.length > 0 ? others.map(dnsName) : [subject.CN ?? null].flat();
  return names.length === 1 ? (names[0] ?? null) : null;
}

/** e.g. `DNS:rack1-a` → `rack1-a`; null: an address, or quoted for being strange. */
const dnsName = (name: string): string | null => /^DNS:([\w.-]+)$/.exec(name)?.[1] ?? null;
