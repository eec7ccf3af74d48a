/** An authority of a test's own, and certificates that it signs. */
import { isIP } from 'node:net';
import forge from 'node-forge';

const YEAR_MS = 365 * 86_400_000;

export interface Issued {
  readonly cert: string;
  readonly key: string;
}

export interface Authority {
  readonly cert: string;
  /** With these names (`DNS:`, or addresses), or the common name alone; past: it has run out. */
  issue(common_name: string, names?: readonly string[], past?: boolean): Issued;
}

export function authority(name: string): Authority {
  const pair = forge.pki.rsa.generateKeyPair(2048);
  const self = certificate(pair.publicKey, name, name);
  self.setExtensions([{ name: 'basicConstraints', cA: true, critical: true }]);
  self.sign(pair.privateKey, forge.md.sha256.create());
  return {
    cert: forge.pki.certificateToPem(self),
    issue(common_name, names = [], past = false) {
      const own = forge.pki.rsa.generateKeyPair(2048);
      const made = certificate(own.publicKey, common_name, name, past);
      const altNames = names.map((name) =>
        isIP(name) ? { type: 7, ip: name } : { type: 2, value: name },
      );
      if (names.length > 0) made.setExtensions([{ name: 'subjectAltName', altNames }]);
      made.sign(pair.privateKey, forge.md.sha256.create());
      const key = forge.pki.privateKeyToPem(own.privateKey);
      return { cert: forge.pki.certificateToPem(made), key };
    },
  };
}

let serial = 1;

function certificate(key: forge.pki.PublicKey, subject: string, issuer: string, past = false) {
  const made = forge.pki.createCertificate();
  const now_ms = Date.now();
  made.publicKey = key;
  made.serialNumber = `0${(serial++).toString(16)}`.slice(-2).padStart(2, '0');
  made.validity.notBefore = new Date(now_ms - 2 * YEAR_MS);
  made.validity.notAfter = new Date(past ? now_ms - YEAR_MS : now_ms + YEAR_MS);
  made.setSubject([{ name: 'commonName', value: subject }]);
  made.setIssuer([{ name: 'commonName', value: issuer }]);
  return made;
}
